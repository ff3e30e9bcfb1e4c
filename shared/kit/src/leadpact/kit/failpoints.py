"""Where a test may make a process die or stall: what does so is composed in by programs of `leadpact.chaos` alone."""

from enum import StrEnum
from typing import Protocol


class Point(StrEnum):
    """Named places in handling, relaying, unspooling (from intake's spool to the raw log) and handing over."""

    BEFORE_FENCE = "before_fence"
    AFTER_FENCE = "after_fence"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"
    BEFORE_UNSPOOLING = "before_unspooling"
    AFTER_UNSPOOLING = "after_unspooling"
    HAND_OVER = "hand_over"


class Failpoints(Protocol):
    """Told whenever one of the places is passed."""

    def passed(self, point: Point) -> None:
        """Called at the place."""
        ...


class NoFailpoints:
    """What every service's own program has: passing means nothing."""

    def passed(self, point: Point) -> None:
        """Nothing happens."""
