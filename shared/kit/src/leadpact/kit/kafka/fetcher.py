"""One consumer for all that a process reads: its readers share requests and connections, and none waits for another.

What arrives is handed to its reader's share at once; a share that has enough is paused.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from leadpact.kit.errors import PositionLost, Unavailable
from leadpact.kit.kafka.answering import answering
from leadpact.kit.tasks import ended

_ENOUGH = 1_000  # records of a share
_MOST_BYTES = 1024 * 1024  # of a partition at once; a larger message still comes, alone
_WAIT_MS = 100  # there is one request on its way at a time, and a share that is resumed waits for its end
_LOOK_MS = 1_000
_STOP_SECONDS = 2.0


class Share:
    """What one reader wants and has got; `next` are the offsets that it has not got yet.

    `compacted` streams may have holes.
    """

    def __init__(self, positions: Mapping[TopicPartition, int], *, compacted: bool) -> None:
        self.next = dict(positions)
        self.failure: Exception | None = None
        self.arrived = asyncio.Event()
        self._compacted = compacted
        self._ready: deque[ConsumerRecord] = deque()

    @property
    def full(self) -> bool:
        """Whether it has enough for now."""
        return len(self._ready) >= _ENOUGH

    def put(self, place: TopicPartition, records: list[ConsumerRecord]) -> bool:
        """Keep what came of a partition; whether it was what comes next."""
        first, last = records[0].offset, records[-1].offset
        if not self._compacted and (first != self.next[place] or last != first + len(records) - 1):
            return False
        self._ready.extend(records)
        self.next[place] = last + 1
        self.arrived.set()
        return True

    def take(self, most: int) -> list[ConsumerRecord]:
        """At most so many, in order per partition."""
        taken = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
        if not self._ready and self.failure is None:
            self.arrived.clear()
        return taken

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        self.failure = error
        self.arrived.set()


class Fetcher:
    """Connects for the first share and lets go with the last; a partition is in one share at most."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._shares: dict[TopicPartition, Share] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()

    def has(self, places: Mapping[TopicPartition, int]) -> bool:
        """Whether one of these partitions is in somebody's share."""
        return not self._shares.keys().isdisjoint(places)

    async def join(self, share: Share) -> None:
        """Fetch for it from where it stands, if it reads anything. Raises `Unavailable`."""
        if not share.next:
            return
        self._shares |= dict.fromkeys(share.next, share)
        try:
            async with self._changing:
                if self._consumer is None:
                    self._consumer = await self._started()
                    self._pumping = asyncio.create_task(self._pump(self._consumer))
                self._assign(self._consumer)
        except BaseException:
            self._forget(share)
            raise

    async def leave(self, share: Share) -> None:
        """Fetch no more for it."""
        self._forget(share)
        async with self._changing:
            if not self._shares:
                await self._stop()
            elif self._consumer is not None:
                self._assign(self._consumer)

    async def close(self) -> None:
        """Let go of connections, whoever still reads."""
        self._fail(Unavailable("the log was closed"))
        async with self._changing:
            await self._stop()

    def resume(self, share: Share) -> None:
        """It has room again."""
        if self._consumer is not None:
            self._consumer.resume(*self._places(share))

    def _places(self, share: Share) -> list[TopicPartition]:
        return [place for place in share.next if self._shares.get(place) is share]

    def _forget(self, share: Share) -> None:
        for place in self._places(share):
            del self._shares[place]

    async def _started(self) -> AIOKafkaConsumer:
        # no deserializers: one that fails loses other partitions' records
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=_WAIT_MS,
            max_partition_fetch_bytes=_MOST_BYTES,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
        )
        with answering():
            try:
                await consumer.start()
            except BaseException:
                await _closed(consumer)
                raise
        # aiokafka: a consumer stopped before its own task ran once raises CancelledError and leaves connections open
        await asyncio.sleep(0)
        return consumer

    async def _stop(self) -> None:
        consumer, pumping = self._consumer, self._pumping
        self._consumer = self._pumping = None
        if consumer is not None and pumping is not None:
            await ended(pumping)
            await _closed(consumer)

    def _fail(self, error: Exception) -> None:
        for share in self._shares.values():
            share.fail(error)
        self._shares.clear()

    def _assign(self, consumer: AIOKafkaConsumer) -> None:
        """Stand where the shares say: aiokafka forgets what it was assigned and has fetched before."""
        consumer.assign(list(self._shares))
        for place, share in self._shares.items():
            consumer.seek(place, share.next[place])
            if share.full:
                consumer.pause(place)

    async def _pump(self, consumer: AIOKafkaConsumer) -> None:
        """Hand out what comes, until stopped or Kafka says that it will not go on."""
        failure: Exception = Unavailable("reading ended")
        try:
            while True:
                await self._step(consumer)
        except Unavailable as error:
            failure = error
        finally:
            if self._pumping is asyncio.current_task():
                self._consumer = self._pumping = None
                self._fail(failure)
                await _closed(consumer)

    async def _step(self, consumer: AIOKafkaConsumer) -> None:
        try:
            with answering():
                found = await consumer.getmany(timeout_ms=_LOOK_MS)
        except PositionLost as error:
            self._lost(error)
            return
        for place, records in found.items():
            share = self._shares.get(place)
            if share is None:  # it has left
                continue
            if not share.put(place, records):
                consumer.seek(place, share.next[place])
            elif share.full:
                consumer.pause(*self._places(share))

    def _lost(self, error: PositionLost) -> None:
        """Aiokafka names the partition, or a mapping of them, as what its error is about."""
        about = error.__cause__.args[0] if error.__cause__ is not None else ()
        for place in about if isinstance(about, dict) else [about]:
            if (share := self._shares.get(place)) is not None:
                share.fail(error)


async def _closed(consumer: AIOKafkaConsumer) -> None:
    """Stop it. Its own loop swallows the cancellation that should end it when it has just been assigned something else,
    and `stop` waits for it; the time-out cancels it again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await consumer.stop()
