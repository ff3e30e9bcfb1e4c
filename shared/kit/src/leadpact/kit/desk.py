"""What a turn of a stage has in hand: state read once, changed in memory, written once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import At, Envelope, Lane
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.agenda import Agenda
from leadpact.kit.decider import Control, Count, Decider, Effect, Fact, Ring, State
from leadpact.kit.machine import Cell, Step
from leadpact.kit.numbering import UNKNOWN, following
from leadpact.kit.ports import Turn
from leadpact.kit.rows import Lease, Message, Record, StoredCell, Stream, Tally, Timer

_TIMERS = 1_000
"""How many due timers a turn takes in hand, per lane."""


class Memo(Generic[State, Control]):
    """The control state of a slot as it was last read: the same bytes need not be read again each turn."""

    def __init__(self, decider: Decider[State, Control]) -> None:
        self._load = decider.load_control
        self._last: tuple[bytes, Control] | None = None

    def load(self, raw: bytes) -> Control:
        """Bytes to control state."""
        if self._last is None or self._last[0] != raw:
            self._last = raw, self._load(raw)
        return self._last[1]


class Desk(Generic[State, Control]):
    """Cells, timers, shared rows and control state at hand; `parked` are the keys that wait here."""

    def __init__(self, decider: Decider[State, Control], turn: Turn, consumer: str, memo: Memo[State, Control]) -> None:
        self._decider = decider
        self._memo = memo
        self._consumer = consumer
        self._stored: dict[str, StoredCell] = {}
        self._cells: dict[str, Cell[State]] = {}
        self._touched: set[str] = set()
        self._bumped: set[str] = set()
        self._effects: list[tuple[str, Effect]] = []
        self._written: set[str] = set()
        self.turn = turn
        self.lease: Lease = turn.lease
        last = turn.lease.positions.get(Stream(decider.input.name, turn.lease.slot.number))
        self.at: At | None = At(decider.input.name, turn.lease.slot.number, last.offset - 1) if last else None
        self.seq = last.seq if last else 0
        self.control = decider.initial_control()
        self.number = UNKNOWN
        self._begun = False
        self._numbered = False
        self.parked: set[str] = set()
        self.agenda = Agenda({}, set(), {})
        self.expected: set[Timer] = set()
        self.locked: set[str] = set()
        self.shared: dict[str, bytes] = {}
        self.out: list[Envelope] = []
        self._back: list[Envelope] = []
        self._joins = False

    async def lay_out(self, facts: Sequence[Fact], untils: Mapping[Lane, datetime], *, controls: bool) -> None:
        """Read what these facts, and time passing so far, may touch; lock what they share.

        `controls`: the control state is wanted even if no key is.
        """
        turn, decider = self.turn, self._decider
        known = await turn.parked()
        self.parked = {parked.key for parked in known if parked.by == self._consumer}
        walls: dict[Lane, Timer] = {}
        keys = {fact.envelope.lead for fact in facts}
        for lane, until in untils.items():
            due = await turn.due(lane, until, _TIMERS + 1)
            if len(due) > _TIMERS:
                walls[lane] = due.pop()
            keys.update(timer.key for timer in due)
        if not keys and not controls:
            return
        keys.add(CONTROL_KEY)
        self._stored = await turn.cells(keys)
        control = self._stored.pop(CONTROL_KEY, None)
        if control is not None:
            self.control = self._memo.load(control.data)
            self.number, self._begun = control.version, True
        self.agenda = Agenda(await turn.timers(keys), {parked.key for parked in known}, walls)
        ahead = [timer for lane, until in untils.items() for timer in self.agenda.ahead(lane, until)]
        self.expected = set(ahead)
        names = decider.shares(self.control, facts, [Ring(timer.name, timer.due) for timer in ahead])
        if names:
            self.locked = set(names)
            self.shared = await turn.lock(self.locked)

    def take_control(self, record: Record, fact: Fact) -> None:
        """Count a control record; raises `Gap`. The control cell's version is the number of the last one."""
        self.number = following(self.number, record, fact, first=not self._begun)
        self._begun = self._numbered = True

    def cell(self, key: str, born: Lane) -> Cell[State]:
        """A key's state as it is by now."""
        cell = self._cells.get(key)
        if cell is None:
            stored = self._stored.get(key)
            if stored is None:
                cell = Cell(key, self._decider.initial(key), 0, born)
            else:
                state = self._decider.load(stored.data) if stored.data else self._decider.initial(key)
                cell = Cell(key, state, stored.version, stored.lane)
            self._cells[key] = cell
        return cell

    def keep(self, step: Step[State], wanted: Mapping[str, datetime], *, quiet: bool) -> None:
        """The outcome of a step; `quiet` ones make no effects and send nothing back."""
        cell = step.cell
        self._cells[cell.key] = cell
        self._touched.add(cell.key)
        self.out += step.out
        if not quiet:
            self._effects += step.effects
            self._back += step.back
        if step.shared:
            self.shared.update(step.shared)
            self._written.update(step.shared)
        self.agenda.set(cell.key, cell.lane, wanted)

    def count(self, counts: Sequence[Count], seq: int) -> None:
        """Count what a step did behind this sequence of the input."""
        for count in counts:
            self.turn.tally(count.name, Tally(1, seq, count.at))

    def bump(self, key: str, born: Lane) -> int:
        """Count one more event of a key whose state may be unreadable; returns its number."""
        cell = self._cells.get(key)
        if cell is not None:
            self._cells[key] = replace(cell, version=cell.version + 1)
            self._touched.add(key)
            return cell.version + 1
        stored = self._stored.get(key) or StoredCell(key, 0, born, b"")
        self._stored[key] = msgspec.structs.replace(stored, version=stored.version + 1)
        self._bumped.add(key)
        return stored.version + 1

    def join_lane(self) -> None:
        """Every key born in a lane is live from here on (rule 43)."""
        self._joins = True
        self._cells = {key: replace(cell, lane=Lane.LIVE) for key, cell in self._cells.items()}

    def clear(self, output: Stream) -> None:
        """Hand everything that changed to the turn."""
        turn, dump, back = self.turn, self._decider.dump, self._decider.back
        if self._joins:
            turn.join_lane()
        if self._numbered:
            turn.save(StoredCell(CONTROL_KEY, self.number, Lane.LIVE, self._decider.dump_control(self.control)))
        for key in self._bumped - self._touched:
            turn.save(self._stored[key])
        for key in self._touched:
            cell = self._cells[key]
            turn.save(StoredCell(key, cell.version, cell.lane, dump(cell.state)))
        to_set, to_drop = self.agenda.changes()
        for timer in to_set:
            turn.set_timer(msgspec.structs.replace(timer, lane=Lane.LIVE) if self._joins else timer)
        for timer in to_drop:
            turn.drop_timer(timer.key, timer.name)
        for name in self._written:
            turn.share(name, self.shared[name])
        for id_, effect in self._effects:
            turn.effect(id_, effect.kind, effect.payload)
        turn.emit(output, [Message(envelope.lead.encode(), wire.encode(envelope)) for envelope in self.out])
        if self._back and back is not None:
            messages = [Message(envelope.lead.encode(), wire.encode(envelope)) for envelope in self._back]
            turn.emit(Stream(back.name, output.partition), messages)
