"""Whether somebody whom a process cannot do without still answers: what keeps its gate open, and closes it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable

PATIENCE = 5.0
"""Seconds without an answer after which there is no contact: leases, which last 3, have run out by then."""
_EACH = 0.5


class Contact:
    """One whom we ask; answers that stay away are counted from the first question that got none."""

    def __init__(self, whom: str, clock: Clock) -> None:
        self._whom = whom
        self._clock = clock
        self._since: float | None = None
        self.ever = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask within; there was an answer when nothing is raised."""
        if self._since is None:
            self._since = self._clock.monotonic()
        yield
        self._since = None
        self.ever = True

    @property
    def trouble(self) -> str | None:
        """Why not to rely on it, if there is a reason."""
        if not self.ever:
            return f"no contact with {self._whom} yet"
        silent = 0 if self._since is None else self._clock.monotonic() - self._since
        return f"no contact with {self._whom} for {silent:.0f} s" if silent > PATIENCE else None

    async def keep(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask twice a second, until cancelled."""
        while True:
            with suppress(Unavailable), self.asking():
                await ask()
            await self._clock.sleep(_EACH)
