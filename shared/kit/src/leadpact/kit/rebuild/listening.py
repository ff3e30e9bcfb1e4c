"""What a rebuild reads: the records of an input in order, and what its owner said behind each of them."""

from collections import deque
from collections.abc import Container

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.errors import ContractError
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Gap, Systemic, Unavailable, Unbuildable
from leadpact.kit.ports import Log, Reader
from leadpact.kit.reading import read_fact
from leadpact.kit.rebuild.ports import Outbox
from leadpact.kit.rows import Message, Record, Stream

_FETCH = 2_000
_WAIT = 0.2  # seconds
_PATIENCE = 150
"""How often nothing may come in a row, while more is known to be there, until the log is said to be away."""


async def from_the_start(log: Log, stream: Stream) -> Reader:
    """A reader of all that a stream ever held; raises `Unbuildable` where that is gone."""
    first = (await log.starts([stream]))[stream]
    if first > 0:
        message = f"{stream.topic}/{stream.partition} begins at offset {first}: what stood before is gone"
        raise Unbuildable(message)
    return await log.reader({stream: 0})


async def single(log: Log, stream: Stream, offset: int) -> Record:
    """One record, by its place."""
    reader = await log.reader({stream: offset})
    try:
        for _ in range(_PATIENCE):
            if found := await reader.fetch(1, _WAIT):
                return found[0]
    finally:
        await reader.close()
    raise _silence(stream)


def taken(record: Record) -> Fact:
    """What a record says that was taken in; raises `Unbuildable`."""
    try:
        return read_fact(record)
    except (ContractError, Systemic) as error:
        where = f"{record.topic}/{record.partition} offset {record.offset}"
        message = f"{where} was taken in, and this code cannot read it: {type(error).__name__}"
        raise Unbuildable(message) from error


class Heard:
    """Records of the input, each once."""

    def __init__(self, reader: Reader, stream: Stream) -> None:
        self._reader = reader
        self._stream = stream
        self._ahead: deque[Record] = deque()
        self._next = 0
        self._seq = 0

    async def next(self, most: int, end: int, passed: Container[int]) -> list[Record]:
        """At most so many that stand before an offset; none when there are no more.

        Of those that the slot `passed` over, by their offsets, some were no writer's of ours: they have any sequence.
        """
        found: list[Record] = []
        while len(found) < most and self._next < end:
            if not self._ahead:
                if found:
                    break
                self._ahead.extend(await _patiently(self._reader, self._stream))
            record = self._ahead.popleft()
            self._next = record.offset + 1
            if record.seq > self._seq + 1 and record.offset in passed:
                continue
            if record.seq > self._seq + 1:
                raise _gap(self._stream, record.seq, self._seq)
            if record.seq > self._seq:
                self._seq = record.seq
                found.append(record)
        return found


class Told:
    """Events of the output in the order of their sequence: from the log, and what is not published from the outbox."""

    def __init__(self, reader: Reader, beside: Outbox, stream: Stream) -> None:
        self._reader = reader
        self._beside = beside
        self._stream = stream
        self._ahead: deque[tuple[int, Envelope]] = deque()
        self._seq = 0

    async def before(self, offset: int, last: int, most: int) -> list[Envelope]:
        """At most so many next events, up to sequence `last`, that follow records of the input before an offset."""
        found: list[Envelope] = []
        while len(found) < most and await self._look(last):
            seq, envelope = self._ahead[0]
            if seq > last or (envelope.at is not None and envelope.at.offset >= offset):
                break
            self._ahead.popleft()
            found.append(envelope)
        return found

    async def _look(self, last: int) -> bool:
        """Whether an event is at hand; one up to sequence `last` is fetched if need be."""
        for _ in range(_PATIENCE):
            if self._ahead or self._seq >= last:
                return bool(self._ahead)
            self._keep(await self._reader.fetch(_FETCH, 0))
            if not self._ahead:
                self._keep(await self._beside.outbox(self._seq, _FETCH))
            if not self._ahead:  # published meanwhile, and on its way to us
                self._keep(await self._reader.fetch(_FETCH, _WAIT))
        raise _silence(self._stream)

    def _keep(self, found: list[Record] | list[Message]) -> None:
        """What comes next; the outbox may be ahead of what we have read, and the log behind it."""
        for each in found:
            if each.seq == self._seq + 1:
                self._seq += 1
                self._ahead.append((each.seq, self._envelope(each)))
            elif each.seq > self._seq and isinstance(each, Record):
                raise _gap(self._stream, each.seq, self._seq)

    def _envelope(self, each: Record | Message) -> Envelope:
        try:
            return wire.decode(each.value)
        except ContractError as error:
            where = f"{self._stream.topic}/{self._stream.partition} sequence {each.seq}"
            message = f"{where}: an own event cannot be read: {type(error).__name__}"
            raise Unbuildable(message) from error


async def _patiently(reader: Reader, stream: Stream) -> list[Record]:
    for _ in range(_PATIENCE):
        if found := await reader.fetch(_FETCH, _WAIT):
            return found
    raise _silence(stream)


def _gap(stream: Stream, seq: int, after: int) -> Gap:
    return Gap(f"{stream.topic}/{stream.partition}: sequence {seq} after {after}")


def _silence(stream: Stream) -> Unavailable:
    return Unavailable(f"{stream.topic}/{stream.partition} does not give what it is known to hold")
