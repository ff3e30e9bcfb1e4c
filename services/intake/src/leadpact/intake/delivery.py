"""A delivery as it stands in `raw`: sealed bytes as received, with what the door knows of them.

Nothing here is personal: the body is sealed with the key of its day, delivery keys ride as hashes.
"""

from datetime import datetime

import msgspec

from leadpact.contracts.envelope import Actor


class Chunk(msgspec.Struct, frozen=True):
    """Rows of a CSV file: `first` is the number of the first row (1 = the first behind the header)."""

    imported: str
    file: str
    header: list[str]
    first: int
    mapping: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What one HTTP delivery (or chunk of a file) became.

    `door` names the endpoint: leads, activities, commands, typeform, segment/track …, csv. `key` is the hash of the
    `Idempotency-Key` where the sender gave one, else of the body. `speaks_for`: the sender may name another actor.
    `redrives` is the quarantined item that this delivery tries again, `first_received_at` when that came; `whole`: all
    of a delivery waited there, not one item of it; `dropped`: why its actor gives that item up. `unreadable` is what
    the sender was told of the body as a whole (reason and pointer): nothing in it may become a fact. `mistake`: where
    our own code failed on it at the door, so that nobody has looked what it asks for and whether its sender may.
    """

    id: str
    door: str
    source: str
    received_at: datetime
    key: str
    actor: Actor
    body: bytes
    speaks_for: bool = False
    lane: str | None = None
    chunk: Chunk | None = None
    redrives: str | None = None
    whole: bool = False
    first_received_at: datetime | None = None
    dropped: str | None = None
    unreadable: tuple[str, str] | None = None
    mistake: str | None = None

    @property
    def facts_received_at(self) -> datetime:
        """When we first had what this delivery says."""
        return self.first_received_at or self.received_at


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Delivery).decode


def encode(delivery: Delivery) -> bytes:
    """The value of a raw record."""
    return _encode(delivery)


def decode(value: bytes) -> Delivery:
    """Read a raw record; raises `msgspec.MsgspecError` for what this code did not write."""
    return _decode(value)
