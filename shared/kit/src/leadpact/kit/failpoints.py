"""Where a test may make a process die: nothing happens unless somebody composed it in."""

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Point(StrEnum):
    """Named places in handling and relaying."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"


class Failpoints(Protocol):
    """Told whenever one of the places is passed."""

    def passed(self, point: Point) -> None:
        """Called at the place."""
        ...


class NoFailpoints:
    """What production uses: passing means nothing."""

    def passed(self, point: Point) -> None:
        """Nothing happens."""


class DieAt:
    """Kills its own process with SIGKILL when a place is passed for the n-th time, counted from 1.

    With `armed`, passages count only while that file exists: a test says when in its story it is time.
    """

    def __init__(self, point: Point, times: int, armed: Path | None = None) -> None:
        self._point = point
        self._times = times
        self._armed = armed
        self._seen = 0

    def passed(self, point: Point) -> None:
        """Count, and die when it is time."""
        if point is not self._point or (self._armed is not None and not self._armed.exists()):
            return
        self._seen += 1
        if self._seen == self._times:
            os.kill(os.getpid(), signal.SIGKILL)


def parse(text: str | None) -> Failpoints:
    """`before_commit:3` → die at the third passage, `before_commit:3@/a/file` → of those while the file exists.

    Nothing → nothing. Raises `ValueError` on anything else.
    """
    if not text:
        return NoFailpoints()
    place, _, armed = text.partition("@")
    name, _, times = place.partition(":")
    return DieAt(Point(name), int(times or 1), Path(armed) if armed else None)
