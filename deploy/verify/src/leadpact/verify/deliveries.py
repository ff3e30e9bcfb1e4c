"""Check 2: what was accepted has ended, each item in one outcome, and nothing came from nowhere (rules 7 and 8).

Items are sealed: how many a delivery has is known from its outcomes alone, which must be numbered without a hole. What
was normalised has a fact of its own, but a command that closes a lane in which nothing is left to release.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from typing import Any, NamedTuple

import msgspec

from leadpact.contracts.envelope import Envelope
from leadpact.verify.findings import Check, Findings
from leadpact.verify.log import Kept
from leadpact.verify.scratch import Scratch
from leadpact.verify.streams import Place, Read
from leadpact.verify.wire import cause, derived, micros

OUTCOMES = frozenset({"normalised", "duplicate", "rejected", "quarantined"})
MOST_MATCHED = 16
"""A lane is released in the order of its facts, so each must be tried with every item: of larger deliveries of a lane
so many facts are, and the lane is counted as a whole."""
_OF_INTAKE = frozenset({"backfill.opened", "backfill.closed", "intake.stalled", "source.silent", "source.resumed"})
"""What intake says of itself: no delivery did."""
_COMMANDS = "commands"
_UNHANDLED = """
select id from delivery where handled and expected and id not in (select delivery from outcome) order by id
"""
_OUTCOMES = """
select o.delivery, o.item, o.outcome, d.lane, d.door, d.entry, d.id is not null
from outcome o left join delivery d on d.id = o.delivery order by o.delivery, o.item
"""
_FACTS = "select delivery, id, type, lead, other, place from fact order by delivery, seq"
_WAITS = "select id from waits where id = ?"
_LINK = "identity.conflicted"
"""An item may say it several times of one lead, each time of another `other`."""


class Delivery(msgspec.Struct, frozen=True):
    """What verify reads of a raw record; the body stays sealed."""

    id: str
    door: str
    received_at: datetime
    source: str = ""
    lane: str | None = None
    chunk: dict[str, object] | None = None
    redrives: str | None = None

    @property
    def spoken_at(self) -> int | None:
        """When its feed said this: files, history, second tries and commands are no word of a feed (rule 30)."""
        ours = self.lane is not None or self.chunk is not None or self.redrives is not None or self.door == _COMMANDS
        return None if ours else micros(self.received_at)


class Outcome(NamedTuple):
    """What became of an item, as intake has it."""

    delivery: str
    item: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Known:
    """What else intake's tables say: items are forgotten that ended before `since`; lanes by their state."""

    since: datetime | None
    lanes: dict[str, str]


class _Fact(NamedTuple):
    id: str
    type: str
    lead: str
    other: str
    place: str


class _Link(msgspec.Struct, frozen=True):
    other: str


_decode = msgspec.msgpack.Decoder(Delivery).decode


def accepted(batch: Iterable[Kept], place: Place, handled: int, since: datetime | None, found: Findings) -> list[Any]:
    """Raw records as rows of the scratch; those before offset `handled` are the normaliser's past."""
    rows = []
    for record in batch:
        where = f"{place} offset {record.offset}"
        try:
            delivery = _decode(record.value)
        except msgspec.MsgspecError as error:
            found.violated(Check.OUTCOMES, where, f"it is no delivery: {error}")
            continue
        found.count("raw records" if record.offset < handled else "raw records not read yet")
        expected = since is None or delivery.received_at >= since
        entry = delivery.redrives or delivery.id
        told = (delivery.id, record.offset < handled, expected, delivery.lane, delivery.door, entry)
        rows.append((*told, delivery.source, delivery.spoken_at))
    return rows


def facts(read: Iterable[Read], place: Place) -> Iterator[tuple[Any, ...]]:
    """Records of `leads` that came of a delivery, as rows of the scratch."""
    for record, envelope in read:
        from_raw = envelope.at is None or envelope.at.topic == "raw"
        once = envelope.lead or place.partition == 0  # control records stand in every partition
        if from_raw and once and envelope.type not in _OF_INTAKE:
            where = f"{place} offset {record.offset}"
            yield envelope.correlation, record.seq, envelope.id, envelope.type, envelope.lead, _other(envelope), where


def _other(envelope: Envelope) -> str:
    try:
        return msgspec.json.decode(envelope.data, type=_Link).other if envelope.type == _LINK else ""
    except msgspec.MsgspecError:
        return ""  # its id then follows from no item


