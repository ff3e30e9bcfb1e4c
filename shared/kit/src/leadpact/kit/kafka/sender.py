"""One idempotent producer, and another after it has failed.

A batch that ran out of time leaves a hole in the producer's own numbering, and the broker refuses all that follows; so
a producer is thrown away with its first failure. What it may still deliver late is a duplicate, which readers drop.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder

from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka.answering import answering
from leadpact.kit.rows import Message

LARGEST = 4 * 1024 * 1024
"""Bytes of the largest message."""
_BATCH = 512 * 1024
_ANSWER_SECONDS = 10
_GRACE_SECONDS = 2
_CLOSE_SECONDS = 3


class Sender:
    """Publishes batches; started by the first."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def send(self, topic: str, partition: int, messages: Sequence[Message]) -> None:
        """Publish in order, one batch at a time; raises `Unavailable`."""
        producer = await self._started()
        try:
            with answering():
                await _send(producer, topic, partition, messages)
        except Unavailable:
            self._throw_away(producer)
            raise

    async def close(self) -> None:
        """Stop the producer; a broker that hangs is not waited for."""
        if self._producer is not None:
            self._throw_away(self._producer)
        if self._ending:
            await asyncio.wait(self._ending, timeout=_CLOSE_SECONDS)

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
                        self._end(producer)
                        raise
                self._producer = producer
            return self._producer

    def _throw_away(self, producer: AIOKafkaProducer) -> None:
        """The next to publish starts another; of those that fail together the first throws it away."""
        if self._producer is producer:
            self._producer = None
            self._end(producer)

    def _end(self, producer: AIOKafkaProducer) -> None:
        """End it beside whatever goes on: nobody who publishes needs to wait for that."""
        ending = asyncio.create_task(_end(producer))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


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


async def _end(producer: AIOKafkaProducer) -> None:
    """Let it deliver what it can, give up what it cannot, then close it whole.

    `stop` alone waits for ever for batches that no broker takes; cut off, it leaves tasks and connections and cannot be
    called again. aiokafka has no public way to give batches up, so its sender is ended and its batches fail before
    `stop`, which then finds nothing to wait for.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            await producer.flush()
    with suppress(KafkaError):
        await producer._sender.close()  # noqa: SLF001 - see above
        producer._message_accumulator.fail_all(KafkaTimeoutError("given up with its producer"))  # noqa: SLF001 - too
        await producer.stop()
