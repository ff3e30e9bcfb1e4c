"""One idempotent producer, and another after it has failed.

A batch that ran out of time leaves a hole in the producer's own numbering, and the broker refuses all that follows; so
a producer is thrown away with its first failure. What it may still deliver late is a duplicate, which readers drop.
"""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka.answering import answering
from leadpact.kit.rows import Message

LARGEST = 4 * 1024 * 1024
"""Bytes of the largest message."""
_BATCH = 512 * 1024
_ANSWER_SECONDS = 10
_STOP_SECONDS = 2


class Sender:
    """Publishes batches; started by the first."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def send(self, topic: str, partition: int, messages: Sequence[Message]) -> None:
        """Publish in order, one batch at a time; raises `Unavailable`."""
        producer = await self._started()
        try:
            with answering():
                await _send(producer, topic, partition, messages)
        except Unavailable:
            await self._throw_away(producer)
            raise

    async def close(self) -> None:
        """Stop the producer."""
        if self._producer is not None:
            await self._throw_away(self._producer)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    max_batch_size=_BATCH,
                    max_request_size=LARGEST,
                    request_timeout_ms=_ANSWER_SECONDS * 1_000,
                    retry_backoff_ms=50,
                )
                with answering():
                    try:
                        await producer.start()
                    except BaseException:
                        await _stop(producer)
                        raise
                self._producer = producer
            return self._producer

    async def _throw_away(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        await _stop(producer)


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[Message]) -> None:
    rest = iter(messages)
    message = next(rest, None)
    while message is not None:
        batch = producer.create_batch()
        while message is not None and _append(batch, message):
            message = next(rest, None)
        if batch.record_count() == 0:
            raise Unavailable(f"a message for {topic} is larger than a batch")
        await (await producer.send_batch(batch, topic, partition=partition))


def _append(batch: BatchBuilder, message: Message) -> bool:
    headers = [("seq", b"%d" % message.seq)] if message.seq else []
    return batch.append(timestamp=None, key=message.key, value=message.value, headers=headers) is not None


async def _stop(producer: AIOKafkaProducer) -> None:
    """A producer that cannot deliver would wait for ever to do so."""
    with answering():
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await producer.stop()
        except TimeoutError:
            return
