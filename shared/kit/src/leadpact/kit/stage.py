"""Runs a decider over the keys of a partition: whatever the batches, as if records came one by one.

A turn reads the state of the keys it touches once, works in memory (`kit.work`), writes once. Timers due by a record's
mark fire before it and again behind it. A turn is cut behind a control record, so that within a turn only keys change,
and where more timers are due than fit.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from leadpact.contracts.envelope import Envelope, Lane
from leadpact.contracts.errors import ContractError
from leadpact.kit.decider import Control, Decider, Fact, State
from leadpact.kit.desk import Desk
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.ports import Turn
from leadpact.kit.reading import is_control, read_fact
from leadpact.kit.rows import Record, Slot, Stream
from leadpact.kit.work import Work

_ALL = 1_000_000
_Read = tuple[Record, Fact | None, str]


class Stage(Generic[State, Control]):
    """The handler of one slot of a decider."""

    def __init__(self, decider: Decider[State, Control], slot: Slot) -> None:
        self._decider = decider
        self._consumer = slot.consumer
        self._input = Stream(decider.input.name, slot.number)
        self._output = Stream(decider.output.name, slot.number)

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Handle facts and passing time; what nobody can read becomes a dead letter."""
        asked = [parked.key for parked in await turn.parked() if parked.asked]
        if asked:
            return await self._take_up(turn, batch, asked[0])
        items = _read(batch.records)
        desk = Desk(self._decider, turn, self._consumer)
        idle = batch.idle.get(self._input) if len(items) == len(batch.records) else None
        facts = [fact for _, fact, _ in items if fact is not None]
        await desk.lay_out([fact for fact in facts if not is_control(fact)], _untils(desk, facts, idle))
        work = Work(self._decider, self._consumer, desk, batch.now)
        taken, all_done = _run(work, items, idle)
        desk.clear(self._output)
        more = not all_done or taken < len(batch.records) or work.joined > turn.lease.joined
        return Progress(taken, work.live, more, work.lane_mark, work.joined)

    async def _take_up(self, turn: Turn, batch: Batch, key: str) -> Progress:
        """A turn for what waited behind a key that somebody asked for; new records come in the next one."""
        records = await turn.waiting(key, _ALL)
        items = [(record, fact) for record, fact, _ in _read(records) if fact is not None]
        desk = Desk(self._decider, turn, self._consumer)
        await desk.lay_out([fact for _, fact in items], {})
        work = Work(self._decider, self._consumer, desk, batch.now)
        work.take_up(key, items)
        desk.clear(self._output)
        return Progress(0, work.live, more=True, lane_mark=work.lane_mark, joined=work.joined)


def duty(decider: Decider[State, Control], *, batch: int = 500) -> Duty:
    """A decider as a consumer: slot p reads partition p of its input and writes partition p of its output."""
    return Duty(
        consumer=decider.consumer,
        inputs=[[Stream(decider.input.name, number)] for number in range(decider.input.partitions)],
        outputs=[[Stream(decider.output.name, number)] for number in range(decider.input.partitions)],
        handler=lambda slot: Stage(decider, slot),
        batch=batch,
    )


def _read(records: Sequence[Record]) -> list[_Read]:
    """Records with their facts, or why there is none, up to the first control record."""
    items: list[_Read] = []
    for record in records:
        try:
            fact = read_fact(record)
        except ContractError as error:
            items.append((record, None, f"{type(error).__name__}: {error}"))
            continue
        items.append((record, fact, ""))
        if is_control(fact):
            break
    return items


def _mark(envelope: Envelope) -> datetime:
    """How far a record says that time has passed; history's own time is when it was recorded, never later."""
    return min(envelope.mark, envelope.recorded_at) if envelope.lane is Lane.BACKFILL else envelope.mark


def _untils(desk: Desk[State, Control], facts: Sequence[Fact], idle: datetime | None) -> dict[Lane, datetime]:
    """How far time may pass in this turn, by lane."""
    marks: dict[Lane, datetime] = {Lane.LIVE: max(desk.lease.mark, idle or desk.lease.mark)}
    if desk.lease.lane_mark is not None:
        marks[Lane.BACKFILL] = desk.lease.lane_mark
    for fact in facts:
        lane = _lane(fact)
        marks[lane] = max(marks.get(lane, fact.envelope.mark), _mark(fact.envelope))
    return marks


def _lane(fact: Fact) -> Lane:
    return Lane.LIVE if is_control(fact) else fact.envelope.lane


def _run(work: Work[State, Control], items: Sequence[_Read], idle: datetime | None) -> tuple[int, bool]:
    """How many items were handled, and whether nothing was left undone."""
    if not work.settle():
        return 0, False
    for number, (record, fact, reason) in enumerate(items):
        if fact is None:
            work.bury(record, reason)
            continue
        lane, mark = _lane(fact), _mark(fact.envelope)
        if not work.advance(lane, mark):
            return number, False
        if is_control(fact):
            work.take_control(record, fact)
        else:
            work.take(record, fact)
            if not work.settle():
                return number + 1, False
    return len(items), idle is None or work.advance(Lane.LIVE, idle)
