"""Reporting's worker on a log in memory and a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.topics import LEADS, MARKS, QUALIFICATION, SLA, Topic, partition
from leadpact.kit.clock import SystemClock
from leadpact.kit.decider import Fact
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, HAPPENED, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg.store import PgStore
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Message, Stream
from leadpact.kit.worker import Worker
from leadpact.reporting.handlers import duties
from leadpact.reporting.writing import write_in_turn
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import History
from leadpact.testkit.memory import MemoryLog

_Positions = list[tuple[str, int, int, int]]


class Consuming:
    """Reporting's worker on a log in memory."""

    def __init__(self, connections: asyncpg.Pool) -> None:
        self.connections = connections
        self.log = MemoryLog()
        self.make = Facts()
        self._sequences: dict[Stream, int] = {}
        self._metrics = Metrics(*CATALOGUE)
        meter = KitMeter(self._metrics)
        self._plumbing = Plumbing(self.log, PgStore(connections), SystemClock(), meter, NoFailpoints())

    async def put(self, fact: Fact | bytes, lead_: str, topic: Topic = LEADS) -> None:
        """Append to the partition of a lead."""
        await self.append(Stream(topic.name, partition(lead_)), fact if isinstance(fact, bytes) else _bytes(fact))

    async def append(self, stream: Stream, *values: bytes) -> None:
        """Append to a stream, in order."""
        first = self._sequences.get(stream, 0) + 1
        self._sequences[stream] = first + len(values) - 1
        await self.log.publish(stream, [Message(b"", value, seq) for seq, value in enumerate(values, first)])

    async def tell(self, history: History) -> None:
        """Append all that happened, control records to every partition."""
        told = ((LEADS, history.leads), (QUALIFICATION, history.qualification), (SLA, history.sla))
        for topic, facts in told:
            for number in range(topic.partitions):
                here = [fact for fact in facts if not fact.envelope.lead or partition(fact.envelope.lead) == number]
                await self.append(Stream(topic.name, number), *map(_bytes, here))

    async def handled(self) -> None:
        """All of it is."""

        async def probe() -> bool:
            rows = await self.connections.fetch("select positions::text from fence")
            stands = [each for row in rows for each in msgspec.json.decode(row["positions"], type=_Positions)]
            return sum(seq for *_, seq in stands) == sum(self._sequences.values())

        await eventually(probe, within=30)

    def stopped(self) -> int:
        """How many slots of topic `leads` have stopped."""
        return int(self._metrics.counted(HAPPENED, "reporting.leads", "stopped"))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        await self.log.ensure([LEADS, QUALIFICATION, SLA, MARKS])
        stopping = asyncio.Event()
        worker = asyncio.create_task(Worker("test", duties(write_in_turn), self._plumbing).run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await asyncio.wait_for(worker, 20)

    async def leads(self) -> int:
        return int(await self.connections.fetchval("select count(*) from lead"))


def _bytes(fact: Fact) -> bytes:
    return wire.encode(fact.envelope)
