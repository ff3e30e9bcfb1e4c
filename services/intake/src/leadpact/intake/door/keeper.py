"""Where a delivery is kept before its sender hears of it: in Kafka, or in the spool when Kafka needs over a second.

Commands and history keep their order: once one of them is in the spool, the next ones follow it there until it is
empty.
"""

import asyncio
from collections.abc import Callable

from leadpact.intake.delivery import Delivery, encode
from leadpact.intake.door.publisher import Publisher, ordered, stream_of
from leadpact.intake.spool.spool import Spool, Spooled
from leadpact.kit.errors import Unavailable
from leadpact.kit.rows import Stream

PATIENCE = 1.0
"""Seconds for Kafka's ack."""
_COMMIT = 3.0  # seconds for the spool's
_LAST = 5.0  # seconds more for Kafka's, when the spool is away: it may just be coming back


class Keeper:
    """Either of the two stores is enough; `spooled` is told of each delivery that went to the spool."""

    def __init__(self, publisher: Publisher, spool: Spool, spooled: Callable[[], None] = lambda: None) -> None:
        self._publisher = publisher
        self._spool = spool
        self._told = spooled
        self._behind: set[Stream] = set()

    async def keep(self, delivery: Delivery, key: str) -> None:
        """Return when the delivery is durable; raises `Unavailable` when neither store takes it. `key` is its key."""
        stream = stream_of(delivery, key)
        follows = ordered(delivery) and await self._follows(stream)
        if not follows:
            try:
                await self._publisher.publish(delivery, key, PATIENCE)
            except Unavailable:
                pass
            else:
                return
        try:
            await self._put(Spooled(delivery.id, stream, delivery.received_at, encode(delivery)))
        except Unavailable:
            if follows:
                raise
            await self._publisher.publish(delivery, key, _LAST)
            return
        if ordered(delivery):
            self._behind.add(stream)
        self._told()

    async def publish(self, delivery: Delivery, key: str, patience: float) -> None:
        """Return when Kafka has it: a part of a file, of which the whole comes again if it breaks off."""
        await self._publisher.publish(delivery, key, patience)

    async def _follows(self, stream: Stream) -> bool:
        """Whether what went to the spool before is still there."""
        if stream in self._behind and not await self._spool.holds(stream):
            self._behind.discard(stream)
        return stream in self._behind

    async def _put(self, spooled: Spooled) -> None:
        try:
            async with asyncio.timeout(_COMMIT):
                await self._spool.put(spooled)
        except TimeoutError as error:
            raise Unavailable("neither the log nor the spool took it in time") from error
