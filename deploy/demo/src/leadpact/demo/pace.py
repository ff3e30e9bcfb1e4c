"""Knowing when everything has arrived, and making time pass when nothing moves.

Everything has arrived when the smallest mark of the read models has passed the instant of the last delivery: then all
that was recorded before it has been judged and shown. When nothing moves, business time steps to the next instant at
which something is due.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import asyncpg

from leadpact.demo.errors import Stuck
from leadpact.kit.clock import SystemClock, step_to
from leadpact.local.state import State

_TICK = 0.02
_MARK = "select min(mark) from fence"
_DUE = "select min(due) from timer where lane = 'live'"


@dataclass(slots=True)
class Pace:
    """Watches the services' tables; moves the clock of one installation."""

    state: State
    clock: SystemClock
    shown: asyncpg.Connection
    deciding: tuple[asyncpg.Connection, ...]

    async def arrived(self, within: float = 60.0) -> None:
        """Wait until all that was delivered before now is in the read models; raises `Stuck`."""
        until = self.clock.business()
        give_up = monotonic() + within
        while (mark := await self.shown.fetchval(_MARK)) is None or mark <= until:
            if monotonic() > give_up:
                raise Stuck(f"after {within:.0f} s the read models stand at {mark}, deliveries at {until}: `leadpact doctor`")
            await asyncio.sleep(_TICK)

    async def due(self) -> datetime | None:
        """The next instant at which a clock warns, breaches or a lead is looked at again."""
        found = [await connection.fetchval(_DUE) for connection in self.deciding]
        return min((each for each in found if each is not None), default=None)

    def step(self, instant: datetime) -> None:
        """Let business time be at least `instant`, at once."""
        if instant > self.clock.business():
            step_to(self.state.clock, instant)

    async def quiet_until(self, instant: datetime) -> None:
        """Step from due time to due time until `instant`; each has been met and shown before the next."""
        while True:
            await self.arrived()
            due = await self.due()
            if due is None or due >= instant:
                self.step(instant)
                return
            self.step(due + timedelta(milliseconds=1))


@asynccontextmanager
async def pace(state: State, clock: SystemClock, shown: str, deciding: tuple[str, ...]) -> AsyncIterator[Pace]:
    """Watch through these addresses: that of the read models, and those of the services that set timers."""
    connections = await asyncio.gather(*(asyncpg.connect(dsn) for dsn in (shown, *deciding)))
    try:
        yield Pace(state, clock, connections[0], tuple(connections[1:]))
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))
