"""A log in memory: lists of records per stream."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from leadpact.contracts.topics import Topic
from leadpact.kit.errors import PositionLost, Unavailable
from leadpact.kit.rows import Message, Record, Stream


class MemoryLog:
    """Keeps everything for ever; while `down` it answers nobody, as a broker that is away."""

    def __init__(self) -> None:
        self.records: dict[Stream, list[Record]] = defaultdict(list)
        self.topics: dict[str, Topic] = {}
        self.down = False
        self.grown = asyncio.Condition()

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Remember the topics."""
        self.answer()
        for topic in topics:
            self.topics.setdefault(topic.name, topic)

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages in order."""
        self.answer()
        records = self.records[stream]
        for message in messages:
            records.append(Record(*stream, len(records), message.key, message.value, message.seq))
        async with self.grown:
            self.grown.notify_all()

    async def reader(self, positions: Mapping[Stream, int], *, compacted: bool = False) -> "MemoryReader":
        """Read from these offsets on."""
        del compacted  # nothing is ever compacted here
        self.answer()
        return MemoryReader(self, dict(positions))

    async def starts(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """Always 0."""
        self.answer()
        return dict.fromkeys(streams, 0)

    async def ends(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """How many records each stream has."""
        self.answer()
        return {stream: len(self.records[stream]) for stream in streams}

    async def close(self) -> None:
        """There is nothing to let go of."""

    def answer(self) -> None:
        """Raise `Unavailable` while it is down."""
        if self.down:
            raise Unavailable("the log is down")


class MemoryReader:
    """Reads the lists of a `MemoryLog`."""

    def __init__(self, log: MemoryLog, positions: dict[Stream, int]) -> None:
        self._log = log
        self._positions = positions

    async def fetch(self, most: int, timeout: float) -> list[Record]:  # noqa: ASYNC109 - the port's name
        """The next records, as they are or as they come within `timeout` seconds."""
        found = self._take(most)
        if not found and timeout > 0:
            try:
                async with asyncio.timeout(timeout), self._log.grown:
                    await self._log.grown.wait()
            except TimeoutError:
                return []
            found = self._take(most)
        return found

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _take(self, most: int) -> list[Record]:
        self._log.answer()
        found: list[Record] = []
        for stream, position in self._positions.items():
            records = self._log.records[stream]
            if position > len(records):
                raise PositionLost(f"{stream} ends at {len(records)}, not at {position}")
            part = records[position : position + most - len(found)]
            self._positions[stream] = position + len(part)
            found += part
        return found
