"""The writes of one turn, gathered in memory and made at its end; stores add the reading and the making."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from leadpact.kit.rows import DeadLetter, Lease, Message, ParkedKey, Position, Record, StoredCell, Stream, Tally, Timer


class EffectRow(NamedTuple):
    """Something asked for outside."""

    id: str
    kind: str
    payload: Mapping[str, str]


@dataclass(slots=True)
class Writes:
    """What a turn will write; a timer of None is one to take away."""

    cells: dict[str, StoredCell] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer | None] = field(default_factory=dict)
    lane_joins: bool = False
    shared: dict[str, bytes] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    out: dict[Stream, list[Message]] = field(default_factory=dict)
    effects: list[EffectRow] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    parked: dict[tuple[str, str], ParkedKey | None] = field(default_factory=dict)
    handled_waiting: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[str, Record]] = field(default_factory=list)


class WritingTurn:
    """The half of a turn that only gathers; `writes` and `lease` say what to make of it.

    `ends` are the last sequences that the streams it wrote to were given.
    """

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.ends: Mapping[Stream, int] = {}
        self.writes = Writes()

    def save(self, cell: StoredCell) -> None:
        """Write a cell."""
        self.writes.cells[cell.key] = cell

    def set_timer(self, timer: Timer) -> None:
        """Set a timer; one of the same key and name is moved."""
        self.writes.timers[timer.key, timer.name] = timer

    def drop_timer(self, key: str, name: str) -> None:
        """Take a timer away."""
        self.writes.timers[key, name] = None

    def join_lane(self) -> None:
        """Every cell and timer born in a lane is live from here on (rule 43)."""
        self.writes.lane_joins = True

    def share(self, name: str, data: bytes) -> None:
        """Write a shared row that this turn has locked."""
        self.writes.shared[name] = data

    def tally(self, name: str, more: Tally) -> None:
        """Count so many more under a name."""
        known = self.writes.tallies.get(name)
        self.writes.tallies[name] = more if known is None else known.plus(more)

    def emit(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Put messages into the outbox under the stream's next sequences."""
        if messages:
            self.writes.out.setdefault(stream, []).extend(messages)

    def effect(self, id_: str, kind: str, payload: Mapping[str, str]) -> None:
        """Ask for something outside, once per id."""
        self.writes.effects.append(EffectRow(id_, kind, payload))

    def bury(self, record: Record, reason: str) -> None:
        """Keep an unreadable record as a dead letter."""
        self.writes.dead.append(DeadLetter(record, reason))

    def park(self, parked: ParkedKey) -> None:
        """Park a key, or say something new of a parked one."""
        self.writes.parked[parked.key, parked.by] = parked

    def unpark(self, key: str, by: str) -> None:
        """The key goes on."""
        self.writes.parked[key, by] = None

    def wait(self, key: str, record: Record) -> None:
        """Let a record wait behind its parked key."""
        self.writes.waiting.append((key, record))

    def unwait(self, key: str, records: int) -> None:
        """The first so many waiting records of the key were handled."""
        self.writes.handled_waiting[key] = records

    def emitted(self) -> int:
        """How many messages this turn has put into the outbox."""
        return sum(map(len, self.writes.out.values()))

    def numbered(self) -> dict[Stream, list[Message]]:
        """What it has put into the outbox, with its sequences; known once it is committed."""
        return {stream: numbered(messages, self.ends[stream]) for stream, messages in self.writes.out.items()}

    def rare(self) -> Mapping[str, int]:
        """How many dead letters, keys parked and keys taken up again."""
        own = [parked for (_, by), parked in self.writes.parked.items() if by == self.lease.slot.consumer]
        unparked = own.count(None)
        return {"dead_letter": len(self.writes.dead), "parked": len(own) - unparked, "unparked": unparked}

    def move(
        self,
        positions: Mapping[Stream, Position],
        mark: datetime,
        lane_mark: datetime | None = None,
        joined: datetime | None = None,
    ) -> None:
        """Where the slot stands after this turn; `positions` only of the streams that moved, `joined` if it changed."""
        before = self.lease
        self.lease = Lease(
            slot=before.slot,
            owner=before.owner,
            epoch=before.epoch,
            turn=before.turn,
            positions={**before.positions, **positions},
            mark=mark,
            lane_mark=lane_mark,
            joined=joined or before.joined,
        )


def numbered(messages: Sequence[Message], last: int) -> list[Message]:
    """Messages with the sequences that end at `last`."""
    return [Message(each.key, each.value, seq) for seq, each in enumerate(messages, last - len(messages) + 1)]
