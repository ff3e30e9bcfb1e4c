"""Checks 3 and 4 along one partition of a topic: what each event says of itself, of its cause, and of time."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import At, Envelope, Lane
from leadpact.contracts.errors import Malformed
from leadpact.contracts.topics import partition as home
from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Kept
from leadpact.verify.sequences import Sequence
from leadpact.verify.wire import NOTICES, OWN, WHOLE

_ID = 16


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


class Passed:
    """What went through a partition: which event stands at which offset, and a print of what is carried on of it."""

    def __init__(self, place: Place, start: int) -> None:
        self.place = place
        self.start = start
        self.prints: dict[bytes, int] = {}
        self._ids = bytearray()

    def add(self, offset: int, id_: bytes) -> None:
        """The next record."""
        missing = offset - self.start - len(self._ids) // _ID
        self._ids += bytes(_ID) * missing + id_

    def at(self, offset: int) -> bytes | None:
        """The id of the event at an offset, if one stands there."""
        begin = (offset - self.start) * _ID
        return bytes(self._ids[begin : begin + _ID]) if 0 <= begin < len(self._ids) else None


class Read(NamedTuple):
    """A record that is here for the first time, with its envelope."""

    record: Kept
    envelope: Envelope


class Announced:
    """What a relay said on `marks` of one partition: behind sequence N nothing is recorded before T."""

    def __init__(self, said: Mapping[int, datetime]) -> None:
        self._said = sorted(said.items())
        self._next = 0
        self._mark: datetime | None = None

    def before(self, seq: int) -> datetime | None:
        """The latest mark that was said to hold before this sequence."""
        while self._next < len(self._said) and self._said[self._next][0] < seq:
            mark = self._said[self._next][1]
            self._mark = mark if self._mark is None else max(mark, self._mark)
            self._next += 1
        return self._mark


class Stream:
    """Reads one partition in order; `upstream` is the partition it follows from, None for the first topic."""

    def __init__(self, passed: Passed, upstream: Passed | None, announced: Announced, found: Findings) -> None:
        self.passed = passed
        self._where = str(passed.place)
        self.sequence = Sequence(self._where, found)
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
        for record in batch:
            first = self.sequence.first(record)
            where = f"{self._where} offset {record.offset}"
            try:
                envelope = wire.decode(record.value)
                id_ = UUID(envelope.id).bytes
            except (Malformed, ValueError) as error:
                self.passed.add(record.offset, bytes(_ID))
                self._found.violated(Check.EVENTS, where, f"it cannot be read: {error}")
                continue
            self.passed.add(record.offset, id_)
            if first:
                self._found.count(self._counted)
                self._event(where, record, envelope, id_)
                yield Read(record, envelope)

    def _event(self, where: str, record: Kept, envelope: Envelope, id_: bytes) -> None:
        if id_ in self.passed.prints:
            self._wrong(where, f"its id {envelope.id} stands in this topic already")
        self.passed.prints[id_] = hash(_carried(envelope))
        self._home(where, record, envelope)
        self._time(where, record, envelope)
        follow(self.follows, envelope.at)
        if self._upstream is not None:
            self._follows(where, envelope, id_, self._upstream)
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

    def _follows(self, where: str, envelope: Envelope, id_: bytes, upstream: Passed) -> None:
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
            self._caused(where, envelope, upstream)
        elif envelope.type not in NOTICES or id_ in upstream.prints:
            self._forwarded(where, envelope, id_, upstream)

    def _caused(self, where: str, envelope: Envelope, upstream: Passed) -> None:
        """A fact of upstream, or the firing of a timer, whose id stands for itself (checked lead by lead)."""
        if envelope.causation == envelope.correlation:
            return
        cause = UUID(envelope.causation).bytes
        if upstream.start == 0 and cause not in upstream.prints:
            self._wrong(where, f"its cause {envelope.causation} is not in {upstream.place}")
        at = envelope.at
        if at is not None and envelope.lead not in self._parked and upstream.at(at.offset) not in {cause, None}:
            self._wrong(where, f"its cause {envelope.causation} is not the record it follows")

    def _forwarded(self, where: str, envelope: Envelope, id_: bytes, upstream: Passed) -> None:
        told = upstream.prints.get(id_)
        if told is None:
            if upstream.start == 0:
                self._wrong(where, f"{envelope.type} {envelope.id} was passed on, but is not in {upstream.place}")
        elif told != self.passed.prints[id_]:
            self._wrong(where, f"{envelope.type} {envelope.id} does not say what it says in {upstream.place}")

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
