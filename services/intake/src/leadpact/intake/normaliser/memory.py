"""The books in memory, for tests and for trying things out without a database: the same rules, no durability.

What PostgreSQL would not take is refused here too, and what it keeps as bytes goes through the same bytes.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from leadpact.intake import delivery as raw
from leadpact.intake.domain import entry as entries
from leadpact.intake.domain.draft import Outcome, Refusal
from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser import listening, state
from leadpact.intake.normaliser.state import (
    SHARED,
    Asked,
    Behind,
    Changes,
    Drop,
    Ended,
    Held,
    Known,
    LaneRow,
    Person,
    Spooled,
    Staged,
    Waiting,
)
from leadpact.intake.spool.memory import MemorySpool
from leadpact.kit.errors import Unstorable

WAITING = timedelta(days=90)
_MOST_BYTES = 2_700  # of a row in a B-tree
K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class MemoryBooks:
    """Every table is open to who made it; the world's time passes here when somebody says so."""

    registered: dict[str, Source] = field(default_factory=lambda: {"api": Source("api")})
    seen: dict[str, date | None] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    waiting: list[Waiting] = field(default_factory=list)
    following: dict[str, str] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], Ended] = field(default_factory=dict)
    quarantine: dict[str, Held] = field(default_factory=dict)
    settled: dict[str, Drop | None] = field(default_factory=dict)
    lanes: dict[str, LaneRow] = field(default_factory=dict)
    rows: list[Staged] = field(default_factory=list)
    tallies: dict[str, Counter[Outcome]] = field(default_factory=dict)
    control: int = 0
    wall: timedelta = timedelta()
    moved: timedelta | None = None
    listening: bytes = b"{}"
    spool: MemorySpool = field(default_factory=MemorySpool)

    async def sources(self) -> dict[str, Source]:
        """Every registered source by name."""
        return dict(self.registered)

    async def known(self, asked: Asked) -> Known:
        """What is known of these keys, and of every lead they belong to."""
        bindings = _of(self.bindings, asked.keys)
        leads = {*asked.leads, *bindings.values()} - {SHARED}
        waiting = {v: tuple(w for w in self.waiting if w.visitor == v) for v in asked.visitors}
        return Known(
            seen=asked.deliveries & self.seen.keys(),
            bindings=bindings,
            people=_of(self.people, leads),
            waiting=waiting,
            conflicts=frozenset(pair for pair in self.conflicts if leads.intersection(pair)),
            quarantined=(asked.redrives & self.quarantine.keys()) - self.settled.keys(),
            lanes=_of(self.lanes, asked.lanes),
            control=self.control,
            stood=timedelta() if self.moved is None else self.wall - self.moved,
            listening=listening.decode(self.listening),
        )

    async def spooled(self, deliveries: frozenset[str]) -> Spooled:
        """What the spool knows of these deliveries, and how old the others are."""
        known = deliveries & self.spool.rows.keys()
        ended = {delivery for delivery, _ in self.outcomes}
        return Spooled(self.spool.oldest(deliveries), known, known & (self.spool.done | ended))

    async def releasing(self) -> LaneRow | None:
        """The lane that is being released, or has joined while something waits behind it."""
        return next((lane for lane in self.lanes.values() if lane.state in ("releasing", "joining")), None)

    async def behind(self, most: int) -> list[Behind]:
        """The next visitors who wait behind a lane."""
        return [Behind(visitor, lead) for visitor, lead in sorted(self.following.items())[:most]]

    async def staged(self, lane: LaneRow, most: int) -> list[Staged]:
        """The next staged entries of a lane."""
        rows = sorted((row for row in self.rows if row.lane == lane.name), key=lambda row: (row.occurred_at, row.id))
        return [row for row in rows if lane.after is None or (row.occurred_at, row.id) > lane.after][:most]

    async def write(self, changes: Changes, now: datetime) -> None:
        """Make the changes of a turn."""
        del now
        _check(changes)
        self.seen.update(changes.seen)
        self.bindings.update({key: lead for key, (_, lead) in changes.bindings.items()})
        self.people.update({lead: state.decode(state.encode(person)) for lead, person in changes.people.items()})
        self.conflicts |= changes.conflicts
        joined = {(wait.visitor, wait.entry.id) for wait in changes.joined}
        self.waiting = [wait for wait in self.waiting if (wait.visitor, wait.entry.id) not in joined]
        self.waiting += [Waiting(w.visitor, entries.decode(entries.encode(w.entry)), w.history) for w in changes.waits]
        self.following.update({each.visitor: each.lead for each in changes.behind})
        for visitor in changes.followed:
            self.following.pop(visitor, None)
        for each in changes.ended:
            self.outcomes.setdefault((each.delivery, each.index), each)
        for held in changes.held:
            kept = replace(held, delivery=raw.decode(raw.encode(held.delivery)))
            self.quarantine.setdefault(held.id, kept)
        for id_, why in changes.refused_again.items():
            self.quarantine[id_] = self.quarantine[id_].because(why)
        for id_, drop in changes.settled.items():
            self.settled[id_] = drop
            if drop is not None:
                place = (self.quarantine[id_].delivery.id, self.quarantine[id_].index)
                self.outcomes[place] = Ended(*place, Outcome.REJECTED, drop.says)
        self.lanes.update(changes.lanes)
        closed = {lane.name for lane in changes.lanes.values() if lane.state == "closed"}
        self.rows = [row for row in self.rows + changes.staged if row.lane not in closed]
        for name, counts in changes.tallies.items():
            self.tallies.setdefault(name, Counter()).update(counts)
        self.spool.done |= changes.unspooled
        self.control = self.control if changes.control is None else changes.control
        self.moved = self.wall if changes.moved else self.moved
        if changes.listening is not None:
            self.listening = listening.encode(changes.listening)

    async def expire(self, today: date) -> None:
        """Forget what is older than we promised to keep it."""
        self.seen = {key: until for key, until in self.seen.items() if until is None or until >= today}
        self.waiting = [wait for wait in self.waiting if wait.entry.received_at.date() >= today - WAITING]


def _check(changes: Changes) -> None:
    """Raise `Unstorable` for a text that no column takes, and for a name that no index takes."""
    names = {*changes.lanes, *changes.tallies, *(row.lane for row in changes.staged)}
    said: list[Ended | Held | Refusal] = [*changes.ended, *changes.held, *changes.refused_again.values()]
    for text in (*names, *(each.reason for each in said), *(each.pointer for each in said)):
        if re.search(r"[\x00\ud800-\udfff]", text):
            raise Unstorable("a text holds NUL or a lone surrogate")
    if any(len(name.encode()) > _MOST_BYTES for name in names):
        raise Unstorable(f"a name has more than {_MOST_BYTES} bytes")


def _of(table: dict[K, V], keys: Iterable[K]) -> dict[K, V]:
    return {key: table[key] for key in keys if key in table}
