"""The log on Kafka: bytes in, bytes out, partitions chosen by us, no groups, no transactions.

One idempotent producer per process, waiting for every batch's ack; a reader of its own per slot, so that a slow slot
never holds another one's records.
"""

import asyncio
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError, for_code
from aiokafka.errors import TopicAlreadyExistsError as AlreadyThere

from leadpact.contracts.topics import Topic
from leadpact.kit.errors import PositionLost, Unavailable
from leadpact.kit.rows import Message, Record, Stream

_MOST_BYTES = 4 * 1024 * 1024
_BATCH_BYTES = 1024 * 1024
_ANSWER_WITHIN = 5_000  # milliseconds
_REPLICAS = 3
_DAY = 86_400_000  # milliseconds
_SEQ = "seq"
_T = TypeVar("_T")


class KafkaLog:
    """A broker at `bootstrap` (host:port, comma-separated); `prefix` keeps installations on one broker apart."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None
        self._prober: AIOKafkaConsumer | None = None
        self._starting = asyncio.Lock()

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Make the topics that do not exist yet; those that exist stay as they are."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=_ANSWER_WITHIN)
        try:
            await _answered(admin.start())
            cluster = await _answered(admin.describe_cluster())
            replicas = min(_REPLICAS, len(cluster["brokers"]))
            wanted = [_new_topic(self._prefix, topic, replicas) for topic in topics]
            answer = await _answered(admin.create_topics(wanted, timeout_ms=_ANSWER_WITHIN))
        finally:
            await admin.close()
        for name, code, *detail in answer.topic_errors:
            error = for_code(code)
            if code and error is not AlreadyThere:
                raise Unavailable(f"topic {name}: {error.__name__} {detail}")

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages in order; one batch at a time, each acked by all replicas."""
        producer = await self._started()
        try:
            for batch in _batches(producer, messages):
                sent = await _answered(
                    producer.send_batch(batch, self._prefix + stream.topic, partition=stream.partition)
                )
                await _answered(sent)
        except Unavailable:
            await self._forget(producer)
            raise

    async def reader(self, positions: Mapping[Stream, int], *, compacted: bool = False) -> "KafkaReader":
        """Read from these offsets on."""
        consumer = _consumer(self._bootstrap)
        try:
            await _answered(consumer.start())
        except Unavailable:
            await consumer.stop()
            raise
        at = {self._partition(stream): offset for stream, offset in positions.items()}
        consumer.assign(list(at))
        for partition, offset in at.items():
            consumer.seek(partition, offset)
        return KafkaReader(consumer, dict(zip(at, positions, strict=True)), at, compacted=compacted)

    async def starts(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The first offset each stream still holds."""
        prober = await self._probing()
        return await self._offsets(prober.beginning_offsets([self._partition(stream) for stream in streams]))

    async def ends(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The offset the next record of each stream will have."""
        prober = await self._probing()
        return await self._offsets(prober.end_offsets([self._partition(stream) for stream in streams]))

    async def close(self) -> None:
        """Let go of connections."""
        if self._producer is not None:
            await self._forget(self._producer)
        if self._prober is not None:
            await self._prober.stop()
            self._prober = None

    def _partition(self, stream: Stream) -> TopicPartition:
        return TopicPartition(self._prefix + stream.topic, stream.partition)

    async def _offsets(self, asked: Awaitable[Mapping[TopicPartition, int]]) -> dict[Stream, int]:
        try:
            found = await _answered(asked)
        except Unavailable:
            if self._prober is not None:
                await self._prober.stop()
                self._prober = None
            raise
        return {Stream(at.topic.removeprefix(self._prefix), at.partition): offset for at, offset in found.items()}

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    max_batch_size=_BATCH_BYTES,
                    max_request_size=_MOST_BYTES,
                    request_timeout_ms=_ANSWER_WITHIN,
                    retry_backoff_ms=50,
                )
                try:
                    await _answered(producer.start())
                except Unavailable:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _probing(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._prober is None:
                prober = _consumer(self._bootstrap)
                try:
                    await _answered(prober.start())
                except Unavailable:
                    await prober.stop()
                    raise
                self._prober = prober
            return self._prober

    async def _forget(self, producer: AIOKafkaProducer) -> None:
        """After a failure nobody knows what its next sequence would be: the next publish begins with a new one."""
        if self._producer is producer:
            self._producer = None
            try:
                await asyncio.wait_for(producer.stop(), 1)
            except (KafkaError, OSError, TimeoutError):
                pass  # it is gone either way


class KafkaReader:
    """Reads some partitions, never stepping over an offset."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        streams: dict[TopicPartition, Stream],
        at: dict[TopicPartition, int],
        *,
        compacted: bool,
    ) -> None:
        self._consumer = consumer
        self._streams = streams
        self._at = at
        self._compacted = compacted
        self._holes: set[tuple[TopicPartition, int]] = set()

    async def fetch(self, most: int, timeout: float) -> list[Record]:  # noqa: ASYNC109 - the port's name
        """The next records, in order per stream."""
        try:
            found = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=most)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
            raise PositionLost(f"the log does not hold {error}") from error
        except (KafkaError, OSError) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        records: list[Record] = []
        for partition, raw in found.items():
            records += self._follow(partition, raw)
        return records

    async def close(self) -> None:
        """Let go of the connection."""
        await self._consumer.stop()

    def _follow(self, partition: TopicPartition, raw: Sequence[ConsumerRecord[bytes, bytes]]) -> Iterator[Record]:
        stream = self._streams[partition]
        for record in raw:
            expected = self._at[partition]
            if record.offset != expected and not self._compacted:
                if (partition, expected) in self._holes:
                    raise PositionLost(
                        f"{stream.topic}/{stream.partition}: offset {expected} is not there, {record.offset} is"
                    )
                self._holes.add((partition, expected))
                self._consumer.seek(partition, expected)
                return
            self._at[partition] = record.offset + 1
            seq = int(record.headers[0][1]) if record.headers else 0
            yield Record(stream.topic, stream.partition, record.offset, record.key or b"", record.value or b"", seq)


def _consumer(bootstrap: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=_ANSWER_WITHIN,
        retry_backoff_ms=50,
        max_partition_fetch_bytes=_MOST_BYTES,
        fetch_max_wait_ms=250,
        check_crcs=False,
    )


def _batches(producer: AIOKafkaProducer, messages: Sequence[Message]) -> Iterator[Any]:
    """As few batches as hold them, in order."""
    batch = producer.create_batch()
    for message in messages:
        headers = [(_SEQ, b"%d" % message.seq)] if message.seq else []
        if batch.append(key=message.key, value=message.value, timestamp=None, headers=headers) is None:
            yield batch
            batch = producer.create_batch()
            if batch.append(key=message.key, value=message.value, timestamp=None, headers=headers) is None:
                raise ValueError(f"a message of {len(message.value)} bytes does not fit into a batch")
    if batch.record_count():
        yield batch


def _new_topic(prefix: str, topic: Topic, replicas: int) -> NewTopic:
    settings = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(topic.retention_days * _DAY) if topic.retention_days else "-1",
        "max.message.bytes": str(_MOST_BYTES),
    }
    return NewTopic(prefix + topic.name, topic.partitions, replicas, topic_configs=settings)


async def _answered(asked: Awaitable[_T]) -> _T:
    """What the broker answers; raises `Unavailable` when it does not, or says that it cannot now."""
    try:
        return await asyncio.wait_for(asked, _ANSWER_WITHIN / 1000 + 1)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
