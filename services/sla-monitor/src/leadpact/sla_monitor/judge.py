"""The judge of promises over many leads: one slot that reads what all slots of the sla-monitor have counted.

It reads no topic. Once a second it looks, in one statement, at marks and tallies; where nothing has changed since it
looked last and no month has ended, that is all it does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope, Lane
from leadpact.contracts.events.promises import PromiseJudged, Seen
from leadpact.contracts.registry import BY_KIND
from leadpact.contracts.topics import PROMISES
from leadpact.kit.desk import Memo
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.ids import derive
from leadpact.kit.ports import Turn
from leadpact.kit.rows import BEGINNING, Message, StoredCell, Stream, Tallied
from leadpact.sla_monitor.domain import promises, volume
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.domain.promises import Month

CONSUMER = "sla-monitor.judge"
STREAM = Stream(PROMISES.name, 0)
Book = Mapping[str, PromiseJudged]
"""The standing verdicts on a promise, by period."""
_A_WHILE = timedelta(days=1)
"""Where the month that goes on asks nothing, the next one may: so long until that is looked at."""
_encode = msgspec.msgpack.Encoder().encode


def book(raw: bytes) -> Book:
    """Bytes to standing verdicts."""
    return msgspec.msgpack.decode(raw, type=dict[str, PromiseJudged])


class Judge:
    """The handler of the judge's slot; between turns it remembers what it has judged already."""

    def __init__(self) -> None:
        self._decider = SlaMonitor()
        self._memo = Memo(self._decider)
        self._judged: tuple[object, ...] = ()
        self._again = BEGINNING

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Judge what is over at the smallest mark, and again what has changed."""
        found = await turn.tallied(self._decider.consumer)
        mark = passed(found, self._decider.input.partitions)
        if mark is None or found.control is None:
            return Progress(0, turn.lease.mark)
        counted = (found.control, *(slot.tallies for slot in found.slots))
        if counted != self._judged or mark >= self._again:
            await self._judge(turn, batch, found, mark)
            self._judged = counted
        seen = {stream: at for slot in found.slots for stream, at in slot.positions.items()}
        return Progress(0, max(turn.lease.mark, mark), seen=seen)

    async def _judge(self, turn: Turn, batch: Batch, found: Tallied, mark: datetime) -> None:
        control = self._memo.load(found.control or b"")
        reaches = [tally.first for slot in found.slots if (tally := slot.tallies.get(volume.HISTORY)) is not None]
        since = max(slot.since for slot in found.slots)
        asked = list(promises.months(control, min(reaches, default=None), mark))
        self._again = min((month.ends for month in asked if month.ends > mark), default=mark + _A_WHILE)
        over = [month for month in asked if month.ends <= mark and month.begins >= since]
        cells = await turn.cells({month.promise for month in over})
        for promise in sorted({month.promise for month in over}):
            cell = cells.get(promise) or StoredCell(promise, 0, Lane.LIVE, _encode({}))
            known = book(cell.data)
            changed = _changed(known, [month for month in over if month.promise == promise], found)
            if changed:
                verdicts = {**known, **{event.period: event for event in changed}}
                said = [
                    envelope(event, cell.version + number, mark, max(mark, batch.now))
                    for number, event in enumerate(changed, 1)
                ]
                turn.emit(STREAM, [Message(promise.encode(), wire.encode(each)) for each in said])
                turn.save(StoredCell(promise, cell.version + len(changed), Lane.LIVE, _encode(verdicts)))


def passed(found: Tallied, slots: int) -> datetime | None:
    """How far time has passed in all slots alike; nothing while they do not stand behind the same control record, or
    within a lane of history, or before anything was handled."""
    controls = {slot.controls for slot in found.slots}
    if len(found.slots) != slots or len(controls) != 1 or any(slot.in_lane for slot in found.slots):
        return None
    mark = min(slot.mark for slot in found.slots)
    return mark if mark > BEGINNING else None


def _changed(known: Book, months: Sequence[Month], found: Tallied) -> list[PromiseJudged]:
    said = (promises.judged(month, _seen(month, found), known.get(month.period)) for month in months)
    return [event for event in said if event is not None]


def _seen(month: Month, found: Tallied) -> list[Seen]:
    told = [(slot.slot, slot.tallies.get(volume.tally(month.promise, month.period))) for slot in found.slots]
    return [Seen(slot, tally.count, tally.seq) if tally is not None else Seen(slot, 0, 0) for slot, tally in told]


def envelope(event: PromiseJudged, version: int, mark: datetime, at: datetime) -> Envelope:
    """A verdict as it goes on the wire; its id follows from the promise, the period and the sequences it rests on."""
    declared = BY_KIND[type(event)]
    cause = derive(CONSUMER, event.promise, event.period)
    rests_on = (f"{seen.partition}:{seen.seq}" for seen in event.seen)
    return Envelope(
        id=derive(CONSUMER, event.promise, event.period, event.revision, *rests_on),
        type=declared.name,
        version=declared.version,
        lead=event.promise,
        lead_version=version,
        occurred_at=event.ends,
        received_at=event.ends,
        recorded_at=at,
        mark=mark,
        actor=Actor(CONSUMER, ActorKind.SYSTEM),
        correlation=cause,
        causation=cause,
        at=None,
        lane=Lane.LIVE,
        revision=promises.REVISION,
        data=wire.pack(event),
    )


def duty() -> Duty:
    """The judge as a consumer of one slot without an input, which writes the one partition of `promises`."""
    return Duty(consumer=CONSUMER, inputs=[[]], outputs=[[STREAM]], handler=lambda _: Judge())
