"""Events for a counting worker, and what comes of them: put into its input before it starts, or while it runs."""

import asyncio
from collections.abc import Iterator
from random import Random
from time import monotonic

import msgspec

from leadpact.contracts.topics import LEADS, QUALIFICATION, partition
from leadpact.kit.clock import SystemClock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Message, Stream
from leadpact.local.bench.counting import Counted, Event

BYTES = 400
"""Size of an event, its key included."""
_KEYS = 100_000
_CHUNK = 5_000  # messages published at once
_TICK = 0.02  # seconds between deliveries of the steady rate
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Counted).decode


class Feed:
    """Writes the input of one run under its own sequences; keys are drawn from 100,000."""

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._keys = Random(7)  # noqa: S311 - the same keys in every run
        self._written = [0] * LEADS.partitions
        self._turns = [asyncio.Lock() for _ in range(LEADS.partitions)]
        self._text = "x" * (BYTES - len(_encode(Event("lead-000000", _now(), ""))) - len("lead-000000"))
        self.outputs = [Stream(QUALIFICATION.name, number) for number in range(LEADS.partitions)]

    async def put(self, events: int) -> None:
        """Put so many events into the input."""
        await asyncio.gather(
            *(self._publish(number, messages) for number, messages in self._made(events).items() if messages)
        )

    async def steady(self, rate: float, seconds: float) -> None:
        """Put events at a rate, on time whatever happens to those before."""
        began, sent = monotonic(), 0
        async with asyncio.TaskGroup() as sending:
            while (passed := monotonic() - began) < seconds:
                due = int(passed * rate) - sent
                sent += due
                sending.create_task(self.put(due))
                await asyncio.sleep(_TICK)

    @property
    def fed(self) -> int:
        """How many events were put into the input."""
        return sum(self._written)

    async def done(self) -> int:
        """How many events stand in the output."""
        return sum((await self._log.ends(self.outputs)).values())

    async def delays(self, seconds: float) -> list[float]:
        """Seconds from the making of an event until it was read from the output, for what comes in so many seconds."""
        reader = await self._log.reader(await self._log.ends(self.outputs))
        found: list[float] = []
        until = monotonic() + seconds
        try:
            while monotonic() < until:
                records = await reader.fetch(_CHUNK, 0.1)
                now = _now()
                found += [now - _decode(record.value).sent for record in records]
        finally:
            await reader.close()
        return found

    def _made(self, events: int) -> dict[int, list[Message]]:
        by_partition: dict[int, list[Message]] = {number: [] for number in range(LEADS.partitions)}
        for key, event in self._events(events):
            number = partition(key, LEADS.partitions)
            self._written[number] += 1
            by_partition[number].append(Message(key.encode(), event, self._written[number]))
        return by_partition

    def _events(self, events: int) -> Iterator[tuple[str, bytes]]:
        now = _now()
        for _ in range(events):
            key = f"lead-{self._keys.randrange(_KEYS):06d}"
            yield key, _encode(Event(key, now, self._text))

    async def _publish(self, number: int, messages: list[Message]) -> None:
        async with self._turns[number]:  # one batch of a stream at a time, as relays do: only that keeps the order
            for start in range(0, len(messages), _CHUNK):
                await self._log.publish(Stream(LEADS.name, number), messages[start : start + _CHUNK])


def _now() -> float:
    return SystemClock().wall().timestamp()
