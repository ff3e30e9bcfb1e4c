"""Checks 3 and 4 along one partition of a topic: what each event says of itself, of its cause, and of time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple
from uuid import UUID

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import At, Envelope, Lane
from leadpact.contracts.errors import Malformed
from leadpact.contracts.topics import partition as home
from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Kept
from leadpact.verify.rolls import Roll
from leadpact.verify.scratch import Scratch
from leadpact.verify.sequences import Sequence as Sequenced
from leadpact.verify.wire import NOTICES, OWN, STORY, WHOLE, moment

_STOOD = Struct("<16sq")
_NOBODY = bytes(16)
_INDEX = "create index temp.stood_id on stood (topic, id, place)"
_TWICE = "select topic, id, min(place) from stood group by topic, id having count(*) > 1"
_LATER = "select place from stood where (topic, id) = (?, ?) and place > ? order by place"
_SOUGHT = """
select s.place, s.missing, s.other, s.print, (select u.print from stood u where (u.topic, u.id) = (s.topic, s.id))
from sought s order by s.rowid
"""


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.topic}/{self.partition}"


Follows = dict[Place, int]
"""By place, the highest offset that anything read so far follows."""


class Numbered(NamedTuple):
    """A control record: its number, its id, and a print of what must be the same in every partition.

    Partitions are read by several processes, each of which salts `hash` in its own way.
    """

    number: int
    id: str
    print: bytes


class Stood(NamedTuple):
    """The id of an event, and a print of what is carried on of it, 0 where it is of no account."""

    id: bytes
    print: int


class Passed:
    """What went through a partition: which event stands at which offset."""

    def __init__(self, place: Place, start: int) -> None:
        self.place = place
        self.start = start
        self._stood = Roll(_STOOD.size)

    def add(self, offset: int, id_: bytes, told: int = 0) -> None:
        """The next record."""
        self._stood.put(offset - self.start, _STOOD.pack(id_, told))

    def at(self, offset: int) -> Stood | None:
        """The event at an offset, if one stands there."""
        entry = self._stood.at(offset - self.start)
        return None if entry is None else Stood(*_STOOD.unpack(entry))


class Read(NamedTuple):
    """A record that is here for the first time, with its envelope."""

    record: Kept
    envelope: Envelope


class Announced:
    """What a relay said on `marks` of one partition: behind sequence N nothing is recorded before T.

    `said` are N and T in microseconds by turns, N ascending.
    """

    def __init__(self, said: Sequence[int]) -> None:
        self._said = said
        self._next = 0
        self._mark: datetime | None = None

    def before(self, seq: int) -> datetime | None:
        """The latest mark that was said to hold before this sequence."""
        while self._next < len(self._said) and self._said[self._next] < seq:
            mark = moment(self._said[self._next + 1])
            self._mark = mark if self._mark is None else max(mark, self._mark)
            self._next += 2
        return self._mark


class Stream:
    """Reads one partition in order; `upstream` is the partition it follows from, None for the first topic."""

    def __init__(
        self, passed: Passed, upstream: Passed | None, announced: Announced, scratch: Scratch, found: Findings
    ) -> None:
        self.passed = passed
        self._where = str(passed.place)
        self.sequence = Sequenced(self._where, found)
        self._scratch = scratch
        self._topic = STORY.index(passed.place.topic)
        self.marks: dict[Lane, datetime] = {}
        self.follows: Follows = {}
        self.controls: list[Numbered] = []
        self._counted = f"events in {passed.place.topic}"
        self._upstream = upstream
        self._announced = announced
        self._found = found
        self._at = -1
        self._parked: set[str] = set()

    def take(self, batch: list[Kept]) -> Iterator[Read]:
        """Check records; gives those that are here for the first time and can be read."""
        stood = []
        for record in batch:
            first = self.sequence.first(record)
            where = f"{self._where} offset {record.offset}"
            try:
                envelope = wire.decode(record.value)
                id_ = UUID(envelope.id).bytes
            except (Malformed, ValueError) as error:
                self.passed.add(record.offset, _NOBODY)
                self._found.violated(Check.EVENTS, where, f"it cannot be read: {error}")
                continue
            told = (hash(_carried(envelope)) or 1) if first else 0
            self.passed.add(record.offset, id_, told)
            if first:
                stood.append((self._topic, id_, record.offset, told))
                self._found.count(self._counted)
                self._event(where, record, envelope, Stood(id_, told))
                yield Read(record, envelope)
        self._scratch.put("stood", stood)

    def _event(self, where: str, record: Kept, envelope: Envelope, stood: Stood) -> None:
        self._home(where, record, envelope)
        self._time(where, record, envelope)
        follow(self.follows, envelope.at)
        if self._upstream is not None:
            self._follows(where, envelope, stood, self._upstream)
        if envelope.type in NOTICES:
            self._parked.add(envelope.lead)

    def _home(self, where: str, record: Kept, envelope: Envelope) -> None:
        if record.key.decode(errors="replace") != envelope.lead:
            self._wrong(where, f"its key is not its lead {envelope.lead}")
        if not envelope.lead:
            self._control(where, record, envelope)
        elif home(envelope.lead) != self.passed.place.partition:
            self._wrong(where, f"lead {envelope.lead} lives in partition {home(envelope.lead)}")

    def _control(self, where: str, record: Kept, envelope: Envelope) -> None:
        said = msgspec.json.decode(envelope.data)
        number = said.get("control", 0)
        since, mark = said.get("from_at"), envelope.mark.isoformat().replace("+00:00", "Z")
        if envelope.type == "intake.stalled" and since != mark:
            self._wrong(where, f"intake stood from {since}, but time had passed to {mark}")
        if envelope.type == "source.silent" and envelope.mark > datetime.fromisoformat(said["until"]):
            self._wrong(where, f"a feed is told silent until {said['until']}, but time had passed to {mark}")
        if envelope.lead_version != 0:
            self._wrong(where, "a control record counts as a lead's event")
        last = self.controls[-1].number if self.controls else 0
        if number <= last or (self.passed.place.topic in WHOLE and number != last + 1):
            self._wrong(where, f"control record {number} stands behind {last}")
        # what is passed on is compared with what it was; the first topic's records are the same to the byte
        told = record.value if self._upstream is None else repr(_carried(envelope)).encode()
        self.controls.append(Numbered(number, envelope.id, blake2b(told, digest_size=16).digest()))

    def _time(self, where: str, record: Kept, envelope: Envelope) -> None:
        mark, recorded = envelope.mark, envelope.recorded_at
        if envelope.type == "backfill.opened":
            self.marks.pop(Lane.BACKFILL, None)
        before = self.marks.get(envelope.lane)
        if before is not None and mark < before:
            self._late(where, f"its mark {mark} is behind {before}, which stands before it")
        self.marks[envelope.lane] = mark if before is None else max(mark, before)
        if mark > recorded:
            self._late(where, f"its mark {mark} is later than it was recorded, {recorded}")
        told = self._announced.before(record.seq or 0)
        if envelope.lane is Lane.LIVE and told is not None and recorded < told:
            self._late(where, f"recorded {recorded}, though {told} was announced to have passed")

    def _follows(self, where: str, envelope: Envelope, stood: Stood, upstream: Passed) -> None:
        at = envelope.at
        if at is None or (at.topic, at.partition) != upstream.place:
            self._wrong(where, f"it follows nothing in {upstream.place}")
            return
        stands = upstream.at(at.offset)
        if stands is None and at.offset >= upstream.start:
            self._wrong(where, f"it follows {upstream.place} offset {at.offset}, where nothing stands")
        if at.offset < self._at:
            self._wrong(where, f"it follows offset {at.offset}, the one before it {self._at}")
        self._at = max(self._at, at.offset)
        own = OWN[self.passed.place.topic]
        if envelope.type in own:
            self._caused(where, envelope, stands, upstream)
        else:
            self._forwarded(where, envelope, stood, stands, upstream)

    def _caused(self, where: str, envelope: Envelope, stands: Stood | None, upstream: Passed) -> None:
        """A fact of upstream, or the firing of a timer, whose id stands for itself (checked lead by lead)."""
        if envelope.causation == envelope.correlation:
            return
        cause = UUID(envelope.causation).bytes
        if stands is not None and stands.id == cause and stands.print:
            return
        self._seek(where, Stood(cause, 0), upstream, f"its cause {envelope.causation} is not in {upstream.place}", "")
        if stands is not None and stands.id != cause and envelope.lead not in self._parked:
            self._wrong(where, f"its cause {envelope.causation} is not the record it follows")

    def _forwarded(self, where: str, envelope: Envelope, stood: Stood, stands: Stood | None, upstream: Passed) -> None:
        if stands == stood:
            return
        what = f"{envelope.type} {envelope.id}"
        own = envelope.type in NOTICES  # its writer's, where upstream has none
        missing = "" if own else f"{what} was passed on, but is not in {upstream.place}"
        self._seek(where, stood, upstream, missing, f"{what} does not say what it says in {upstream.place}")

    def _seek(self, where: str, stood: Stood, upstream: Passed, missing: str, other: str) -> None:
        """Look it up when all is read: it is not the record that is followed, as it nearly always is."""
        says = missing if upstream.start == 0 else ""
        self._scratch.put("sought", [(self._topic - 1, *stood, where, says, other)])

    def _wrong(self, where: str, says: str) -> None:
        self._found.violated(Check.EVENTS, where, says)

    def _late(self, where: str, says: str) -> None:
        self._found.violated(Check.POSITIONS, where, says)


def follow(follows: Follows, at: At | None) -> None:
    """Note what an event follows."""
    if at is not None:
        place = Place(at.topic, at.partition)
        if at.offset > follows.get(place, -1):
            follows[place] = at.offset


def settled(scratch: Scratch, partition: int, found: Findings) -> None:
    """What is known when a partition's topics have been read: which ids stand twice, and what was sought."""
    scratch.run(_INDEX)
    for topic, id_, first in scratch.rows(_TWICE):
        for (offset,) in scratch.rows(_LATER, topic, id_, first):
            where = f"{Place(STORY[topic], partition)} offset {offset}"
            found.violated(Check.EVENTS, where, f"its id {UUID(bytes=id_)} stands in this topic already")
    for where, missing, other, told, stood in scratch.rows(_SOUGHT):
        says = missing if stood is None else other if told not in {0, stood} else ""
        if says:
            found.violated(Check.EVENTS, where, says)
    scratch.run("drop index temp.stood_id")


def _carried(envelope: Envelope) -> tuple[object, ...]:
    """All that stays the same when an event is passed on."""
    return (
        envelope.type,
        envelope.version,
        envelope.lead,
        envelope.occurred_at,
        envelope.received_at,
        envelope.claimed_at,
        envelope.actor.id,
        envelope.actor.kind,
        envelope.correlation,
        envelope.causation,
        envelope.lane,
        envelope.revision,
        bytes(envelope.data),
    )
