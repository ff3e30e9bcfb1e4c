"""An entry: one item understood, with nothing personal in the clear but what is about to be sealed.

It is what a turn applies, and what a backfill stages until its lane is released.
"""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from leadpact.contracts.envelope import Actor
from leadpact.contracts.events.lead import Feature
from leadpact.intake.domain.features import CLEAR
from leadpact.intake.domain.keys import KeyKind


@dataclass(frozen=True, slots=True)
class Source:
    """A registered feed, as mapping needs it.

    `channel` is what its leads get when nothing else tells; `clear` are the attributes that may stay readable.
    """

    name: str
    zone: str = "UTC"
    channel: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    clear: frozenset[str] = frozenset(CLEAR)


class HashedKey(msgspec.Struct, frozen=True):
    """A key of a person that nobody can read back."""

    kind: KeyKind
    hash: str


class Told(msgspec.Struct, frozen=True):
    """What a lead told of themselves: becomes `lead.captured` or `lead.profiled`."""

    channel: str
    form: str | None
    campaign: str | None
    features: dict[str, Feature]
    contact: dict[str, str]
    test: bool


class Fact(msgspec.Struct, frozen=True):
    """Any other event, ready for the wire but for what only the turn knows; `words` are free text, to be sealed."""

    name: str
    data: msgspec.Raw
    words: dict[str, str] = {}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One item of one delivery.

    `claim` is when the sender says it occurred. An `actor` without an id is the lead themselves. Exactly one
    of `told`, `fact` and `closes` (the name of a lane to release) is set.
    """

    id: str
    delivery: str
    index: int
    source: str
    received_at: datetime
    claim: datetime | None
    actor: Actor
    lead: str | None = None
    keys: tuple[HashedKey, ...] = ()
    told: Told | None = None
    fact: Fact | None = None
    closes: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


def encode(entry: Entry) -> bytes:
    """An entry as bytes, to be sealed and staged."""
    return _encode(entry)


def decode(raw: bytes) -> Entry:
    """A staged entry."""
    return _decode(raw)
