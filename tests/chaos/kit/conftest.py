"""Scenes on a real PostgreSQL, with a real Kafka."""

from collections.abc import AsyncIterator

import pytest

from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import connect
from tests.chaos.kit.scene import Scene


@pytest.fixture
async def scene(kafka: str, topic_prefix: str, database: str) -> AsyncIterator[Scene]:
    """Nothing has been told yet."""
    await migrate(database, "leadpact.kit.migrations")
    log, pool = KafkaLog(kafka, topic_prefix), await connect(database)
    scene = Scene(pool, log, database)
    await scene.begin()
    yield scene
    await log.close()
    await pool.close()
