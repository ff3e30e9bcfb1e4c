"""The ports of event handling: log, store and turn, meter; what is behind them is chosen in `main` alone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import Topic
from leadpact.kit.rows import (
    Attendance,
    Lease,
    Message,
    ParkedKey,
    Position,
    Record,
    Slot,
    StoredCell,
    Stream,
    StreamMark,
    Tallied,
    Tally,
    Timer,
)


class Reader(Protocol):
    """Reads streams from positions on, never stepping over an offset."""

    async def fetch(self, most: int, timeout: float) -> list[Record]:  # noqa: ASYNC109 - a poll that returns nothing
        """At most so many next records, in order per stream; empty when none came within `timeout` seconds.

        Raises `Unavailable`, `PositionLost`.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Log(Protocol):
    """The durable log."""

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Make the topics that do not exist yet, with their partitions, retention and compaction."""
        ...

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Append messages in order; returns when all replicas have them. Raises `Unavailable`: then none, some or all
        of them may be there."""
        ...

    async def reader(self, positions: Mapping[Stream, int], *, compacted: bool = False) -> Reader:
        """Read from these offsets on; `compacted` streams may have holes."""
        ...

    async def starts(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The first offset each stream still holds."""
        ...

    async def ends(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The offset the next record of each stream will have."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Turn(Protocol):
    """One transaction of a slot. Reads see what was committed before it; writes are gathered and made at its end:
    fence, cells by key, shared rows and tallies by name, counters of outgoing streams last. The same order everywhere,
    so that no two turns wait for each other."""

    lease: Lease

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that are known; the control state stands under the empty key."""
        ...

    async def timers(self, keys: Collection[str]) -> dict[str, list[Timer]]:
        """Timers set for these keys."""
        ...

    async def due(self, lane: Lane, until: datetime, most: int) -> list[Timer]:
        """Timers of a lane due by an instant, in order, at most so many, none of a parked key."""
        ...

    async def lock(self, names: Collection[str]) -> dict[str, bytes]:
        """Lock shared rows, sorted, to the commit; names never shared before are left out of the answer."""
        ...

    async def parked(self) -> list[ParkedKey]:
        """Every parked key of this slot."""
        ...

    async def waiting(self, key: str, most: int) -> list[Record]:
        """The first records waiting behind a parked key, in order."""
        ...

    async def tallied(self, consumer: str) -> Tallied:
        """Where all slots of a consumer of this store stand, and what they have counted, read in one statement."""
        ...

    def save(self, cell: StoredCell) -> None:
        """Write a cell."""
        ...

    def set_timer(self, timer: Timer) -> None:
        """Set a timer; one of the same key and name is moved."""
        ...

    def drop_timer(self, key: str, name: str) -> None:
        """Take a timer away."""
        ...

    def join_lane(self) -> None:
        """Every cell and timer born in a lane is live from here on (rule 43)."""
        ...

    def share(self, name: str, data: bytes) -> None:
        """Write a shared row that this turn has locked."""
        ...

    def tally(self, name: str, more: Tally) -> None:
        """Count so many more under a name; `more.seq` is that of the last input record this rests on."""
        ...

    def emit(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Put messages into the outbox under the stream's next sequences (their own `seq` is ignored)."""
        ...

    def effect(self, id_: str, kind: str, payload: Mapping[str, str]) -> None:
        """Ask for something outside, once per id."""
        ...

    def bury(self, record: Record, reason: str) -> None:
        """Keep an unreadable record as a dead letter."""
        ...

    def park(self, parked: ParkedKey) -> None:
        """Park a key, or say something new of a parked one."""
        ...

    def unpark(self, key: str, by: str) -> None:
        """The key goes on."""
        ...

    def wait(self, key: str, record: Record) -> None:
        """Let a record wait behind its parked key."""
        ...

    def unwait(self, key: str, records: int) -> None:
        """The first so many waiting records of the key were handled."""
        ...

    def emitted(self) -> int:
        """How many messages this turn has put into the outbox."""
        ...

    def numbered(self) -> dict[Stream, list[Message]]:
        """What this turn has put into the outbox, with its sequences; known once it is committed."""
        ...

    def rare(self) -> Mapping[str, int]:
        """How many dead letters, keys parked and keys taken up again this turn made, by the names of `Meter`."""
        ...

    def move(
        self,
        positions: Mapping[Stream, Position],
        mark: datetime,
        lane_mark: datetime | None = None,
        joined: datetime | None = None,
    ) -> None:
        """Where the slot stands after this turn; `positions` only of the streams that moved, `joined` if it changed."""
        ...


class Store(Protocol):
    """The durable state of a service. Every method raises `Unavailable` when the database does not answer."""

    async def ensure(self, consumer: str, slots: int, shape: int = 1) -> None:
        """Make the slots of a consumer that do not exist yet; their cells will be of this shape."""
        ...

    async def attend(self, consumer: str, owner: str, held: Mapping[int, int], shape: int = 1) -> Attendance:
        """Say that the owner lives and renew the leases that it holds (slot to epoch), and none of which it does not
        know. Leases of owners that are known to be gone end."""
        ...

    async def claim(self, consumer: str, owner: str, held: Collection[int], most: int, shape: int = 1) -> list[Lease]:
        """Take at most so many slots of a shape whose lease has run out, or is in the owner's name though it does not
        hold them; each gets the next epoch. A slot with a turn under way is left alone."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give a slot back, if it is still held; takes part in no turn."""
        ...

    async def leave(self, consumer: str, owner: str) -> None:
        """The owner no longer counts among the live ones."""
        ...

    def turn(self, lease: Lease) -> AbstractAsyncContextManager[Turn]:
        """One transaction under the fence; committed when left without an exception, and then `turn.lease` is the lease
        for the next one. Raises `Fenced`."""
        ...

    async def pass_time(self, asked: Sequence[tuple[Lease, datetime]]) -> list[Lease]:
        """Move the marks of these slots under their fences, a turn of each, where that is all there is to do; returns
        the leases for the next turns of those it did. The others need a turn of their own: a timer is due by the mark,
        somebody asked for a parked key, the slot is in a turn, or it is no longer theirs."""
        ...

    async def append(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Put messages into the outbox outside any turn: for streams that no slot writes."""
        ...

    async def published(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The last sequence each stream's relay has recorded as published, 0 before the first."""
        ...

    async def outbox(self, after: Mapping[Stream, int], most: int) -> dict[Stream, list[Message]]:
        """At most so many messages of each stream after a sequence, in order; streams with none are left out."""
        ...

    async def record_published(self, upto: Mapping[Stream, int]) -> None:
        """All replicas have these streams up to these sequences: note it; messages that came in one turn are deleted
        once all of them are published."""
        ...

    async def stream_marks(self, outputs: Mapping[Slot, Collection[Stream]]) -> list[StreamMark]:
        """The last sequence of each stream and the mark of the slot that writes it, read in one statement; none for
        slots whose time has not begun."""
        ...

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever somebody has appended outside a turn, in any process, until cancelled."""
        ...

    async def parked(self, consumer: str) -> list[ParkedKey]:
        """Every parked key of a consumer."""
        ...

    async def ask_unpark(self, consumer: str, key: str) -> bool:
        """Ask for a parked key's records to be handled again; whether there was such a key."""
        ...


class Meter(Protocol):
    """What the kit counts, once per batch, never per event."""

    def handled(self, slot: Slot, records: int, emitted: int, seconds: float) -> None:
        """A turn was committed."""
        ...

    def stands(self, slot: Slot, mark: datetime, lag: timedelta) -> None:
        """How far time has passed in the slot, and how far that is behind business time."""
        ...

    def relayed(self, stream: Stream, messages: int, seconds: float) -> None:
        """A batch was published."""
        ...

    def happened(self, slot: Slot, what: str, times: int = 1) -> None:
        """Something rare: `fenced`, `retried`, `dead_letter`, `parked`, `unparked`, `stopped`, `duplicate`."""
        ...
