"""Where a test may make a process die: nothing happens unless somebody composed it in."""

import os
import signal
from collections import Counter
from enum import StrEnum
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
    """Kills its own process with SIGKILL when a place is passed for the n-th time, counted from 1."""

    def __init__(self, point: Point, times: int) -> None:
        self._point = point
        self._times = times
        self._seen: Counter[Point] = Counter()

    def passed(self, point: Point) -> None:
        """Count, and die when it is time."""
        self._seen[point] += 1
        if point is self._point and self._seen[point] == self._times:
            os.kill(os.getpid(), signal.SIGKILL)


def parse(text: str | None) -> Failpoints:
    """`before_commit:3` → die at the third passage; nothing → nothing. Raises `ValueError` on anything else."""
    if not text:
        return NoFailpoints()
    name, _, times = text.partition(":")
    return DieAt(Point(name), int(times or 1))
