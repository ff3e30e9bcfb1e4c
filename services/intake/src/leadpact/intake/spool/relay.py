"""From the spool to the raw log, once Kafka takes it again.

Several relays may run side by side. One that dies between publishing and saying so is followed by another that
publishes the same once more: the normaliser knows a spooled delivery by its id and lets the second one pass by.
"""

import asyncio
from collections.abc import Callable

import structlog

from leadpact.intake.spool.spool import Spool
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import Failpoints, Point
from leadpact.kit.ports import Log
from leadpact.kit.rows import Message, Stream

_MOST = 200
_LOOK = 0.5  # seconds

log = structlog.get_logger()


class SpoolRelay:
    """`told` hears how many deliveries wait."""

    def __init__(
        self, spool: Spool, raw: Log, clock: Clock, failpoints: Failpoints, told: Callable[[int], None]
    ) -> None:
        self._spool = spool
        self._raw = raw
        self._clock = clock
        self._failpoints = failpoints
        self._told = told

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish what waits, until asked to stop."""
        while not stopping.is_set():
            moved = 0
            try:
                moved = await self.step()
                self._told(await self._spool.waiting())
            except Unavailable as error:
                log.warning("the spool waits for broker or database", exc_info=error)
            if moved == 0:
                await self._clock.sleep(_LOOK)

    async def step(self) -> int:
        """Publish the next ones; how many they were. Raises `Unavailable`: they are claimed again later."""
        claimed = await self._spool.claim(_MOST, self._clock.wall())
        streams: dict[Stream, list[Message]] = {}
        for each in claimed:
            streams.setdefault(each.stream, []).append(Message(b"", each.value))
        if claimed:
            self._failpoints.passed(Point.BEFORE_UNSPOOLING)
            for stream, messages in streams.items():
                await self._raw.publish(stream, messages)
            self._failpoints.passed(Point.AFTER_UNSPOOLING)
            await self._spool.published([each.delivery for each in claimed])
        return len(claimed)
