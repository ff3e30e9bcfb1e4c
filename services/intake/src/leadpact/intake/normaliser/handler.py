"""The one slot that reads every partition of `raw` and of `returns`, and `agreements`, and puts them in one order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import AGREEMENTS, LEADS, RAW, RETURNS
from leadpact.intake.domain import entry as entries
from leadpact.intake.normaliser.books import Books
from leadpact.intake.normaliser.desk import Desk, aside, asked, asked_about
from leadpact.intake.normaliser.emission import messages
from leadpact.intake.normaliser.hearing import listened
from leadpact.intake.normaliser.inbox import Broken, Inbox, Opened, Readable, Returned
from leadpact.intake.normaliser.moment import Moment
from leadpact.intake.normaliser.sparing import folded, released
from leadpact.intake.normaliser.standing import stood
from leadpact.intake.normaliser.state import Asked, Changes, Known, LaneRow
from leadpact.kit.handling import Batch, Duty, Handler, Progress
from leadpact.kit.ports import Turn
from leadpact.kit.rows import BEGINNING, Slot, Stream
from leadpact.kit.vault import Safe

CONSUMER = "normaliser"
RAW_KEPT = timedelta(days=RAW.retention_days)
ITEMS_A_TURN = 500
RELEASED_A_TURN = 1_000
FOLLOWED_A_TURN = 100
"""A turn is a transaction, and the database ends one that is idle for five seconds; mapping an item costs a fraction of
a millisecond, releasing one less, a visitor may have done dozens of things, and a machine may be ten times busier than
it should be.
"""
_RAW = [Stream(RAW.name, number) for number in range(RAW.partitions)]
_RETURNS = [Stream(RETURNS.name, number) for number in range(RETURNS.partitions)]
_LEADS = [Stream(LEADS.name, number) for number in range(LEADS.partitions)]


class Normaliser:
    """Handles batches; remembers only how far each raw partition's time has come, which is a lower bound when lost.

    `told` hears of each turn's changes and of the types of its events, for counting.
    """

    def __init__(
        self,
        books: Callable[[Turn], Books],
        safe: Safe,
        hasher: Callable[[str, str], str],
        told: Callable[[Changes, Sequence[str]], None],
    ) -> None:
        self._told = told
        self._books = books
        self._safe = safe
        self._hasher = hasher
        self._reached: dict[Stream, datetime] = {}
        self._expired: date | None = None

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Release the next part of a lane if one is open; else handle records up to one that closes a lane."""
        books = self._books(turn)
        lane = await books.releasing()
        if lane is not None:
            return await self._release(turn, books, lane, batch.now)
        return await self._take(turn, books, batch)

    async def _take(self, turn: Turn, books: Books, batch: Batch) -> Progress:
        inbox = Inbox(await books.sources(), self._safe, self._hasher)
        opened: list[Readable] = []
        taken = items = 0
        for record in batch.records:
            taken += 1
            match await inbox.open(record):
                case Broken(_, reason):
                    turn.bury(record, reason)
                case found:
                    opened.append(found)
                    items += len(found.items) if isinstance(found, Opened) else 1
                    if items >= ITEMS_A_TURN or (isinstance(found, Opened) and found.closes is not None):
                        break
        spooled = await books.spooled(frozenset(each.delivery.id for each in opened if isinstance(each, Opened)))
        mark = self._mark(turn.lease.mark, batch, taken, opened)
        if spooled.oldest is not None:
            mark = max(turn.lease.mark, min(mark, spooled.oldest))
        opened = _once(opened, spooled.handled)
        known = await books.known(asked(opened))
        strays = [each for each in opened if isinstance(each, Returned) and each.envelope.lead not in known.people]
        for each in strays:
            turn.bury(each.record, "nobody knows this lead")
        opened = [each for each in opened if each not in strays]
        recorded = max(batch.now, mark)
        ordered, marks = _in_order(opened, mark, turn.lease.mark)
        moments = [Moment(recorded, reached, Lane.LIVE) for reached in marks]
        before, after = Moment(recorded, turn.lease.mark, Lane.LIVE), Moment(recorded, mark, Lane.LIVE)
        heard, listening = listened([*zip(ordered, moments, strict=True)], known.listening, before, after)
        stall = stood(known.stood, turn.lease.mark, recorded)
        desk = folded([(stall, before), *heard] if stall is not None else heard, known)
        desk.changes.listening = None if listening == known.listening else listening
        desk.changes.unspooled = spooled.waiting
        desk.changes.moved = stall is not None or mark > turn.lease.mark
        await self._keep(turn, books, desk, batch.now)
        if mark > BEGINNING and self._expired != mark.date():
            await books.expire(mark.date())
            await self._safe.forget_raw(mark.date() - RAW_KEPT)
            self._expired = mark.date()
        releases = any(row.state == "releasing" for row in desk.changes.lanes.values())
        return Progress(taken, mark, more=releases)

    async def _release(self, turn: Turn, books: Books, lane: LaneRow, now: datetime) -> Progress:
        """History goes out in turns of its own; live records wait in `raw` (rule 43): time does not stand still then,
        it waits for us."""
        mark = turn.lease.mark
        live = Moment(max(now, mark), mark, Lane.LIVE)
        if lane.state == "joining":
            behind = await books.behind(FOLLOWED_A_TURN)
            visitors, leads = frozenset(each.visitor for each in behind), frozenset(each.lead for each in behind)
            known = await books.known(Asked(visitors=visitors, leads=leads))
            desk = Desk(known)
            desk.follow(lane, behind, live)
        else:
            known, desk = await self._released(books, lane, live)
        if (stall := stood(known.stood, mark, live.recorded_at)) is not None:
            desk.stalled(stall, live)
        desk.changes.moved = True
        await self._keep(turn, books, desk, now)
        return Progress(0, mark, more=True)

    async def _released(self, books: Books, lane: LaneRow, live: Moment) -> tuple[Known, Desk]:
        """The next part of a lane, or that it has joined live time when nothing is left."""
        staged = await books.staged(lane, RELEASED_A_TURN)
        opened = [await self._safe.open_raw(row.day, row.sealed) for row in staged]
        told = [(row, entries.decode(raw)) for row, raw in zip(staged, opened, strict=True) if raw is not None]
        whom = asked_about([entry for _, entry in told])
        known = await books.known(replace(whom, lanes=frozenset({aside(lane.name)})))
        if staged:
            return known, released(lane, staged, told, known)
        desk = Desk(known)
        desk.joins(lane, live)
        return known, desk

    async def _keep(self, turn: Turn, books: Books, desk: Desk, now: datetime) -> None:
        for stream, found in (await messages(desk.fold.out, self._safe)).items():
            turn.emit(stream, found)
        await self._seal(desk.changes)
        await books.write(desk.changes, now)
        self._told(desk.changes, [emission.name for emission in desk.fold.out])

    async def _seal(self, changes: Changes) -> None:
        """What is kept of deliveries goes under the key of its day, as the raw record did."""
        for place, row in enumerate(changes.staged):
            changes.staged[place] = msgspec.structs.replace(row, sealed=await self._safe.seal_raw(row.day, row.sealed))
        for place, held in enumerate(changes.held):
            body = await self._safe.seal_raw(held.delivery.received_at.date(), held.delivery.body)
            changes.held[place] = held.sealed(body)

    def _mark(self, before: datetime, batch: Batch, taken: int, opened: Sequence[Readable]) -> datetime:
        """The smallest `received_at` unread in `raw`, as far as we can know it; drained, the instant of the probe."""
        if batch.drained_at is not None and taken == len(batch.records):
            self._reached = dict.fromkeys(_RAW, batch.drained_at)
        for each in opened:
            if isinstance(each, Opened):
                stream = Stream(each.at.topic, each.at.partition)
                self._reached[stream] = max(each.received_at, self._reached.get(stream, before))
        return max(before, min(self._reached.get(stream, before) for stream in _RAW))


