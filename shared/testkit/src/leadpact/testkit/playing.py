"""Plays records on a stage as one slot would, on a memory store, cut into batches as the test likes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.control import Numbered
from leadpact.contracts.registry import Event, read
from leadpact.contracts.topics import Topic
from leadpact.kit.decider import Control, Decider, Fact, State
from leadpact.kit.handling import Batch
from leadpact.kit.rows import Lease, Message, Position, Record, Slot, Stream
from leadpact.kit.stage import Stage
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryStore
from leadpact.testkit.memory.state import SlotRows


class Played(Generic[State, Control]):
    """One slot of a stage; everything it wrote is open."""

    def __init__(self, decider: Decider[State, Control], clock: ManualClock) -> None:
        self.clock = clock
        self.store = MemoryStore(clock)
        self.slot = Slot(decider.consumer, 0)
        self.input = Stream(decider.input.name, 0)
        self.output = Stream(decider.output.name, 0)
        self._stage = Stage(decider, self.slot)
        self._lease: Lease | None = None
        self.read: list[Record] = []
        self._offset = 0
        self._controls = 0

    async def play(self, facts: Sequence[Fact | bytes], cut: int = 500, idle: datetime | None = None) -> None:
        """Handle facts (or raw bytes) in batches of `cut`, then let time pass to `idle`.

        Control records among the facts get the numbers that they would have in their topic; bytes stay as they are.
        """
        records = list[Record]()
        for fact in facts:
            value = fact if isinstance(fact, bytes) else wire.encode(self._numbered(fact))
            records.append(Record(*self.input, self._offset, b"", value, self._offset + 1))
            self._offset += 1
        self.read += records
        while records:
            await self._settle(records[:cut], None)
            records = records[cut:]
        await self._settle([], idle)

    def _numbered(self, fact: Fact) -> Envelope:
        if not isinstance(fact.event, Numbered):
            return fact.envelope
        self._controls += 1
        event = msgspec.structs.replace(fact.event, control=self._controls)
        return msgspec.structs.replace(fact.envelope, data=wire.pack(event))

    async def _settle(self, records: list[Record], idle: datetime | None) -> None:
        more = True
        while records or more:
            lease = await self._claimed()
            marks = {self.input: idle} if idle is not None else {}
            async with self.store.turn(lease) as turn:
                progress = await self._stage.handle(turn, Batch(records, marks, None, self.clock.business()))
                last = records[progress.taken - 1] if progress.taken else None
                positions = {self.input: Position(last.offset + 1, last.seq)} if last else {}
                turn.move(positions, progress.mark, progress.lane_mark, progress.joined)
            self._lease = turn.lease
            records, more = records[progress.taken :], progress.more

    async def _claimed(self) -> Lease:
        if self._lease is None:
            await self.store.ensure(self.slot.consumer, 1)
            (self._lease,) = await self.store.claim(self.slot.consumer, "test", (), 1)
        return self._lease

    @property
    def rows(self) -> SlotRows:
        """What the slot keeps."""
        return self.store.rows.slots[self.slot]

    @property
    def outbox(self) -> list[Message]:
        """Everything that was put into the outbox."""
        return self.store.rows.streams[self.output].messages

    def back(self, topic: Topic) -> list[Envelope]:
        """What was sent round again."""
        rows = self.store.rows.streams.get(Stream(topic.name, 0))
        return [] if rows is None else [wire.decode(message.value) for message in rows.messages]

    @property
    def out(self) -> list[Envelope]:
        """The same as envelopes."""
        return [wire.decode(message.value) for message in self.outbox]

    @property
    def events(self) -> list[Event]:
        """The same as events."""
        return [read(envelope) for envelope in self.out]
