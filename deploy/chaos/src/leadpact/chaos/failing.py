"""Failpoints that kill or stall their own process, for programs that are meant to fail: see `leadpact.chaos.armed`."""

import os
import signal
from pathlib import Path

from leadpact.kit.failpoints import Failpoints, NoFailpoints, Point

VARIABLE = "LEADPACT_FAILPOINT"
_STALL = "stop "


class SignalAt:
    """Sends its own process a signal when a place is passed for the n-th time, counted from 1.

    SIGKILL is a crash, SIGSTOP a stall. With `armed`, passages count only while that file exists, and from 1 again each
    time it does: a test says when in its story it is time. Without a `point`, that file says which.
    """

    def __init__(self, sent: signal.Signals, point: Point | None, times: int, armed: Path | None = None) -> None:
        self._sent = sent
        self._point = point
        self._times = times
        self._armed = armed
        self._seen = 0

    def passed(self, point: Point) -> None:
        """Count, and send it when it is time."""
        if self._point not in (point, None):
            return
        if self._armed is not None:
            try:
                told = self._armed.read_text()
            except FileNotFoundError:
                self._seen = 0
                return
            if self._point is None and told != point:
                return
        self._seen += 1
        if self._seen == self._times:
            os.kill(os.getpid(), self._sent)


def parse(text: str | None) -> Failpoints:
    """`before_commit:3` → die at the third passage, `before_commit:3@/a/file` → of those while the file exists.

    `stop before_commit:3` → stall there until somebody sends SIGCONT. `stop @/a/file` → at the first passage of the
    place that the file names, once it is there. `%p` in the file's name is the process's id. Nothing → nothing.
    Anything else raises `ValueError`.
    """
    if not text:
        return NoFailpoints()
    place, _, armed = text.partition("@")
    sent = signal.SIGSTOP if place.startswith(_STALL) else signal.SIGKILL
    name, _, times = place.removeprefix(_STALL).partition(":")
    file = Path(armed.replace("%p", str(os.getpid()))) if armed else None
    if not name and file is None:
        raise ValueError(f"{text!r} names no place and no file that does")
    return SignalAt(sent, Point(name) if name else None, int(times or 1), file)
