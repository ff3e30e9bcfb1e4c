"""How far time has passed in streams that say nothing: one reader of `marks` for a whole process."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import msgspec

from leadpact.contracts.topics import MARKS
from leadpact.kit.errors import Unavailable
from leadpact.kit.ports import Log
from leadpact.kit.rows import Message, Position, Stream, StreamMark

MARKS_STREAM = Stream(MARKS.name, 0)
_AGAIN = 0.5
_decode = msgspec.json.Decoder(StreamMark).decode
_encode = msgspec.json.Encoder().encode


def message(mark: StreamMark) -> Message:
    """A mark as it goes on the topic."""
    return Message(f"{mark.topic}/{mark.partition}".encode(), _encode(mark))


class Board:
    """The last mark of each stream; relays repeat theirs, so reading begins at the end."""

    def __init__(self, log: Log, stream: Stream = MARKS_STREAM) -> None:
        self._log = log
        self._stream = stream
        self._marks: dict[Stream, StreamMark] = {}

    def idle(self, read: Mapping[Stream, Position]) -> dict[Stream, datetime]:
        """The marks of those streams that have been read as far as their mark is about."""
        return {
            stream: mark.mark
            for stream, position in read.items()
            if (mark := self._marks.get(stream)) is not None and position.seq >= mark.seq
        }

    async def run(self) -> None:
        """Read until cancelled; a broker that is away only makes marks stand."""
        while True:
            with suppress(Unavailable):
                await self._follow()
            await asyncio.sleep(_AGAIN)

    async def _follow(self) -> None:
        reader = await self._log.reader(await self._log.ends([self._stream]), compacted=True)
        try:
            while True:
                for record in await reader.fetch(1_000, 1.0):
                    self.put(_decode(record.value))
        finally:
            await reader.close()

    def put(self, mark: StreamMark) -> None:
        """Note a mark; an older one than known changes nothing."""
        stream = Stream(mark.topic, mark.partition)
        known = self._marks.get(stream)
        if known is None or mark.mark >= known.mark:
            self._marks[stream] = mark
