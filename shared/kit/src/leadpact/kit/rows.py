"""What the ports speak of: streams and records of the log, slots and leases, rows of the store.

All instants are aware UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from leadpact.contracts.envelope import Lane

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""The mark of a slot whose time has not begun to pass."""


class Stream(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """Something to publish; `seq` rides as a header and is 0 where a topic has no sequence (`raw`, `marks`)."""

    key: bytes
    value: bytes
    seq: int = 0


class Record(msgspec.Struct, frozen=True, gc=False):
    """A message as it stands in the log."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    seq: int = 0

    @property
    def stream(self) -> Stream:
        """Where it stands."""
        return Stream(self.topic, self.partition)


class Position(msgspec.Struct, frozen=True):
    """How far a slot has handled a stream: the offset to read next and the last sequence seen."""

    offset: int
    seq: int = 0


class Slot(NamedTuple):
    """The unit of ownership: one share of a consumer's work."""

    consumer: str
    number: int


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner of a slot knows of it.

    `epoch` and `turn` are the fence: a turn succeeds only if both are still those of the row. `lane_mark` is the time
    of the backfill lane being read, absent when none is open; `joined` the mark at which the last lane joined.
    """

    slot: Slot
    owner: str
    epoch: int
    turn: int
    positions: Mapping[Stream, Position]
    mark: datetime = BEGINNING
    lane_mark: datetime | None = None
    joined: datetime = BEGINNING


class Attendance(NamedTuple):
    """What an owner is told: the slots it still holds, its fair share among live owners of its shape, and how many
    slots have cells of another shape, which it must leave alone."""

    kept: set[int]
    share: int
    others: int = 0


def passes(lease: Lease, mark: datetime) -> Lease:
    """The lease after a turn that only let time pass."""
    return msgspec.structs.replace(lease, turn=lease.turn + 1, mark=mark)


class StoredCell(msgspec.Struct, frozen=True):
    """A key's state as bytes; `version` counts its events in the output, `lane` is where it was born."""

    key: str
    version: int
    lane: Lane
    data: bytes


class Timer(msgspec.Struct, frozen=True, order=True):
    """A timer of a key; they fire in the order of their fields."""

    due: datetime
    key: str
    name: str
    lane: Lane = Lane.LIVE


class ParkedKey(msgspec.Struct, frozen=True):
    """A key whose timers do not fire. `by` this consumer: its records wait too; `by` one upstream: only its timers.

    `asked`: somebody asked for its records to be handled again.
    """

    key: str
    by: str
    reason: str
    asked: bool = False


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that nobody could read, kept with the reason."""

    record: Record
    reason: str


class Tally(msgspec.Struct, frozen=True):
    """How often something was counted: the last time behind the record of this sequence of the slot's input, and as of
    which instant at the earliest."""

    count: int
    seq: int
    first: datetime

    def plus(self, more: "Tally") -> "Tally":
        """Both, `more` the later one."""
        return Tally(self.count + more.count, more.seq, min(self.first, more.first))


class SlotTallies(msgspec.Struct, frozen=True, kw_only=True):
    """Where a slot stands and what it has counted until there, by name; nothing was counted while its mark was before
    `since`. `controls` is the number of the last control record it has handled."""

    slot: int
    positions: Mapping[Stream, Position]
    mark: datetime
    in_lane: bool
    since: datetime
    controls: int
    tallies: Mapping[str, Tally]


class Tallied(msgspec.Struct, frozen=True):
    """All slots of a consumer at one instant, with the control state of the first one, absent before there is any."""

    slots: tuple[SlotTallies, ...]
    control: bytes | None


class StreamMark(msgspec.Struct, frozen=True):
    """Nothing recorded before `mark` will follow sequence `seq` in this stream; the value of a record of `marks`."""

    topic: str
    partition: int
    seq: int
    mark: datetime
