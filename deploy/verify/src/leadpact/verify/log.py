"""The log as it stands: every record of a partition from the first one kept to an end, read without the kit."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from leadpact.verify.errors import Unreachable

_MOST = 2_000
_PATIENCE_MS = 2_000
_SILENCES = 15
_LARGEST = 8 * 1024 * 1024


class Kept(NamedTuple):
    """A record; `seq` is its header's sequence, None where it has none, -1 where it is no number."""

    offset: int
    key: bytes
    value: bytes
    seq: int | None


class Span(NamedTuple):
    """The first offset that a partition still holds, and the one its next record will have."""

    start: int
    end: int


class Log(Protocol):
    """Topics by their names in the contracts."""

    async def span(self, topic: str, partition: int) -> Span:
        """What the partition holds now."""
        ...

    def read(self, topic: str, partition: int, span: Span) -> AsyncIterator[list[Kept]]:
        """Its records in order, in batches."""
        ...


class KafkaLog:
    """One consumer that stands at one partition at a time; `prefix` keeps installations on one broker apart."""

    def __init__(self, bootstrap: str, prefix: str = "") -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._consumer: AIOKafkaConsumer | None = None

    async def open(self) -> None:
        """Connect; raises `Unreachable`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=_LARGEST,
            fetch_max_wait_ms=50,
            request_timeout_ms=10_000,
        )
        try:
            await consumer.start()
        except (KafkaError, OSError) as error:
            await consumer.stop()
            raise Unreachable(f"Kafka at {self._bootstrap} does not answer: {error}") from error
        self._consumer = consumer

    async def close(self) -> None:
        """Let go of connections."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def span(self, topic: str, partition: int) -> Span:
        """What the partition holds now; raises `Unreachable`."""
        place = TopicPartition(self._prefix + topic, partition)
        try:
            starts = await self._reader.beginning_offsets([place])
            ends = await self._reader.end_offsets([place])
        except (KafkaError, OSError) as error:
            raise Unreachable(f"Kafka does not say how long {topic}/{partition} is: {error}") from error
        return Span(starts[place], ends[place])

    async def read(self, topic: str, partition: int, span: Span) -> AsyncIterator[list[Kept]]:
        """Its records in order; raises `Unreachable` when they stop coming."""
        place, reader = TopicPartition(self._prefix + topic, partition), self._reader
        if span.start >= span.end:  # aiokafka breaks when what was just assigned is taken away at once
            return
        reader.assign([place])
        reader.seek(place, span.start)
        silences = 0
        while await reader.position(place) < span.end:
            try:
                found = (await reader.getmany(place, timeout_ms=_PATIENCE_MS, max_records=_MOST)).get(place, [])
            except (KafkaError, OSError) as error:
                raise Unreachable(f"{topic}/{partition} cannot be read: {error}") from error
            silences = 0 if found else silences + 1
            if silences > _SILENCES:
                raise Unreachable(f"{topic}/{partition}: nothing comes before offset {span.end}")
            if batch := [_kept(record) for record in found if record.offset < span.end]:
                yield batch
        reader.unsubscribe()  # nothing is fetched while the checks work

    @property
    def _reader(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise Unreachable("the log was not opened")
        return self._consumer


def _kept(record) -> Kept:  # type: ignore[no-untyped-def]  # noqa: ANN001 - aiokafka has no types
    told = [value for name, value in record.headers if name == "seq"]
    seq = None if not told else int(told[0]) if told[0].isdigit() else -1
    return Kept(record.offset, record.key or b"", record.value or b"", seq)
