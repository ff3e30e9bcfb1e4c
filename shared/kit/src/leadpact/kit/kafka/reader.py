"""Reads partitions from offsets that we keep; a hole is read again, never stepped over."""

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from leadpact.kit.kafka.answering import answering
from leadpact.kit.kafka.sender import LARGEST
from leadpact.kit.rows import Record


class KafkaReader:
    """One consumer with partitions of its own, no group; `prefix` is cut off the topics' names."""

    def __init__(
        self, bootstrap: str, positions: Mapping[TopicPartition, int], prefix: str, *, compacted: bool
    ) -> None:
        # no deserializers: one that fails loses other partitions' records
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=250,
            max_partition_fetch_bytes=LARGEST,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
        )
        self._positions = dict(positions)
        self._prefix = len(prefix)
        self._compacted = compacted

    async def start(self) -> None:
        """Connect, and stand where the positions say."""
        with answering():
            try:
                await self._consumer.start()
            except BaseException:
                await self._consumer.stop()
                raise
        # aiokafka: a consumer stopped before its own task ran once raises CancelledError and leaves connections open
        await asyncio.sleep(0)
        self._consumer.assign(list(self._positions))
        for place, offset in self._positions.items():
            self._consumer.seek(place, offset)

    async def fetch(self, most: int, timeout: float) -> list[Record]:  # noqa: ASYNC109 - a poll that returns nothing
        """The next records, as they are or as they come within `timeout` seconds."""
        with answering():
            found = await self._consumer.getmany(timeout_ms=int(timeout * 1_000), max_records=most)
        taken: list[Record] = []
        for place, records in found.items():
            if not self._compacted and not self._follows(place, records):
                self._consumer.seek(place, self._positions[place])
                continue
            topic, partition = place.topic[self._prefix :], place.partition
            for record in records:
                seq = int(record.headers[0][1]) if record.headers else 0
                taken.append(Record(topic, partition, record.offset, record.key or b"", record.value or b"", seq))
            self._positions[place] = records[-1].offset + 1
        return taken

    async def close(self) -> None:
        """Let go of connections."""
        await self._consumer.stop()

    def _follows(self, place: TopicPartition, records: list[ConsumerRecord]) -> bool:
        first, last = records[0].offset, records[-1].offset
        return bool(first == self._positions[place] and last == first + len(records) - 1)
