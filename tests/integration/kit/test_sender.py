"""A producer that cannot deliver is ended whole: neither its tasks nor its connections outlive it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from leadpact.contracts.topics import MARKS
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.kafka.sender import LARGEST, Sender
from leadpact.kit.rows import Message
from leadpact.testkit.eventually import eventually

WITHIN = 20.0
TAKEN, REFUSED = [Message(b"", b"taken")], [Message(b"", b"never taken")]
TOO_LARGE = [Message(b"", b"x" * (LARGEST + 1))]


@pytest.fixture
async def sender(kafka: str) -> AsyncIterator[Sender]:
    sender = Sender(kafka)
    yield sender
    await sender.close()


@pytest.fixture
async def stuck(sender: Sender, kafka: str, topic_prefix: str) -> "asyncio.Task[None]":
    """A batch that the producer tries to deliver again and again: its topic has gone."""
    topic = f"{topic_prefix}gone"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        await sender.send(topic, 0, TAKEN)
        await admin.delete_topics([topic])
    finally:
        await admin.close()
    sending = asyncio.create_task(sender.send(topic, 0, REFUSED))
    done, _ = await asyncio.wait({sending}, timeout=1)
    assert not done
    return sending


async def test_a_producer_thrown_away_in_an_outage_leaves_nothing_behind(
    sender: Sender, stuck: "asyncio.Task[None]", kafka: str, topic_prefix: str
) -> None:
    log = KafkaLog(kafka, topic_prefix)
    await log.ensure([MARKS])
    with pytest.raises(Unavailable):
        await sender.send(f"{topic_prefix}{MARKS.name}", 0, TOO_LARGE)
    with pytest.raises(Unavailable, match="given up"):
        await asyncio.wait_for(stuck, WITHIN)
    await eventually(lambda: asyncio.all_tasks() == {asyncio.current_task()}, within=WITHIN)


async def test_a_sender_closed_in_an_outage_leaves_nothing_behind(sender: Sender, stuck: "asyncio.Task[None]") -> None:
    await sender.close()
    with pytest.raises(Unavailable, match="given up"):
        await stuck
    assert asyncio.all_tasks() == {asyncio.current_task()}
