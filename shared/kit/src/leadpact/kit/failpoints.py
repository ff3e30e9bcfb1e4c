"""Where a test may make a process die or stall: nothing happens unless somebody composed it in."""

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

_STALL = "stop "


class Point(StrEnum):
    """Named places in handling, relaying and handing over."""

    BEFORE_FENCE = "before_fence"
    AFTER_FENCE = "after_fence"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"
    HAND_OVER = "hand_over"


class Failpoints(Protocol):
    """Told whenever one of the places is passed."""

    def passed(self, point: Point) -> None:
        """Called at the place."""
        ...


class NoFailpoints:
    """What production uses: passing means nothing."""

    def passed(self, point: Point) -> None:
        """Nothing happens."""


class SignalAt:
    """Sends its own process a signal when a place is passed for the n-th time, counted from 1.

    SIGKILL is a crash, SIGSTOP a stall. With `armed`, passages count only while that file exists, and from 1 again each
    time it does: a test says when in its story it is time.
    """

    def __init__(self, sent: signal.Signals, point: Point, times: int, armed: Path | None = None) -> None:
        self._sent = sent
        self._point = point
        self._times = times
        self._armed = armed
        self._seen = 0

    def passed(self, point: Point) -> None:
        """Count, and send it when it is time."""
        if point is not self._point:
            return
        if self._armed is not None and not self._armed.exists():
            self._seen = 0
            return
        self._seen += 1
        if self._seen == self._times:
            os.kill(os.getpid(), self._sent)


def parse(text: str | None) -> Failpoints:
    """`before_commit:3` → die at the third passage, `before_commit:3@/a/file` → of those while the file exists.

    `stop before_commit:3` → stall there until somebody sends SIGCONT. `%p` in the file's name is the process's id.
    Nothing → nothing. Anything else raises `ValueError`.
    """
    if not text:
        return NoFailpoints()
    place, _, armed = text.partition("@")
    sent = signal.SIGSTOP if place.startswith(_STALL) else signal.SIGKILL
    name, _, times = place.removeprefix(_STALL).partition(":")
    return SignalAt(sent, Point(name), int(times or 1), Path(armed.replace("%p", str(os.getpid()))) if armed else None)
