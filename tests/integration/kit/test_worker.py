"""Workers over a real Kafka and a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.testkit.conformance.worker import WorkerConformance


@asynccontextmanager
async def connected(kafka: str, prefix: str, database: str) -> AsyncIterator[Plumbing]:
    await migrate(database, "leadpact.kit.migrations")
    log, pool, clock = KafkaLog(kafka, prefix), await connect(database), SystemClock()
    yield Plumbing(log, PgStore(pool), clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
    await log.close()
    await pool.close()


class TestWorker(WorkerConformance):
    @pytest.fixture
    async def plumbing(self, kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Plumbing]:
        async with connected(kafka, topic_prefix, database) as plumbing:
            yield plumbing

    @pytest.fixture
    async def other(self, kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Plumbing]:
        async with connected(kafka, topic_prefix, database) as plumbing:
            yield plumbing
