"""Rule 7 on three brokers: each record is on three, of which one may be away, and one alone acks nothing."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

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
ALONE = 3.0  # seconds: two of them ack in a few milliseconds


@pytest.fixture
async def cluster() -> AsyncIterator[dict[int, kafka.Kafka]]:
    folder = Path(tempfile.mkdtemp(prefix="leadpact-cluster-"))
    controllers = tuple(free_port() for _ in range(3))
    members = [kafka.Member(number, controllers) for number in (1, 2, 3)]
    starting = (asyncio.to_thread(kafka.start, folder / f"{each.number}", member=each) for each in members)
    nodes = await asyncio.gather(*starting)
    yield {each.number: node for each, node in zip(members, nodes, strict=True)}
    for node in nodes:
        node.stop()
    shutil.rmtree(folder)


async def test_r7_what_is_acked_is_on_two_brokers_of_which_one_may_be_lost_and_one_alone_acks_nothing(
    cluster: dict[int, kafka.Kafka],
) -> None:
    bootstrap = ",".join(node.bootstrap for node in cluster.values())
    log = KafkaLog(bootstrap)
    await log.ensure([KEPT])
    await log.publish(STREAM, [Message(b"", b"1", 1)])  # now every broker knows the topic
    async with administrator(bootstrap) as admin:
        partition = await described(admin)
        (told,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, KEPT.name)])
    assert len(partition["replicas"]) == 3
    ((*_, configs),) = told.resources
    assert {name: value for name, value, *_ in configs}["min.insync.replicas"] == "2"

    kill(cluster.pop(partition["leader"]))

    async def published() -> bool:
        try:
            await log.publish(STREAM, [Message(b"", b"2", 2)])
        except Unavailable:
            return False
        return True

    await eventually(published, within=MOVED)
    reader = await log.reader({STREAM: 0})
    kept: set[int] = set()

    async def both_are_there() -> bool:
        kept.update(record.seq for record in await reader.fetch(100, 1.0))
        return kept >= {1, 2}

    await eventually(both_are_there, within=MOVED)
    await reader.close()

    async with administrator(",".join(node.bootstrap for node in cluster.values())) as admin:
        leader = (await described(admin))["leader"]
    (follower,) = cluster.keys() - {leader}
    kill(cluster[follower])
    with pytest.raises((Unavailable, TimeoutError)):  # it is tried again until somebody else has it too
        async with asyncio.timeout(ALONE):
            await log.publish(STREAM, [Message(b"", b"3", 3)])
    await log.close()


@asynccontextmanager
async def administrator(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def described(admin: AIOKafkaAdminClient) -> dict[str, Any]:
    """The topic's one partition: its replicas and its leader."""
    ((partition,),) = [topic["partitions"] for topic in await admin.describe_topics([KEPT.name])]
    return dict(partition)


def kill(node: kafka.Kafka) -> None:
    (broker,) = psutil.Process(node.process.pid).children()
    broker.kill()
