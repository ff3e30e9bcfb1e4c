"""The rows a memory store keeps, and how a turn's writes change them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.kit.rows import DeadLetter, Lease, Message, ParkedKey, Record, Slot, StoredCell, Stream, Tally, Timer
from leadpact.kit.turn import EffectRow, Writes

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class SlotRows:
    """Everything of one slot; `lease_until` is wall time, `shape` that of the cells."""

    lease: Lease
    lease_until: datetime
    shape: int = 1
    held: bool = False
    cells: dict[str, StoredCell] = field(default_factory=dict)
    timers: dict[tuple[str, str], Timer] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    parked: dict[tuple[str, str], ParkedKey] = field(default_factory=dict)
    waiting: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class StreamRows:
    """The outbox of one stream."""

    next_seq: int = 1
    published: int = 0
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """A whole database."""

    slots: dict[Slot, SlotRows] = field(default_factory=dict)
    shared: dict[str, bytes] = field(default_factory=dict)
    streams: dict[Stream, StreamRows] = field(default_factory=lambda: defaultdict(StreamRows))
    effects: dict[str, EffectRow] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    seen: dict[tuple[str, str, int], datetime] = field(default_factory=dict)

    def append(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Number the messages and keep them."""
        rows = self.streams[stream]
        for message in messages:
            rows.messages.append(msgspec.structs.replace(message, seq=rows.next_seq))
            rows.next_seq += 1

    def commit(self, slot: SlotRows, writes: Writes, lease: Lease) -> None:
        """Make all of a turn's writes."""
        slot.lease = lease
        if writes.lane_joins:
            _join(slot)
        slot.cells.update(writes.cells)
        _merge(slot.timers, writes.timers)
        for name, more in writes.tallies.items():
            known = slot.tallies.get(name)
            slot.tallies[name] = more if known is None else known.plus(more)
        _merge(slot.parked, writes.parked)
        for key, handled in writes.handled_waiting.items():
            del slot.waiting[key][:handled]
        for key, record in writes.waiting:
            slot.waiting[key].append(record)
        self.shared.update(writes.shared)
        for effect in writes.effects:
            self.effects.setdefault(effect.id, effect)
        self.dead += writes.dead
        for stream, messages in writes.out.items():
            self.append(stream, messages)


def _merge(rows: dict[K, V], changes: dict[K, V | None]) -> None:
    for key, value in changes.items():
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value


def _join(slot: SlotRows) -> None:
    for key, cell in slot.cells.items():
        slot.cells[key] = msgspec.structs.replace(cell, lane=Lane.LIVE)
    for name, timer in slot.timers.items():
        slot.timers[name] = msgspec.structs.replace(timer, lane=Lane.LIVE)
