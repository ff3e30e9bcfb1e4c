"""Knowing when everything has arrived, and making time pass when nothing moves.

Everything is judged when the smallest mark of the last stage has passed the instant of the last delivery, and shown
when that of the read models has. When nothing moves, business time steps to the next instant at which something is due.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import asyncpg

from leadpact.demo.errors import Stuck
from leadpact.kit.clock import SystemClock, step_to
from leadpact.kit.settings import Settings
from leadpact.local.state import State

_TICK = 0.02
_WITHIN = 120.0  # seconds: a worker may die and come again meanwhile
_MARK = "select min(mark) from fence"
_DUE = "select min(due) from timer where lane = 'live' and key = any($1)"
_JUST_AFTER = timedelta(milliseconds=1)


@dataclass(slots=True)
class Pace:
    """Watches the services' tables; moves the clock of one installation.

    `last` is when something happened last; `steps` and `seconds` are those it waited.
    """

    state: State
    clock: SystemClock
    qualifier: asyncpg.Connection
    monitor: asyncpg.Connection
    reporting: asyncpg.Connection
    last: datetime
    steps: int = 0
    seconds: float = 0.0

    def happened(self) -> None:
        """Something was delivered just now."""
        self.last = self.clock.business()

    async def judged(self) -> None:
        """Wait until all that has happened has been judged; raises `Stuck`."""
        began = monotonic()
        await _passed(self.monitor, self.last, _WITHIN)
        self.steps += 1
        self.seconds += monotonic() - began

    async def shown(self, within: float = _WITHIN) -> None:
        """Wait until all that has happened is in the read models; raises `Stuck`."""
        await _passed(self.reporting, self.last, within)

    def step(self, instant: datetime) -> None:
        """Let business time be at least `instant`, at once."""
        if instant > self.clock.business():
            step_to(self.state.clock, instant)
        self.last = max(self.last, instant)

    async def quiet_until(self, instant: datetime, leads: Collection[str]) -> None:
        """Step to `instant`, from one time at which something is due for these leads to the next; each has been met
        before the next. Other leads' timers fire on the way."""
        while True:
            await self.judged()
            due = await self._due(leads)
            if due is None or due >= instant:
                self.step(instant)
                return
            self.step(due + _JUST_AFTER)

    async def _due(self, leads: Collection[str]) -> datetime | None:
        """The next instant at which a clock warns, breaches, or a lead is looked at again."""
        found = [await stage.fetchval(_DUE, list(leads)) for stage in (self.qualifier, self.monitor)]
        return min((each for each in found if each is not None), default=None)


@asynccontextmanager
async def pace(state: State) -> AsyncIterator[Pace]:
    """Watch the installation that runs in a state directory; raises `NotUp`."""
    settings = Settings.model_validate(state.running().settings)
    async with AsyncExitStack() as stack:
        watched = []
        for schema in ("qualifier", "sla_monitor", "reporting"):
            watched.append(await asyncpg.connect(settings.dsn(schema)))
            stack.push_async_callback(watched[-1].close)
        qualifier, monitor, reporting = watched
        clock = SystemClock(state.clock)
        yield Pace(state, clock, qualifier, monitor, reporting, clock.business())


async def _passed(stage: asyncpg.Connection, until: datetime, within: float) -> None:
    began = monotonic()
    while (mark := await stage.fetchval(_MARK)) is None or mark <= until:
        if monotonic() - began > within:
            raise Stuck(f"after {within:.0f} s time stands at {mark}, deliveries at {until}: `leadpact doctor`")
        await asyncio.sleep(_TICK)
