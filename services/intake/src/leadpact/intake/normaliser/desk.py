"""One turn's work on what the inbox opened: duplicates, quarantine, staging, and the fold of everything else."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, At
from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.events.control import (
    BackfillClosed,
    BackfillOpened,
    InForce,
    IntakeStalled,
    Retired,
    SourceResumed,
    SourceSilent,
)
from leadpact.contracts.events.lead import Disposed, Verdict
from leadpact.contracts.registry import Event
from leadpact.intake.delivery import Chunk, Delivery
from leadpact.intake.domain import entry as entries
from leadpact.intake.domain import times
from leadpact.intake.domain.draft import Outcome, Refusal
from leadpact.intake.domain.entry import Entry, Fact
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.domain.read import CSV
from leadpact.intake.errors import Mistaken
from leadpact.intake.normaliser.emission import Chain, began, name_of
from leadpact.intake.normaliser.fold import Fold
from leadpact.intake.normaliser.inbox import Agreed, Item, Opened, Readable, Returned
from leadpact.intake.normaliser.moment import Moment, When, of_lane
from leadpact.intake.normaliser.standing import Stood
from leadpact.intake.normaliser.state import Asked, Behind, Changes, Drop, Ended, Held, Known, LaneRow, Staged
from leadpact.kit.ids import derive

NORMALISER = Actor("normaliser", ActorKind.SYSTEM)
_MOST_OF_A_NAME = 180
KEPT = timedelta(days=45)
"""How long a delivery key is remembered; those of files are for ever (rule 7)."""


def asked(opened: list[Readable]) -> Asked:
    """What has to be looked up before these records can be handled."""
    found = [item for each in opened if isinstance(each, Opened) for item in each.items]
    understood = [item.meant for item in found if isinstance(item.meant, Entry)]
    deliveries = [each.delivery for each in opened if isinstance(each, Opened)]
    lanes = {each.lane for each in deliveries if each.lane} | {meant.closes for meant in understood if meant.closes}
    returned = [each for each in opened if isinstance(each, Returned)]
    whom = asked_about(understood)
    return Asked(
        deliveries=frozenset(item.key for item in found) | {each.key for each in returned},
        keys=whom.keys,
        visitors=whom.visitors,
        leads=whom.leads | {each.envelope.lead for each in returned},
        redrives=frozenset(each.redrives for each in deliveries if each.redrives),
        lanes=frozenset(lanes),
    )


def asked_about(understood: list[Entry]) -> Asked:
    """Whom these entries are about."""
    identified = [e for e in understood if e.lead or any(key.kind is not KeyKind.ANONYMOUS for key in e.keys)]
    return Asked(
        keys=frozenset(key.hash for e in understood for key in e.keys),
        visitors=frozenset(key.hash for e in identified for key in e.keys if key.kind is KeyKind.ANONYMOUS),
        leads=frozenset(e.lead for e in understood if e.lead),
    )


class Desk:
    """Handles records in order and gathers facts (`fold.out`) and changes; pure."""

    def __init__(self, known: Known) -> None:
        self.changes = Changes()
        self.fold = Fold(known, self.changes)
        self._known = known

    def delivery(self, opened: Opened, moment: Moment) -> None:
        """Every item of a delivery to exactly one outcome (rule 8); raises `Mistaken` where our code fails on one."""
        delivery = opened.delivery
        if delivery.redrives is not None:
            self._redrive(opened, moment, delivery.redrives)
            return
        for item in opened.items:
            self._item(item, opened, moment)

    def agreed(self, record: Agreed, moment: Moment) -> None:
        """What comes into force, or goes, is said in every partition: its position there counts (rule 51)."""
        envelope = record.envelope
        match record.event:
            case Activated() as activated:
                event: Event = InForce(control=0, agreement=activated.agreement, hash=activated.hash)
            case Withdrawn() as withdrawn:
                event = Retired(control=0, agreement=withdrawn.agreement, version=withdrawn.version)
            case _:
                return
        told = When(envelope.occurred_at, envelope.recorded_at, None)
        fact = Fact(name_of(type(event)), wire.pack(event))
        chain = Chain(envelope.correlation, envelope.id)
        self.fold.declare(fact, envelope.id, envelope.actor, told, moment, chain, record.at)

    def returned(self, record: Returned, moment: Moment) -> None:
        """A closing asked for becomes a fact like any other, once, at the lead it names.

        It occurs when it enters the log: what the lead did before, even in the meantime, is before its end (rule 19).
        """
        if record.key in self._known.seen or record.key in self.changes.seen:
            return
        self.changes.seen[record.key] = moment.recorded_at.date() + KEPT
        asked_for, now = record.event, When(moment.recorded_at, moment.recorded_at, None)
        disposed = Disposed(
            verdict=Verdict.RECYCLED,
            reason=asked_for.reason,
            engagement=asked_for.engagement,
            cadence=asked_for.cadence,
        )
        self.fold.say(record.envelope, disposed, now, moment, record.at)

    def stalled(self, stood: Stood, moment: Moment) -> None:
        """That time stood still is said in every partition (rule 30)."""
        event = IntakeStalled(control=0, from_at=stood.from_at, to_at=stood.to_at)
        cause = derive("stalled", stood.from_at.isoformat(), stood.to_at.isoformat())
        self._declare(event, cause, stood.to_at, moment, None)

    def listened(self, event: SourceSilent | SourceResumed, moment: Moment) -> None:
        """That a feed is silent, or speaks again, is said in every partition (rule 30)."""
        span = (event.since, event.until) if isinstance(event, SourceSilent) else (event.from_at, event.to_at)
        cause = derive(name_of(type(event)), event.source, *(each.isoformat() for each in span))
        self._declare(event, cause, moment.recorded_at, moment, None)

    def release(self, lane: LaneRow, rows: list[Staged], released: list[Entry]) -> None:
        """The next rows of a lane, as entries, each in its own time (rule 43); raises `Mistaken` as `delivery` does."""
        for each in released:
            try:
                self.fold.apply(each, of_lane(each), None)
            except Exception as error:  # the edge, as for a live item
                raise Mistaken(each.delivery, each.index, error) from error
        after = (rows[-1].occurred_at, rows[-1].id)
        count = lane.released + len(rows)
        self.changes.lanes[lane.name] = msgspec.structs.replace(lane, released=count, after=after)

    def put_aside(self, lane: LaneRow, failed: list[tuple[Staged, Entry]]) -> None:
        """What our own code fails on waits in a lane of its own, to be closed once that is mended."""
        name = aside(lane.name)
        self.changes.put_aside = len(failed)
        for row, entry in failed:
            self.changes.staged.append(Staged(name, row.occurred_at, row.id, row.day, entries.encode(entry)))
            beside = self._lane(name)
            self.changes.lanes[name] = msgspec.structs.replace(beside, state="staging", staged=beside.staged + 1)

    def joins(self, lane: LaneRow, moment: Moment) -> None:
        """Everything is released: the lane joins live time."""
        self.changes.lanes[lane.name] = msgspec.structs.replace(lane, state="joining")
        until = lane.after[0] if lane.after else None
        self._say_of(lane, BackfillClosed(control=0, lane=lane.name, facts=lane.released, until=until), moment, None)

    def follow(self, lane: LaneRow, behind: list[Behind], moment: Moment) -> None:
        """What waited behind the lane's close follows; when nothing is left, the lane is done (rule 43)."""
        for each in behind:
            self.fold.follow(each, moment)
        if not behind:
            self.changes.lanes[lane.name] = msgspec.structs.replace(lane, state="closed")

    def _item(self, item: Item, opened: Opened, moment: Moment) -> None:
        meant, delivery = item.meant, opened.delivery
        if not _repeatable(meant) and self._seen(item.key, delivery):
            self._end(delivery, item.draft.index, Outcome.DUPLICATE)
            return
        before = len(self.fold.out)
        refused = self._taken(item, opened, moment)
        if refused is None:
            self._end(delivery, item.draft.index, Outcome.NORMALISED, fact=self._made(delivery, before))
        else:
            self._refuse(delivery, item, refused)

    def _taken(self, item: Item, opened: Opened, moment: Moment) -> Refusal | None:
        """Why nothing could be made of an item, if nothing could."""
        if isinstance(item.meant, Refusal):
            return item.meant
        try:
            return self._take(item.meant, opened, moment)
        except Exception as error:  # the edge: a bug of ours on one item must not stop all others
            raise Mistaken(opened.delivery.id, item.draft.index, error) from error

    def _take(self, entry: Entry, opened: Opened, moment: Moment) -> Refusal | None:
        """Apply, stage, or begin to release; the refusal of what names a lead nobody knows."""
        lane = opened.delivery.lane
        if entry.closes is not None:
            self._close(entry.closes, moment, opened.at)
            return None
        if not self.fold.knows(entry):
            return Refusal(Outcome.QUARANTINED, "nobody knows this lead", "/lead")
        if lane is None:
            self.fold.apply(entry, moment, opened.at)
        else:
            self._stage(lane, entry, opened.delivery)
        return None

    def _close(self, name: str, moment: Moment, at: At) -> None:
        lane = self._lane(name)
        if lane.state == "staging" and lane.staged > lane.released:
            self.changes.lanes[name] = msgspec.structs.replace(lane, state="releasing", after=None)
            self._say_of(lane, BackfillOpened(control=0, lane=name), moment, at)

    def _say_of(self, lane: LaneRow, event: Event, moment: Moment, at: At | None) -> None:
        self._declare(event, derive("lane", lane.name, lane.staged), moment.recorded_at, moment, at)

    def _declare(self, event: Event, cause: str, occurred_at: datetime, moment: Moment, at: At | None) -> None:
        """A control record of our own."""
        fact, told = Fact(name_of(type(event)), wire.pack(event)), When(occurred_at, occurred_at, None)
        self.fold.declare(fact, cause, NORMALISER, told, moment, began(cause), at)

    def _stage(self, name: str, entry: Entry, delivery: Delivery) -> None:
        occurred_at, _ = times.settle(entry.claim, entry.received_at)
        day = delivery.received_at.date()
        self.changes.staged.append(Staged(name, occurred_at, entry.id, day, entries.encode(entry)))
        lane = self._lane(name)
        self.changes.lanes[name] = msgspec.structs.replace(lane, state="staging", staged=lane.staged + 1)

    def _lane(self, name: str) -> LaneRow:
        return self.changes.lanes.get(name) or self._known.lanes.get(name) or LaneRow(name)

    def _redrive(self, opened: Opened, moment: Moment, quarantined: str) -> None:
        """Try again, or give up, what was quarantined; once it has left, every further try is a duplicate (rule 8).

        An item counted as seen when it was refused. Of a delivery that waited as a whole no item did: each is handled
        as if it came for the first time, and what is refused waits by itself.
        """
        delivery = opened.delivery
        if quarantined not in self._known.quarantined or quarantined in self.changes.settled:
            self.changes.ended.append(Ended(delivery.id, 0, Outcome.DUPLICATE))
            return
        self._tally(delivery, Outcome.QUARANTINED, -1)
        if delivery.dropped is not None:
            drop = Drop(delivery.actor.id, delivery.dropped)
            self._end(delivery, 0, Outcome.REJECTED, Refusal(Outcome.REJECTED, drop.says, ""))
            self.changes.settled[quarantined] = drop
            return
        live = Opened(opened.at, msgspec.structs.replace(delivery, lane=None), opened.items)
        match opened.items:
            case [item] if item.whole or not delivery.whole:
                before = len(self.fold.out)
                refused = self._taken(item, live, moment)
                if refused is not None:
                    self._end(delivery, item.draft.index, Outcome.QUARANTINED, refused, item.draft.place)
                    self.changes.refused_again[quarantined] = refused
                    return
                self._end(delivery, item.draft.index, Outcome.NORMALISED, fact=self._made(delivery, before))
            case items:
                for item in items:
                    self._item(item, live, moment)
        self.changes.settled[quarantined] = None

    def _seen(self, key: str, delivery: Delivery) -> bool:
        """Whether this key was here before; from now on it was (rule 7)."""
        if key in self._known.seen or key in self.changes.seen:
            return True
        self.changes.seen[key] = None if delivery.door == CSV else delivery.received_at.date() + KEPT
        return False

    def _refuse(self, delivery: Delivery, item: Item, why: Refusal) -> None:
        draft = item.draft
        self._end(delivery, draft.index, why.outcome, why, draft.place)
        if why.outcome is Outcome.QUARANTINED:
            chunk = _of_row(delivery, draft.index)
            own = msgspec.structs.replace(delivery, body=draft.raw, chunk=chunk, whole=item.whole)
            id_ = derive("quarantine", delivery.redrives or delivery.id, draft.index)
            self.changes.held.append(Held(id_, own, draft.index, why.reason, why.pointer, draft.place))

    def _made(self, delivery: Delivery, before: int) -> str | None:
        """The first fact of the delivery since `before`: what an item says itself; what follows comes behind."""
        return next((each.id for each in self.fold.out[before:] if each.chain.causation == delivery.id), None)

    def _end(
        self,
        delivery: Delivery,
        index: int,
        outcome: Outcome,
        why: Refusal | None = None,
        place: str = "",
        *,
        fact: str | None = None,
    ) -> None:
        reason, pointer = (why.reason, place + why.pointer) if why else ("", "")
        row = _of_row(delivery, index) if outcome is Outcome.REJECTED else None
        imported, number = (row.imported, row.first) if row else (None, None)
        self.changes.ended.append(Ended(delivery.id, index, outcome, reason, pointer, imported, number, fact))
        self._tally(delivery, outcome, 1)

    def _tally(self, delivery: Delivery, outcome: Outcome, items: int) -> None:
        if name := delivery.lane or (delivery.chunk.imported if delivery.chunk else None):
            self.changes.tallies.setdefault(name, Counter())[outcome] += items


def aside(lane: str) -> str:
    """The lane of what is put aside while another is released."""
    return f"{lane[:_MOST_OF_A_NAME]}-aside"


def _repeatable(meant: Entry | Refusal) -> bool:
    """What was rejected may come again; closing a lane in which nothing was staged since changes nothing anyway."""
    return meant.outcome is Outcome.REJECTED if isinstance(meant, Refusal) else meant.closes is not None


def _of_row(delivery: Delivery, index: int) -> Chunk | None:
    """The chunk that holds only this row."""
    chunk = delivery.chunk
    return None if chunk is None else msgspec.structs.replace(chunk, first=chunk.first + index)
