"""A clock that stands still until a test moves it, and wakes whoever slept until then."""

import asyncio
from datetime import datetime, timedelta


class ManualClock:
    """Wall and business time are the same instant, moved by hand."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def wall(self) -> datetime:
        """The instant at which the test put the clock."""
        return self._now

    def business(self) -> datetime:
        """The same instant."""
        return self._now

    def speed(self) -> float:
        """Business time passes as the world's."""
        return 1.0

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait until a test has moved the clock so far."""
        await self.sleep_until(self._now + timedelta(seconds=seconds))

    async def sleep_until(self, instant: datetime) -> None:
        """Wait until a test has moved the clock there."""
        if instant > self._now:
            sleeper = asyncio.get_running_loop().create_future()
            self._sleepers.append((instant, sleeper))
            await sleeper
        else:
            await asyncio.sleep(0)

    def step_to(self, instant: datetime) -> None:
        """Put the clock forward to `instant`."""
        if instant < self._now:
            message = f"the clock stands at {self._now.isoformat()}"
            raise ValueError(message)
        self._now = instant
        for due, sleeper in self._sleepers:
            if due <= instant and not sleeper.done():
                sleeper.set_result(None)
        self._sleepers = [(due, sleeper) for due, sleeper in self._sleepers if not sleeper.done()]

    def advance(self, seconds: float) -> None:
        """Put the clock forward by so many seconds."""
        self.step_to(self._now + timedelta(seconds=seconds))