def _once(opened: Sequence[Readable], handled: frozenset[str]) -> list[Readable]:
    """Without records of deliveries that came before: published late and spooled, or relayed twice (ADR 8)."""
    seen = set(handled)
    found: list[Readable] = []
    for each in opened:
        if isinstance(each, Opened):
            if each.delivery.id in seen:
                continue
            seen.add(each.delivery.id)
        found.append(each)
    return found


def _in_order(opened: Sequence[Readable], mark: datetime, before: datetime) -> tuple[list[Readable], list[datetime]]:
    """Records by when they were received, each partition's in its own order; and the mark that each may carry."""
    latest: dict[tuple[str, int], datetime] = {}
    keyed: list[tuple[datetime, int]] = []
    for place, each in enumerate(opened):
        stream = (each.at.topic, each.at.partition)
        latest[stream] = max(each.received_at, latest.get(stream, before))
        keyed.append((latest[stream], place))
    # what closes a lane is read last and stays last
    closing = [place for place, each in enumerate(opened) if isinstance(each, Opened) and each.closes is not None]
    keyed.sort(key=lambda pair: (pair[1] in closing, pair))
    ordered = [opened[place] for _, place in keyed]
    marks: list[datetime] = []
    for each in reversed(ordered):
        mark = min(mark, each.received_at)
        marks.append(max(mark, before))
    return ordered, marks[::-1]


def duty(handler: Callable[[Slot], Handler]) -> Duty:
    """The normaliser's duty: one slot, every raw partition, one order."""
    probed = [*_RAW, Stream(AGREEMENTS.name, 0)]
    return Duty(CONSUMER, [[*probed, *_RETURNS]], [_LEADS], handler, probed=probed, batch=ITEMS_A_TURN)
