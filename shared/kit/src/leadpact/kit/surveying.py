"""Each service of a process that serves looks after its own tables, for the operations page and for metrics.

Its workers may be elsewhere, or dead: what stands in the tables says how they do.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec
import structlog

from leadpact.kit import meter
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.survey import Survey, survey
from leadpact.kit.ports import Log

EVERY = 5.0
"""Seconds between two looks."""
SILENT = timedelta(seconds=3)
"""A worker that has not been seen for so long has lost its slots."""

log = structlog.get_logger(__name__)


class Count(msgspec.Struct, frozen=True):
    """Something of its own that a service has counted: a word for it, its title, the SQL, and what to do about it.

    `names` is SQL for what they are called, which is told instead where there are any; `word` is how they stand.
    """

    id: str
    title: str
    query: str
    do: str
    names: str | None = None
    word: str = "waits"


class Looked(msgspec.Struct, frozen=True):
    """How a service stood at an instant of the world; `now` is the business clock then, which runs at `speed`.

    `behind`: records not handled, by consumer, absent while Kafka does not answer. `counts`: what the service counts
    besides.
    """

    at: datetime
    now: datetime
    speed: float
    survey: Survey
    behind: Mapping[str, int] | None
    counts: Sequence[tuple[Count, int]]


class Surveyor:
    """Looks again and again at one service."""

    def __init__(
        self, service: str, pool: asyncpg.Pool, kafka: Log, clock: Clock, metrics: Metrics, counts: Sequence[Count]
    ) -> None:
        self._service = service
        self._pool = pool
        self._kafka = kafka
        self._clock = clock
        self._metrics = metrics
        self._counts = counts
        self.latest: Looked | None = None

    async def run(self) -> None:
        """Look until cancelled; a database that does not answer is asked again, and the last look grows old."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("the survey waits for the database", service=self._service, exc_info=error)
            await self._clock.sleep(EVERY)

    async def look(self) -> Looked:
        """Look once; raises `Unavailable`."""
        found = await survey(self._pool)
        with answering():
            counts = [await self._counted(count) for count in self._counts]
        behind = await self._behind(found)
        clock = self._clock
        self.latest = Looked(clock.wall(), clock.business(), clock.speed(), found, behind, counts)
        self._gauge(self.latest)
        return self.latest

    async def _counted(self, count: Count) -> tuple[Count, int]:
        n = await self._pool.fetchval(count.query)
        if n and count.names is not None:
            count = msgspec.structs.replace(count, do=await self._pool.fetchval(count.names))
        return count, n

    async def _behind(self, found: Survey) -> Mapping[str, int] | None:
        streams = {stream for each in found.consumers for stream in each.reached}
        try:
            ends = await self._kafka.ends(streams) if streams else {}
        except Unavailable:
            return None
        return {
            each.consumer: sum(max(0, ends[stream] - at.offset) for stream, at in each.reached.items())
            for each in found.consumers
        }

    def _gauge(self, looked: Looked) -> None:
        metrics, found = self._metrics, looked.survey
        metrics.set(meter.OUTBOX, found.outbox, self._service)
        for count, n in looked.counts:
            metrics.set(meter.COUNTED, n, self._service, count.id)
        for each in found.consumers:
            metrics.set(meter.SLOTS, each.slots - each.unowned, each.consumer, "held")
            metrics.set(meter.SLOTS, each.unowned, each.consumer, "unowned")
            metrics.set(meter.PARKED, each.parked, each.consumer)
            metrics.set(meter.DEAD, each.dead, each.consumer)
            if each.slowest is not None:
                metrics.set(meter.AGE, (looked.now - each.slowest).total_seconds(), each.consumer)
            if looked.behind is not None:
                metrics.set(meter.BEHIND, looked.behind[each.consumer], each.consumer)
