"""Work that somebody waits for, told by its name and its seconds when it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

Say = Callable[[str, float], None]


def quietly(what: str, seconds: float) -> None:
    """Say nothing."""


@contextmanager
def timed(say: Say, what: str) -> Iterator[None]:
    """Time what is done within; what fails is not told."""
    began = monotonic()
    yield
    say(what, monotonic() - began)
