"""Rule 7 on three brokers: each record is on three, of which one may be away, and one alone acks nothing."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from leadpact.contracts.topics import Topic
from leadpact.embedded import kafka
from leadpact.embedded.places import free_port
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.eventually import eventually

KEPT = Topic("kept", "key", "a test", "numbers", partitions=1)
STREAM = Stream(KEPT.name, 0)
MOVED = 40.0  # seconds: a leader that died is missed after nine


@pytest.fixture
async def cluster() -> AsyncIterator[list[kafka.Kafka]]:
    folder = Path(tempfile.mkdtemp(prefix="leadpact-cluster-"))
    controllers = tuple(free_port() for _ in range(3))
    members = [kafka.Member(number, controllers) for number in (1, 2, 3)]
    starting = (asyncio.to_thread(kafka.start, folder / f"{each.number}", member=each) for each in members)
    nodes = await asyncio.gather(*starting)
    yield list(nodes)
    for node in nodes:
        node.stop()
    shutil.rmtree(folder)


async def test_r7_what_is_acked_is_on_two_brokers_of_which_one_may_be_lost_and_one_alone_acks_nothing(
    cluster: list[kafka.Kafka],
) -> None:
    bootstrap = ",".join(node.bootstrap for node in cluster)
    log = KafkaLog(bootstrap)
    await log.ensure([KEPT])
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    ((partition,),) = [topic["partitions"] for topic in await admin.describe_topics([KEPT.name])]
    (told,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, KEPT.name)])
    await admin.close()
    assert len(partition["replicas"]) == 3
    ((*_, configs),) = told.resources
    assert {name: value for name, value, *_ in configs}["min.insync.replicas"] == "2"
    await log.publish(STREAM, [Message(b"", b"1", 1)])

    leader = cluster.pop(partition["leader"] - 1)
    kill(leader)

    async def published() -> bool:
        try:
            await log.publish(STREAM, [Message(b"", b"2", 2)])
        except Unavailable:
            return False
        return True

    await eventually(published, within=MOVED)
    reader = await log.reader({STREAM: 0})
    kept: set[int | None] = set()

    async def both_read() -> bool:
        kept.update(record.seq for record in await reader.fetch(100, 1.0))
        return kept >= {1, 2}

    await eventually(both_read, within=MOVED)
    await reader.close()

    kill(cluster[0])
    with pytest.raises(Unavailable):
        await log.publish(STREAM, [Message(b"", b"3", 3)])
    await log.close()


def kill(node: kafka.Kafka) -> None:
    (broker,) = psutil.Process(node.process.pid).children()
    broker.kill()
