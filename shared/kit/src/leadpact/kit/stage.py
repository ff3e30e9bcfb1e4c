"""Runs a decider over the keys of a partition: whatever the batches, as if records came one by one.

A turn reads the state of the keys it touches once, works in memory (`kit.work`), writes once. Timers due by a record's
mark fire before it and again behind it. A turn is cut behind a control record, so that within a turn only keys change,
and where more timers are due than fit.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Generic, NamedTuple

from leadpact.contracts.envelope import Lane
from leadpact.contracts.errors import ContractError
from leadpact.kit.decider import Control, Decider, Fact, State
from leadpact.kit.desk import Desk, Memo
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.ports import Turn
from leadpact.kit.reading import is_control, read_fact
from leadpact.kit.rows import Lease, Record, Slot, Stream
from leadpact.kit.work import Work, lane_ends

_ALL = 1_000_000


class _Read(NamedTuple):
    record: Record
    fact: Fact
    control: bool
    lane: Lane
    mark: datetime


class _Unread(NamedTuple):
    record: Record
    reason: str


_Item = _Read | _Unread


class Stage(Generic[State, Control]):
    """The handler of one slot of a decider."""

    def __init__(self, decider: Decider[State, Control], slot: Slot) -> None:
        self._decider = decider
        self._consumer = slot.consumer
        self._memo = Memo(decider)
        self._input = Stream(decider.input.name, slot.number)
        self._output = Stream(decider.output.name, slot.number)

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Handle facts and passing time; what nobody can read becomes a dead letter."""
        asked = [parked.key for parked in await turn.parked() if parked.asked]
        if asked:
            return await self._take_up(turn, batch, asked[0])
        items = _read(batch.records)
        desk = Desk(self._decider, turn, self._consumer, self._memo)
        idle = batch.idle.get(self._input) if len(items) == len(batch.records) else None
        facts = [item.fact for item in items if isinstance(item, _Read) and not item.control]
        await desk.lay_out(facts, _untils(turn.lease, items, idle), controls=bool(items))
        work = Work(self._decider, self._consumer, desk, batch.now)
        taken, all_done = _run(work, items, idle)
        desk.clear(self._output)
        more = not all_done or taken < len(batch.records) or work.joined > turn.lease.joined
        return Progress(taken, work.live, more, work.lane_mark, work.joined)

    async def _take_up(self, turn: Turn, batch: Batch, key: str) -> Progress:
        """A turn for what waited behind a key that somebody asked for; new records come in the next one.

        A dead letter that newer code had handed back may still be unreadable here: it waits on.
        """
        items = _read(await turn.waiting(key, _ALL))
        facts = [
            item.fact for item in takewhile(lambda item: isinstance(item, _Read), items) if isinstance(item, _Read)
        ]
        unread = next((item.reason for item in items if isinstance(item, _Unread)), None)
        desk = Desk(self._decider, turn, self._consumer, self._memo)
        await desk.lay_out(facts, {}, controls=True)
        work = Work(self._decider, self._consumer, desk, batch.now)
        work.take_up(key, facts, unread)
        desk.clear(self._output)
        return Progress(0, work.live, more=True, lane_mark=work.lane_mark, joined=work.joined)


def duty(decider: Decider[State, Control], *, batch: int = 500) -> Duty:
    """A decider as a consumer: slot p reads partition p of its input and writes partition p of its outputs."""
    written = [decider.output, *([decider.back] if decider.back is not None else [])]
    return Duty(
        consumer=decider.consumer,
        inputs=[[Stream(decider.input.name, number)] for number in range(decider.input.partitions)],
        outputs=[[Stream(topic.name, number) for topic in written] for number in range(decider.input.partitions)],
        handler=lambda slot: Stage(decider, slot),
        passes=True,
        batch=batch,
        shape=decider.shape,
        idle_seconds=0.1,  # a stage has others waiting behind it
    )


def _read(records: Sequence[Record]) -> list[_Item]:
    """Records with their facts, or why there is none, up to the first control record."""
    items: list[_Item] = []
    for record in records:
        try:
            fact = read_fact(record)
        except ContractError as error:
            items.append(_Unread(record, f"{type(error).__name__}: {error}"))
            continue
        envelope = fact.envelope
        control = is_control(fact)
        if envelope.lane is Lane.LIVE or control:
            items.append(_Read(record, fact, control, Lane.LIVE, envelope.mark))
        else:  # history's own time is when it was recorded, never later
            mark = min(envelope.mark, envelope.recorded_at)
            items.append(_Read(record, fact, control, Lane.BACKFILL, mark))
        if control:
            break
    return items


def _untils(lease: Lease, items: Sequence[_Item], idle: datetime | None) -> dict[Lane, datetime]:
    """How far time may pass in this turn, by lane."""
    untils: dict[Lane, datetime] = {Lane.LIVE: max(lease.mark, idle or lease.mark)}
    if lease.lane_mark is not None:
        untils[Lane.BACKFILL] = lease.lane_mark
    for item in items:
        if isinstance(item, _Read):
            known = untils.get(item.lane)
            if known is None or item.mark > known:
                untils[item.lane] = item.mark
            if (ends := lane_ends(item.fact)) is not None and lease.lane_mark is not None:
                untils[Lane.BACKFILL] = max(ends, untils[Lane.BACKFILL])
    return untils


def _run(work: Work[State, Control], items: Sequence[_Item], idle: datetime | None) -> tuple[int, bool]:
    """How many items were handled, and whether nothing was left undone."""
    if not work.settle():
        return 0, False
    for number, item in enumerate(items):
        if isinstance(item, _Unread):
            work.bury(item.record, item.reason)
        elif not (work.end_lane(item.fact) and work.advance(item.lane, item.mark)):
            return number, False
        elif item.control:
            work.take_control(item.record, item.fact)
        else:
            work.take(item.record, item.fact)
            if not work.settle():
                return number + 1, False
    return len(items), idle is None or work.advance(Lane.LIVE, idle)
