"""The envelope: what every event on every topic carries, whatever it says.

Times are aware UTC datetimes, ids are UUIDs as text. `data` stays undecoded bytes until somebody asks for it, so a
relay or a filter never pays for what it does not read.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from leadpact.contracts.errors import Malformed, unquoted

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware datetime; on the wire ISO 8601 with an offset, a naive one is malformed."""


class ActorKind(StrEnum):
    """Who acts (rule 45)."""

    HUMAN = "human"
    AUTOMATION = "automation"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Lane(StrEnum):
    """Live time, or history being loaded on a time of its own (rule 43)."""

    LIVE = "live"
    BACKFILL = "backfill"


class Actor(msgspec.Struct, frozen=True):
    """Who caused the fact: a rep, a sender, a service (rule 45)."""

    id: str
    kind: ActorKind


class At(msgspec.Struct, frozen=True):
    """The position in the log that an event followed; `offset` is that of the input record."""

    topic: str
    partition: int
    offset: int


class Bound(msgspec.Struct, frozen=True):
    """A key of a person as a keyed hash: it names the envelope's lead from here on, or, `shared` by several, nobody."""

    kind: str
    hash: str
    shared: bool = False


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One event on the wire.

    `lead` is empty on control records; `lead_version` counts this lead's events in this topic from 1 (0 on control
    records). `mark`: nothing recorded before it will follow in this partition. `revision` is the revision of the code
    that decided it (0 for facts). `at` is absent only on events that no record caused. `claimed_at` is what the sender
    claimed where that lay after `received_at` (rule 1). `keys` are what identity learned with a fact of `leads`; unset
    elsewhere, and where nobody wrote it down yet.
    """

    id: str
    type: str
    version: int
    lead: str
    lead_version: int
    occurred_at: Instant
    received_at: Instant
    recorded_at: Instant
    mark: Instant
    actor: Actor
    correlation: str
    causation: str
    at: At | None
    lane: Lane
    revision: int
    data: msgspec.Raw
    claimed_at: Instant | None = None
    keys: tuple[Bound, ...] | msgspec.UnsetType = msgspec.UNSET


_decode = msgspec.json.Decoder(Envelope).decode
_encode = msgspec.json.Encoder().encode


def encode(envelope: Envelope) -> bytes:
    """The bytes on the wire: JSON, UTF-8."""
    return _encode(envelope)


def decode(raw: bytes) -> Envelope:
    """Read an envelope, leaving `data` undecoded; raises `Malformed`."""
    try:
        return _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(unquoted(error)) from error


def pack(data: Any) -> msgspec.Raw:  # noqa: ANN401 - any event struct
    """An event's struct as the undecoded `data` of an envelope."""
    return msgspec.Raw(_encode(data))
