"""A store in memory: leases, fence and outbox by the same rules as the real one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Fenced, Unavailable
from leadpact.kit.rows import BEGINNING, Attendance, Lease, Message, ParkedKey, Slot, Stream, StreamMark, passes
from leadpact.testkit.memory.state import Rows, SlotRows
from leadpact.testkit.memory.turn import MemoryTurn

LEASE = timedelta(seconds=3)


class MemoryStore:
    """`rows` is the database, open to tests; while `down` it answers nobody."""

    def __init__(self, clock: Clock) -> None:
        self.rows = Rows()
        self.down = False
        self._clock = clock
        self._locks: dict[Slot | str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._wakes: list[Callable[[], None]] = []

    async def ensure(self, consumer: str, slots: int, shape: int = 1) -> None:
        """Make the slots of a consumer that do not exist yet."""
        self._answer()
        for number in range(slots):
            slot = Slot(consumer, number)
            lease = Lease(slot=slot, owner="", epoch=0, turn=0, positions={})
            self.rows.slots.setdefault(slot, SlotRows(lease, BEGINNING, shape))

    async def attend(self, consumer: str, owner: str, held: Mapping[int, int], shape: int = 1) -> Attendance:
        """Renew the owner's leases."""
        self._answer()
        now = self._clock.wall()
        self.rows.seen[consumer, owner, shape] = now
        kept = {number for number, epoch in held.items() if self._mine(Slot(consumer, number), owner, epoch)}
        for number in kept:
            self.rows.slots[Slot(consumer, number)].lease_until = now + LEASE
        alike = [seen for (name, _, its), seen in self.rows.seen.items() if (name, its) == (consumer, shape)]
        live = sum(now - seen < LEASE for seen in alike)
        shapes = [rows.shape for slot, rows in self.rows.slots.items() if slot.consumer == consumer]
        ours = shapes.count(shape)
        return Attendance(kept, -(-ours // live), len(shapes) - ours)

    async def claim(self, consumer: str, owner: str, held: Collection[int], most: int, shape: int = 1) -> list[Lease]:
        """Take slots whose lease has run out and that nobody is in a turn of."""
        self._answer()
        now = self._clock.wall()
        taken: list[Lease] = []
        for slot, rows in sorted(self.rows.slots.items()):
            left = rows.lease.owner == owner and slot.number not in held
            free = rows.shape == shape and (left or not rows.held or rows.lease_until < now)
            if slot.consumer == consumer and free and not self._locks[slot].locked() and len(taken) < most:
                rows.lease = msgspec.structs.replace(rows.lease, owner=owner, epoch=rows.lease.epoch + 1)
                rows.lease_until, rows.held = now + LEASE, True
                taken.append(rows.lease)
        return taken

    async def release(self, lease: Lease) -> None:
        """Give a slot back, if it is still held."""
        self._answer()
        if self._mine(lease.slot, lease.owner, lease.epoch):
            self.rows.slots[lease.slot].held = False

    async def leave(self, consumer: str, owner: str) -> None:
        """The owner no longer counts among the live ones."""
        self._answer()
        for name in [name for name in self.rows.seen if name[:2] == (consumer, owner)]:
            del self.rows.seen[name]

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[MemoryTurn]:
        """One transaction under the fence; the slot's row is locked meanwhile."""
        self._answer()
        async with self._locks[lease.slot]:
            rows = self.rows.slots[lease.slot]
            if (rows.lease.epoch, rows.lease.turn) != (lease.epoch, lease.turn):
                raise Fenced(f"{lease.slot}: epoch {lease.epoch}, turn {lease.turn}")
            turn = MemoryTurn(lease, self.rows, rows, self._locks)
            try:
                yield turn
                self._answer()
                turn.lease = msgspec.structs.replace(turn.lease, turn=lease.turn + 1)
                self.rows.commit(rows, turn.writes, turn.lease)
                turn.ends = {stream: self.rows.streams[stream].next_seq - 1 for stream in turn.writes.out}
                rows.lease_until = self._clock.wall() + LEASE
            finally:
                turn.unlock()

    async def pass_time(self, asked: Sequence[tuple[Lease, datetime]]) -> list[Lease]:
        """Move the marks of slots that have nothing else to do."""
        self._answer()
        passed = [passes(lease, mark) for lease, mark in asked if self._only_time(lease, mark)]
        for lease in passed:
            rows = self.rows.slots[lease.slot]
            rows.lease, rows.lease_until = lease, self._clock.wall() + LEASE
        return passed

    def _only_time(self, lease: Lease, mark: datetime) -> bool:
        rows = self.rows.slots[lease.slot]
        return (
            (rows.lease.epoch, rows.lease.turn) == (lease.epoch, lease.turn)
            and not self._locks[lease.slot].locked()
            and not any(timer.lane is Lane.LIVE and timer.due <= mark for timer in rows.timers.values())
            and not any(parked.asked for parked in rows.parked.values())
        )

    async def append(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Put messages into the outbox outside any turn."""
        self._answer()
        self.rows.append(stream, messages)
        for wake in self._wakes:
            wake()

    async def published(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The last sequence each stream's relay has recorded as published."""
        self._answer()
        return {stream: self.rows.streams[stream].published for stream in streams}

    async def outbox(self, after: Mapping[Stream, int], most: int) -> dict[Stream, list[Message]]:
        """The next messages of each stream."""
        self._answer()
        found = {
            stream: [message for message in self.rows.streams[stream].messages if message.seq > seq][:most]
            for stream, seq in after.items()
        }
        return {stream: messages for stream, messages in found.items() if messages}

    async def record_published(self, upto: Mapping[Stream, int]) -> None:
        """Note and delete what is published."""
        self._answer()
        for stream, seq in upto.items():
            rows = self.rows.streams[stream]
            rows.published = max(rows.published, seq)
            rows.messages = [message for message in rows.messages if message.seq > rows.published]

    async def stream_marks(self, outputs: Mapping[Slot, Collection[Stream]]) -> list[StreamMark]:
        """The last sequence of each stream and the mark of the slot that writes it."""
        self._answer()
        return [
            StreamMark(*stream, self.rows.streams[stream].next_seq - 1, mark)
            for slot, streams in outputs.items()
            for stream in streams
            if (mark := self.rows.slots[slot].lease.mark) > BEGINNING
        ]

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each append."""
        self._wakes.append(wake)
        try:
            await asyncio.Event().wait()
        finally:
            self._wakes.remove(wake)

    async def parked(self, consumer: str) -> list[ParkedKey]:
        """Every parked key of a consumer."""
        self._answer()
        return [
            parked
            for slot, rows in self.rows.slots.items()
            if slot.consumer == consumer
            for parked in rows.parked.values()
        ]

    async def ask_unpark(self, consumer: str, key: str) -> bool:
        """Ask for a parked key's records to be handled again."""
        self._answer()
        for slot, rows in self.rows.slots.items():
            parked = rows.parked.get((key, consumer))
            if slot.consumer == consumer and parked is not None:
                rows.parked[key, consumer] = msgspec.structs.replace(parked, asked=True)
                return True
        return False

    def _mine(self, slot: Slot, owner: str, epoch: int) -> bool:
        rows = self.rows.slots[slot]
        return rows.held and (rows.lease.owner, rows.lease.epoch) == (owner, epoch)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the store is down")
