"""The log on a real Kafka keeps the rules of its port."""

from collections.abc import AsyncIterator

import pytest

from leadpact.kit.kafka import KafkaLog
from leadpact.testkit.conformance.log import LogConformance


class TestKafkaLog(LogConformance):
    @pytest.fixture
    async def log(self, kafka: str, topic_prefix: str) -> AsyncIterator[KafkaLog]:
        log = KafkaLog(kafka, topic_prefix)
        yield log
        await log.close()
