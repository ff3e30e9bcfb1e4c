"""The fixtures give what they promise: a broker and a server that answer, and nothing shared between tests."""

from __future__ import annotations

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def _name_and_tables(dsn: str) -> tuple[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        name = await connection.fetchval("select current_database()")
        tables = await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'")
        await connection.execute("create table left_behind (id int)")
    finally:
        await connection.close()
    return name, tables


async def test_a_database_is_fresh(database: str) -> None:
    assert await _name_and_tables(database) == (database.rpartition("/")[2], 0)


async def test_the_next_test_gets_another_fresh_database(database: str) -> None:
    assert await _name_and_tables(database) == (database.rpartition("/")[2], 0)


async def test_a_record_written_with_all_acks_is_read_back(kafka: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}echo"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, b"hello", partition=0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="none") as consumer:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        assert (await consumer.getone()).value == b"hello"


async def test_topics_do_not_appear_by_being_asked_for(kafka: str, topic_prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.describe_topics([f"{topic_prefix}nobody-made-this"])
        assert f"{topic_prefix}nobody-made-this" not in await admin.list_topics()
    finally:
        await admin.close()
