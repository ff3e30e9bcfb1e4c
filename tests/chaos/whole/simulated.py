"""Time that passes in no time: an event loop that jumps to whatever is due next, and clocks that stand by it."""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta

_WORLD = datetime(2026, 1, 1, tzinfo=UTC)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Nobody in it ever waits in the world; one that waits for nothing at all raises `RuntimeError`."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._leaping.now


class _Leaping(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("all wait for one another")
        self.now += max(timeout, 0.0)
        return super().select(0)


class SimulatedClock:
    """The clocks in a simulated loop; business time begins at an instant and runs `speed` times as fast."""

    def __init__(self, begin: datetime, speed: float) -> None:
        self._begin = begin
        self._speed = speed

    def wall(self) -> datetime:
        """Now, in the simulated world."""
        return _WORLD + timedelta(seconds=self.monotonic())

    def business(self) -> datetime:
        """Now, in business time."""
        return self._begin + timedelta(seconds=self.monotonic() * self._speed)

    def speed(self) -> float:
        """How many seconds of business time pass in one of the simulated world."""
        return self._speed

    def monotonic(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the simulated world."""
        await asyncio.sleep(seconds)

    async def sleep_until(self, instant: datetime) -> None:
        """Wait until business time has reached `instant`."""
        await asyncio.sleep(max(0.0, (instant - self.business()).total_seconds() / self._speed))
