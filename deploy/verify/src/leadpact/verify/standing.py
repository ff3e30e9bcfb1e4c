"""Check 4 between log and tables: where each consumer stands, what it has said, and what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from leadpact.contracts.topics import AGREEMENTS, LEADS, QUALIFICATION, RAW, RETURNS, SLA
from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Span
from leadpact.verify.streams import Follows, Place
from leadpact.verify.wire import EPOCH


class Position(NamedTuple):
    """The offset that is read next, and the last sequence seen."""

    offset: int
    seq: int


@dataclass(frozen=True, slots=True)
class Fence:
    """How far one slot of a consumer has come; `counted_since`: it counts nothing that was before this mark."""

    consumer: str
    slot: int
    positions: Mapping[Place, Position]
    mark: datetime
    lane_mark: datetime | None = None
    counted_since: datetime = EPOCH


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The counter of a stream, how far its relay got, and how many messages wait."""

    place: Place
    last: int
    published: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The tables of event handling, of all services at one instant; `aside` counts what was set aside, by its kind."""

    fences: Sequence[Fence] = ()
    outgoing: Sequence[Outgoing] = ()
    aside: Mapping[str, int] = field(default_factory=dict)

    def fence(self, consumer: str, slot: int) -> Fence | None:
        """The fence of a slot."""
        return next((each for each in self.fences if (each.consumer, each.slot) == (consumer, slot)), None)

    def behind(self, spans: Mapping[Place, Span]) -> dict[str, int]:
        """What is still to be handled or published, by name; empty when everything stands still."""
        late = {
            f"{fence.consumer}/{fence.slot} before {place}": spans[place].end - position.offset
            for fence in self.fences
            for place, position in fence.positions.items()
            if spans[place].end > position.offset
        }
        return late | {f"outbox of {each.place}": each.waiting for each in self.outgoing if each.waiting}


class Reached(NamedTuple):
    """What reading a partition came to: its last sequence, the latest mark of a live record, what its events follow."""

    last: int
    mark: datetime | None
    follows: Follows


_WRITER = {
    LEADS.name: "normaliser",
    QUALIFICATION.name: "qualifier",
    SLA.name: "sla-monitor",
}
_TELLS = {**_WRITER, RETURNS.name: "sla-monitor"}
READERS = {
    "normaliser": (RAW.name, AGREEMENTS.name, RETURNS.name),
    "qualifier": (LEADS.name,),
    "sla-monitor": (QUALIFICATION.name,),
    "reporting.leads": (LEADS.name,),
    "reporting.qualification": (QUALIFICATION.name,),
    "reporting.sla": (SLA.name,),
}


def stand(standing: Standing, spans: Mapping[Place, Span], reached: Mapping[Place, Reached], found: Findings) -> None:
    """Compare where everybody stands with what the log holds."""
    for fence in standing.fences:
        _fence(fence, standing, spans, reached, found)
    for each in standing.outgoing:
        _outgoing(each, reached, found)
    for what, number in standing.aside.items():
        found.count(what, number)


def stuck(behind: Mapping[str, int], found: Findings) -> None:
    """What did not move while nothing else did either."""
    for what, number in behind.items():
        found.violated(Check.POSITIONS, what, f"{number} wait, and nothing moves")


def _fence(
    fence: Fence,
    standing: Standing,
    spans: Mapping[Place, Span],
    reached: Mapping[Place, Reached],
    found: Findings,
) -> None:
    where = f"{fence.consumer}/{fence.slot}"
    found.count("fences")
    for place, position in fence.positions.items():
        if position.offset > spans[place].end:
            says = f"it stands at {place} offset {position.offset}, which ends at {spans[place].end}"
            found.violated(Check.POSITIONS, where, says)
        if place in reached and position.seq > reached[place].last:
            says = f"it has seen sequence {position.seq} of {place}, which ends with {reached[place].last}"
            found.violated(Check.POSITIONS, where, says)
    _handled(where, fence, reached, found)
    for topic in READERS.get(fence.consumer, ()):
        writer = standing.fence(_WRITER[topic], 0 if topic == LEADS.name else fence.slot) if topic in _WRITER else None
        if writer is not None and fence.mark > writer.mark:
            says = f"its time {fence.mark} is ahead of {writer.consumer}'s, {writer.mark}"
            found.violated(Check.POSITIONS, where, says)
    for topic, writer_name in _WRITER.items():
        if fence.consumer != writer_name:
            continue
        for place, told in reached.items():
            of_slot = place.topic == topic and (topic == LEADS.name or place.partition == fence.slot)
            if of_slot and told.mark is not None and told.mark > fence.mark:
                found.violated(Check.POSITIONS, where, f"its time is {fence.mark}, but {place} carries {told.mark}")


def _handled(where: str, fence: Fence, reached: Mapping[Place, Reached], found: Findings) -> None:
    """Whoever has published what follows a record has handled that record."""
    for place, told in reached.items():
        of_slot = fence.consumer == "normaliser" or place.partition == fence.slot
        if not of_slot or fence.consumer != _TELLS.get(place.topic):
            continue
        for before, offset in told.follows.items():
            position = fence.positions.get(before)
            if before.topic in READERS[fence.consumer] and (position is None or position.offset <= offset):
                stands = "nowhere" if position is None else f"at offset {position.offset}"
                says = f"it stands {stands} of {before}, but {place} follows offset {offset}"
                found.violated(Check.POSITIONS, where, says)


def _outgoing(each: Outgoing, reached: Mapping[Place, Reached], found: Findings) -> None:
    found.count("outgoing streams")
    where = f"counter of {each.place}"
    if each.published > each.last:
        found.violated(Check.POSITIONS, where, f"{each.published} are published, {each.last} were told")
    told = reached.get(each.place)
    if told is None:
        return
    if told.last > each.last:
        found.violated(Check.POSITIONS, where, f"it stands at {each.last}, the log at {told.last}")
    if told.last < each.published:
        found.violated(Check.POSITIONS, where, f"{each.published} are published, the log ends with {told.last}")
