"""A whole line of services in one process, driven by hand: nothing runs beside the test, nothing waits.

Log and store are in memory; handlers, relays and marks are the real ones. Facts go one way, so a single pass over the
duties in their order brings everything up to the clock; what was sent back calls for another.
"""

from datetime import datetime

from leadpact.contracts.topics import RETURNS
from leadpact.kit.board import Board
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.handling import Batch, Duty
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Lease, Position, Record, Slot, Stream
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog, MemoryStore


class Line:
    """Duties in the order in which facts pass them; each slot is held from the beginning to the end."""

    def __init__(self, clock: ManualClock, *duties: Duty) -> None:
        self.clock = clock
        self.log = MemoryLog()
        self.store = MemoryStore(clock)
        self._duties = duties
        self._board = Board(self.log)
        self._plumbing = Plumbing(self.log, self.store, clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
        self._held: dict[Slot, _Held] = {}

    async def settle(self) -> None:
        """Handle everything that stands in the log, with everything that follows from it, up to now."""
        returned = -1
        while returned < (returned := len(self.records(RETURNS.name))):
            for duty in self._duties:
                for held in await self._of(duty):
                    await held.settle()

    async def until(self, instant: datetime) -> None:
        """Let time pass; every timer due by then fires at its own instant, as it does where marks never rest."""
        while (due := self._next_due()) is not None and due <= instant:
            self.clock.step_to(max(due, self.clock.business()))
            await self.settle()
        self.clock.step_to(instant)
        await self.settle()

    def records(self, topic: str) -> list[Record]:
        """Everything a topic holds, partition by partition."""
        return [
            record for stream, records in sorted(self.log.records.items()) for record in records if stream[0] == topic
        ]

    def _next_due(self) -> datetime | None:
        """The next timer that is not held back by a parked key."""
        slots = self.store.rows.slots.values()
        parked = {key for slot in slots for key, _ in slot.parked}
        return min(
            (timer.due for slot in slots for timer in slot.timers.values() if timer.key not in parked), default=None
        )

    async def _of(self, duty: Duty) -> list["_Held"]:
        if not any(slot.consumer == duty.consumer for slot in self._held):
            await self.store.ensure(duty.consumer, duty.slots())
            for lease in await self.store.claim(duty.consumer, "line", (), duty.slots()):
                self._held[lease.slot] = _Held(duty, lease, self._plumbing, self._board)
        return [held for slot, held in self._held.items() if slot.consumer == duty.consumer]


class _Held:
    """One slot of a duty."""

    def __init__(self, duty: Duty, lease: Lease, plumbing: Plumbing, board: Board) -> None:
        self._duty = duty
        self._lease = lease
        self._plumbing = plumbing
        self._board = board
        self._inputs = duty.inputs[lease.slot.number]
        self._outputs = duty.outputs[lease.slot.number]
        self._handler = duty.handler(lease.slot) if duty.handler else None
        self._relay = Relay(lease.slot, self._outputs, plumbing)

    async def settle(self) -> None:
        """Take turns until nothing is left, publish, and say how far time has passed."""
        while await self._turn():
            pass
        await self._relay.drain()
        for mark in await self._plumbing.store.stream_marks({self._lease.slot: self._outputs}):
            self._board.put(mark)

    async def _turn(self) -> bool:
        """One turn with the next records; whether another is to follow."""
        if self._handler is None:
            return False
        log, now = self._plumbing.log, self._plumbing.clock.business()
        positions = {stream: self._lease.positions.get(stream, Position(0)) for stream in self._inputs}
        reader = await log.reader({stream: position.offset for stream, position in positions.items()})
        records = await reader.fetch(self._duty.batch, 0)
        drained = len(records) < self._duty.batch
        idle = self._board.idle(positions | _behind(records)) if drained else {}
        batch = Batch(records, idle, now if drained and self._duty.probed else None, now)
        async with self._plumbing.store.turn(self._lease) as turn:
            progress = await self._handler.handle(turn, batch)
            moved = {**_behind(records[: progress.taken]), **progress.seen}
            turn.move(moved, progress.mark, progress.lane_mark, progress.joined)
        self._lease = turn.lease
        return progress.more or progress.taken < len(records) or not drained


def _behind(records: list[Record]) -> dict[Stream, Position]:
    """The positions behind these records."""
    return {record.stream: Position(record.offset + 1, record.seq) for record in records}
