"""Group commit: deliveries that come within a few milliseconds go to a partition together, and are acked together."""

import asyncio

from leadpact.contracts.topics import RAW, partition
from leadpact.intake.delivery import Delivery, encode
from leadpact.kit.errors import Unavailable
from leadpact.kit.ports import Log
from leadpact.kit.rows import Message, Stream

GATHER = 0.003  # seconds
COMMANDS = partition("commands")
"""What people command, and lanes of history, keep their order: they share one partition (rule 50)."""


def ordered(delivery: Delivery) -> bool:
    """Whether it may not overtake what came before it."""
    return delivery.door == "commands" or delivery.lane is not None


def stream_of(delivery: Delivery, key: str) -> Stream:
    """Where a delivery with this delivery key belongs."""
    return Stream(RAW.name, COMMANDS if ordered(delivery) else partition(f"{delivery.source}\x1f{key}"))


class Publisher:
    """Publishes deliveries; one batch at a time is on its way per partition, so order is kept."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: dict[Stream, list[tuple[Message, asyncio.Future[None]]]] = {}
        self._sending: dict[Stream, asyncio.Task[None]] = {}

    async def publish(self, delivery: Delivery, key: str, patience: float) -> None:
        """Return when all replicas have the delivery; raises `Unavailable`, after so many seconds at the latest.

        `key` is its delivery key.
        """
        stream = stream_of(delivery, key)
        acked = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(stream, []).append((Message(b"", encode(delivery)), acked))
        if stream not in self._sending:
            self._sending[stream] = asyncio.create_task(self._send(stream))
        try:
            async with asyncio.timeout(patience):
                await acked
        except TimeoutError as error:
            raise Unavailable("the log did not ack in time") from error

    async def close(self) -> None:
        """Wait for what is on its way."""
        if self._sending:
            await asyncio.wait(self._sending.values())

    def _waited(self, stream: Stream) -> list[tuple[Message, asyncio.Future[None]]]:
        """What came meanwhile, without those whose senders have been answered otherwise."""
        return [pair for pair in self._waiting.pop(stream, []) if not pair[1].done()]

    async def _send(self, stream: Stream) -> None:
        try:
            await asyncio.sleep(GATHER)
            while batch := self._waited(stream):
                failed: Unavailable | None = Unavailable("the log did not take it")
                try:
                    await self._log.publish(stream, [message for message, _ in batch])
                    failed = None
                except Unavailable as error:
                    failed = error
                finally:
                    _settle(batch, failed)
        finally:  # whatever went wrong, the next delivery begins anew
            del self._sending[stream]
            _settle(self._waiting.pop(stream, []), Unavailable("the log did not take it"))


def _settle(batch: list[tuple[Message, asyncio.Future[None]]], failed: Unavailable | None) -> None:
    for _, acked in batch:
        if acked.done():
            continue
        if failed is None:
            acked.set_result(None)
        else:
            acked.set_exception(failed)