def ended(scratch: Scratch, known: Known, whole: bool, found: Findings) -> None:  # noqa: FBT001 - whether raw still has all
    """Compare deliveries, outcomes and facts; without the `whole` raw log nothing is missed there."""
    ((deliveries,),) = scratch.rows("select count(*) from delivery")  # one may be recorded twice: a lost ack
    found.count("deliveries", deliveries)
    for (delivery,) in scratch.rows(_UNHANDLED):
        found.violated(Check.OUTCOMES, f"delivery {delivery}", "it was read and has no outcome")
    told = groupby(scratch.rows(_FACTS), key=lambda row: str(row[0]))
    ahead = next(told, None)
    for delivery, group in groupby(scratch.rows(_OUTCOMES), key=lambda row: str(row[0])):
        while ahead is not None and ahead[0] < delivery:
            _orphans(ahead[0], ahead[1], whole, found)
            ahead = next(told, None)
        own: list[_Fact] = []
        if ahead is not None and ahead[0] == delivery:
            own = [_Fact(*row[1:]) for row in ahead[1]]
            ahead = next(told, None)
        _delivery(delivery, list(group), own, known, whole, scratch, found)
    while ahead is not None:
        _orphans(ahead[0], ahead[1], whole, found)
        ahead = next(told, None)


def _orphans(delivery: str, rows: Iterable[tuple[Any, ...]], whole: bool, found: Findings) -> None:  # noqa: FBT001 - see `ended`
    if whole:
        for row in rows:
            found.violated(Check.OUTCOMES, f"{row[-1]}", f"its delivery {delivery} has no outcome")


def _delivery(
    delivery: str,
    rows: list[tuple[Any, ...]],
    own: list[_Fact],
    known: Known,
    whole: bool,  # noqa: FBT001 - see `ended`
    scratch: Scratch,
    found: Findings,
) -> None:
    where = f"delivery {delivery}"
    lane, door, entry, is_raw = rows[0][3:]
    if not is_raw:
        if whole:
            found.violated(Check.OUTCOMES, where, "it has an outcome and no raw record")
        return
    items = {item: outcome for _, item, outcome, *_ in rows}
    _counted(where, items, found)
    entries = {item: derived("intake", entry, item) for item in items} if own or "normalised" in items.values() else {}
    sample = lane is not None and len(items) > MOST_MATCHED
    if sample:
        own = own[:: len(items) // MOST_MATCHED]
    said = _said(entries, own, found)
    for item in sorted(said):
        if items[item] != "normalised":
            found.violated(Check.OUTCOMES, f"{where} item {item}", f"it ended as {items[item]}, but became a fact")
    if not sample and known.lanes.get(lane or "", "closed") == "closed":
        silent = [item for item in items if items[item] == "normalised" and item not in said]
        for item in silent:
            if next(scratch.rows(_WAITS, entries[item]), None) is None:
                _silent(door, f"{where} item {item}", known, found)


def _counted(where: str, items: dict[int, str], found: Findings) -> None:
    found.count("items", len(items))
    if list(items) != list(range(len(items))):
        found.violated(Check.OUTCOMES, where, f"its items are {_some(list(items))}")
    for item, outcome in items.items():
        found.count(f"items {outcome}")
        if outcome not in OUTCOMES:
            found.violated(Check.OUTCOMES, f"{where} item {item}", f"it ended as {outcome}")


def _said(entries: dict[int, str], own: list[_Fact], found: Findings) -> set[int]:
    """The items that became these facts, by the ids of both; facts come in the order of their items."""
    said: set[int] = set()
    items = list(entries)
    here = 0
    for fact in own:
        parts = [part for part in (fact.type, fact.lead, fact.other) if part]
        tried = ((n, entries[items[n]]) for n in chain(range(here, len(items)), range(here)))
        place = cause(fact.id, tried, *parts)
        if place is None:
            found.violated(Check.OUTCOMES, fact.place, f"{fact.type} {fact.id} follows from no item of its delivery")
        else:
            said.add(items[place])
            here = place
    return said


def _silent(door: str, where: str, known: Known, found: Findings) -> None:
    if door == _COMMANDS and known.lanes:
        found.count("items normalised that changed nothing")
    else:
        found.violated(Check.OUTCOMES, where, "it was normalised, and no fact came of it")


def _some(items: list[int]) -> str:
    return ", ".join(map(str, items[:10])) + (" …" if len(items) > 10 else "")  # noqa: PLR2004 - enough to see
