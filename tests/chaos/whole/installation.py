"""All four services, two processes each, in a simulated world in which a seed breaks whatever breaks.

Log and database are in memory; workers, leases, hand-over, relays, marks and handlers are the real ones, and run as
they do in production: beside one another, by their own timers. One seed is one run.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from leadpact.contracts.topics import RAW
from leadpact.intake.normaliser import handler as normaliser
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.failpoints import Point
from leadpact.kit.handling import Duty
from leadpact.kit.rows import Message, Stream
from leadpact.kit.stage import duty
from leadpact.kit.vault import Hasher
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.reporting import handlers as reporting
from leadpact.sla_monitor import judge
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.memory import MemoryLog, MemorySafe
from tests.chaos.service.database import Database
from tests.chaos.whole.process import Process
from tests.chaos.whole.simulated import SimulatedClock

_PACE = (0.2, 1.6)  # seconds between faults
_STALL = (3.5, 8.0)  # leases last 3
_DOWN = (0.5, 4.0)
_BACK = (0.2, 2.0)  # until who died is there again
_TWICE = 0.2  # of all deliveries: whoever sends, or our spool, does not know that it came
_BATCH = 3
PLACES = tuple(
    point for point in Point if point not in {Point.HAND_OVER, Point.BEFORE_UNSPOOLING, Point.AFTER_UNSPOOLING}
)
"""Of a turn and of sending; no door stands here, and nothing is spooled."""
_LOOK = 0.2
_RESTS_WITHIN = 120.0


Came = tuple[datetime, Stream, Sequence[Message]]
"""When something comes in, and where."""


class Installation:
    """`seen` counts what the seed has brought about."""

    def __init__(self, seed: int, clock: SimulatedClock, books: MemoryBooks, safe: MemorySafe) -> None:
        self.seen: Counter[str] = Counter()
        self.clock = clock
        self.log = MemoryLog()
        self.database = database = Database(clock, books)
        self._random = Random(seed)
        handler = normaliser.duty(
            lambda _: normaliser.Normaliser(database.draft, safe, Hasher(bytes(32)), lambda _, __: None)
        )
        duties = {
            "intake": [handler],
            "qualifier": [duty(Qualifier())],
            "sla-monitor": [duty(SlaMonitor()), judge.duty()],
            "reporting": reporting.duties(database.write),
        }
        self._duties = {service: [small(each) for each in its] for service, its in duties.items()}
        self._processes: dict[str, Process] = {}
        self._born = 0
        self._over = self._is_calm = False

    async def play(self, came: Sequence[Came], ends: datetime) -> None:
        """What came in comes in while everything breaks; then it is calm, and everything comes to rest.

        Raises whatever a process ends with that was not killed, `TimeoutError` where something does not come to rest.
        """
        async with asyncio.TaskGroup() as group:
            for service in self._duties:
                for number in (1, 2):
                    group.create_task(self._keep(f"{service}-{number}", self._duties[service]))
            await asyncio.sleep(0)
            breaking = group.create_task(self._break())
            for at, stream, messages in came:
                await self.clock.sleep_until(at)
                await self._comes(stream, messages)
            await self.clock.sleep_until(ends)
            breaking.cancel()
            await asyncio.wait({breaking})
            await self._calm(ends)

    async def _keep(self, name: str, duties: Sequence[Duty]) -> None:
        """A process, and another one in its place whenever it has ended."""
        while not self._over:
            self._born += 1
            random = Random(self._random.random())
            process = Process(f"{name} {self._born}", duties, self.log, self.database, self.clock, random, self.seen)
            process.calm = self._is_calm
            self._processes[name] = process
            await process.ended()
            await self.clock.sleep(random.uniform(*_BACK))

    async def _comes(self, stream: Stream, messages: Sequence[Message]) -> None:
        times = 2 if stream.topic == RAW.name and self._random.random() < _TWICE else 1
        while self.log.down:
            await self.clock.sleep(_LOOK)
        for _ in range(times):
            await self.log.publish(stream, messages)
        self.seen["delivered twice"] += times - 1

    async def _break(self) -> None:
        faults = (self._kill, self._stall, self._restart, self._pass, self._pass, self._hand_over, self._down)
        try:
            while True:
                await self.clock.sleep(self._random.uniform(*_PACE))
                await self._random.choice(faults)()
        finally:
            self.log.down = self.database.down = False

    async def _kill(self) -> None:
        self._any().kill()
        self.seen["killed"] += 1

    async def _stall(self) -> None:
        self._any().stall(self._random.uniform(*_STALL))
        self.seen["stalled"] += 1

    async def _restart(self) -> None:
        self._any().stop()
        self.seen["restarted"] += 1

    async def _pass(self) -> None:
        self._any().arm(self._random.choice(PLACES), self._dies_or_stalls())

    async def _hand_over(self) -> None:
        process = self._any()
        process.arm(Point.HAND_OVER, self._dies_or_stalls())
        process.stop()

    async def _down(self) -> None:
        server = self._random.choice((self.log, self.database))
        server.down = True
        await self.clock.sleep(self._random.uniform(*_DOWN))
        server.down = False
        self.seen["a server was down"] += 1

    def _dies_or_stalls(self) -> float:
        return self._random.choice((0.0, self._random.uniform(*_STALL)))

    def _any(self) -> Process:
        return self._processes[self._random.choice(sorted(self._processes))]

    async def _calm(self, ends: datetime) -> None:
        self._is_calm = True
        for process in self._processes.values():
            process.calm = True
        async with asyncio.timeout(_RESTS_WITHIN):
            while self._left(ends):
                await self.clock.sleep(_LOOK)
        self._over = True
        for process in self._processes.values():
            process.stop()

    def _left(self, ends: datetime) -> bool:
        """Whether anything that came in by then is not handled, with all that follows from it."""
        rows = self.database.rows
        return any(kept.messages for kept in rows.streams.values()) or any(
            kept.lease.mark < ends
            or any(at.offset < len(self.log.records[stream]) for stream, at in kept.lease.positions.items())
            for kept in rows.slots.values()
        )


def small(duty: Duty) -> Duty:
    """With small batches, so that there is much that something may come between."""
    return replace(duty, batch=_BATCH)
