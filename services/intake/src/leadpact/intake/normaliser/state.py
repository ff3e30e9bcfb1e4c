"""What the normaliser knows when a turn begins, and what the turn changes; read and written once per batch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.draft import Outcome, Refusal
from leadpact.intake.domain.entry import Entry
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.normaliser.listening import Listening

OURS = "our mistake"
"""How the reason begins of what waits for a mended program, not for a better mapping."""
SHARED = ""
"""The lead of a visitor's key that two identified people use: from then on it says nothing (rule 10)."""


class Person(msgspec.Struct, frozen=True):
    """What identity keeps of a lead.

    `version` counts its events in `leads`; `capture` is (`occurred_at`, id) of the earliest `lead.captured` so far.
    """

    lead: str
    version: int = 0
    capture: tuple[datetime, str] | None = None
    test: bool = False


encode = msgspec.msgpack.Encoder().encode
"""A person as bytes."""
decode = msgspec.msgpack.Decoder(Person).decode
"""And back."""


class Waiting(msgspec.Struct, frozen=True):
    """Behaviour of a visitor nobody knows yet; `history` came by a lane."""

    visitor: str
    entry: Entry
    history: bool = False


class Behind(msgspec.Struct, frozen=True):
    """A visitor whom a lane identified: what they did live waits until the lane has joined live time (rule 43)."""

    visitor: str
    lead: str


class LaneRow(msgspec.Struct, frozen=True):
    """A backfill: `after` is the last (occurred_at, id) released; `joining`: in live time, what waited follows."""

    name: str
    state: Literal["staging", "releasing", "joining", "closed"] = "staging"
    staged: int = 0
    released: int = 0
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An item in quarantine: `delivery` is the one it came by, with the item's own bytes as its body.

    `place` is the pointer to the item in the body as it came, `pointer` leads on to the field.
    """

    id: str
    delivery: Delivery
    index: int
    reason: str
    pointer: str
    place: str = ""

    def sealed(self, body: bytes) -> "Held":
        """The same with sealed bytes."""
        return replace(self, delivery=msgspec.structs.replace(self.delivery, body=body))

    def because(self, why: Refusal) -> "Held":
        """The same with another reason."""
        return replace(self, reason=why.reason, pointer=why.pointer)


@dataclass(frozen=True, slots=True)
class Drop:
    """Who gave up an item in quarantine, and why."""

    by: str
    reason: str

    @property
    def says(self) -> str:
        """The reason of the outcome."""
        return f"dropped: {self.reason}"


class Staged(msgspec.Struct, frozen=True):
    """An entry of a lane until its release, sealed with the key of its `day`."""

    lane: str
    occurred_at: datetime
    id: str
    day: date
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn wants to know: hashes of delivery keys and of people's keys, leads, quarantined items, lanes."""

    deliveries: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    visitors: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    redrives: frozenset[str] = frozenset()
    lanes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What a turn starts from, about the keys and leads it touches; `stood` is how long ago, in the world, time last
    went on here or was told to stand, nothing if it has not begun."""

    seen: frozenset[str] = frozenset()
    bindings: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    waiting: Mapping[str, tuple[Waiting, ...]] = field(default_factory=dict)
    conflicts: frozenset[tuple[str, str]] = frozenset()
    quarantined: frozenset[str] = frozenset()
    lanes: Mapping[str, LaneRow] = field(default_factory=dict)
    control: int = 0
    stood: timedelta = timedelta()
    listening: Listening = field(default_factory=Listening)


@dataclass(frozen=True, slots=True)
class Spooled:
    """What the spool knows of a batch: `waiting` of its deliveries stand there, `handled` ones were handled before.

    `oldest` is when the oldest of all others was received that nobody has handled.
    """

    oldest: datetime | None = None
    waiting: frozenset[str] = frozenset()
    handled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an item; of a rejected row of a file, `imported` and `row` say which; `fact` is the id of the fact
    it became, if it became one at once."""

    delivery: str
    index: int
    outcome: Outcome
    reason: str = ""
    pointer: str = ""
    imported: str | None = None
    row: int | None = None
    fact: str | None = None


@dataclass(slots=True)
class Changes:
    """What a turn writes beside its events.

    `settled` are items that left quarantine, by passing where no drop is; `joined` is what waits no more, `followed`
    are the visitors who are `behind` no lane any more; `moved`: time goes on, or it is told that it stands;
    `listening` is what is listened to from now on, if that changed.
    """

    seen: dict[str, date | None] = field(default_factory=dict)
    bindings: dict[str, tuple[KeyKind, str]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    waits: list[Waiting] = field(default_factory=list)
    joined: list[Waiting] = field(default_factory=list)
    behind: list[Behind] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    ended: list[Ended] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    refused_again: dict[str, Refusal] = field(default_factory=dict)
    settled: dict[str, Drop | None] = field(default_factory=dict)
    staged: list[Staged] = field(default_factory=list)
    lanes: dict[str, LaneRow] = field(default_factory=dict)
    put_aside: int = 0
    control: int | None = None
    moved: bool = False
    listening: Listening | None = None
    unspooled: frozenset[str] = frozenset()
    tallies: dict[str, Counter[Outcome]] = field(default_factory=dict)

    @property
    def mistakes(self) -> int:
        """How many items wait for a mended program."""
        return sum(held.reason.startswith(OURS) for held in self.held) + self.put_aside

    def joins(self, wait: Waiting) -> None:
        """It waits no more, or never began to."""
        if wait in self.waits:
            self.waits.remove(wait)
        else:
            self.joined.append(wait)
