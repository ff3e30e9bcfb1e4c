"""A slot over a real database and a log, with as many would-be owners as a story wants."""

import asyncpg

from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg import PgStore
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.ports import Log
from leadpact.kit.rows import Slot
from leadpact.kit.stage import duty
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.counting import Counting
from tests.chaos.kit.judge import Judge
from tests.chaos.kit.owner import Owner
from tests.chaos.kit.source import ANSWERS, COUNTED, SOURCE, Source, at

BATCH = 3
NOW = at(60)
"""What our own clock says, however far time has passed for the slot."""

_EXPIRE = """
update fence f set lease_until = lease_until - interval '4 seconds'
from (select consumer, slot from fence for update skip locked) as free
where (f.consumer, f.slot) = (free.consumer, free.slot)
"""


class Scene:
    """A slot, what is told to it, and the judge of what it made of that; `dsn` is where the pool leads."""

    def __init__(self, pool: asyncpg.Pool, log: Log, dsn: str = "") -> None:
        self.pool = pool
        self.dsn = dsn
        self.log = log
        self.store = PgStore(pool)
        self.clock = ManualClock(NOW)
        self.plumbing = Plumbing(log, self.store, self.clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
        self.source = Source(log)
        self.decider = Counting(SOURCE, COUNTED)
        self._duty = duty(self.decider, batch=BATCH)
        slot = Slot(self._duty.consumer, 0)
        self.judge = Judge(pool, log, self.source, slot, self._duty.outputs[0][0])

    async def begin(self) -> None:
        """Make topics and the slot."""
        await self.log.ensure([SOURCE, COUNTED, ANSWERS])
        await self.store.ensure(self._duty.consumer, 1)

    def owner(self, name: str) -> Owner:
        """Somebody who would own the slot."""
        return Owner(name, self._duty, self.plumbing)

    async def owning(self, name: str) -> Owner:
        """Somebody who does own it: the lease of whoever had it before has run out."""
        await self.expire()
        owner = self.owner(name)
        assert await owner.claim()
        return owner

    async def expire(self) -> None:
        """Every lease runs out."""
        await self.pool.execute(_EXPIRE)
