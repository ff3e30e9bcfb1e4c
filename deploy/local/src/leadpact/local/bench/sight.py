"""Watches the read models: which of the facts that were sent can be seen by now, and when each was first seen.

Every fact carries an instant of its own as `occurred_at`, down to the microsecond, so that it is found again without
any id of ours; an index that only a measurement has makes looking cheap.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

import asyncpg

from leadpact.local.errors import NotReady

_INDEX = "create index if not exists told_leads_in_sight on told_leads (occurred_at)"
_ROWS = "select occurred_at from told_leads where occurred_at >= $1"
_JUDGED = "select (select count(*) from mql), (select count(*) from clock_state)"


class Sight:
    """`seen[n]` is when (monotonic seconds) fact n was first seen."""

    def __init__(self, pool: asyncpg.Pool, first: datetime) -> None:
        self._pool = pool
        self._first = first.astimezone(UTC)
        self._all_below = 0
        self.seen: dict[int, float] = {}

    async def open_eyes(self) -> None:
        """Make looking cheap."""
        await self._pool.execute(_INDEX)

    def instant(self, number: int) -> str:
        """When fact n says that it occurred."""
        return self._at(number).isoformat()

    async def look(self) -> None:
        """Take note of what is new; only what lies behind the first fact not yet seen is asked for."""
        rows = await self._pool.fetch(_ROWS, self._at(self._all_below))
        now = monotonic()
        for (occurred_at,) in rows:
            self.seen.setdefault((occurred_at - self._first) // timedelta(microseconds=1), now)
        while self._all_below in self.seen:
            self._all_below += 1

    async def judged(self) -> tuple[int, int]:
        """How many leads are MQL, and how many clocks there are."""
        ((mqls, clocks),) = await self._pool.fetch(_JUDGED)
        return mqls, clocks

    async def until(self, facts: int, mqls: int, *, every: float, within: float) -> float:
        """Wait until so many facts and judgements are seen; returns when (monotonic seconds); raises `NotReady`."""
        give_up = monotonic() + within
        while True:
            await self.look()
            found = await self.judged() if self._all_below >= facts else (0, 0)
            if self._all_below >= facts and min(found) >= mqls:
                return monotonic()
            if monotonic() > give_up:
                raise NotReady(f"{len(self.seen)} of {facts} facts, {found} of {mqls} MQLs, clocks in {within:.0f} s")
            await asyncio.sleep(every)

    def _at(self, number: int) -> datetime:
        return self._first + timedelta(microseconds=number)
