"""The fold of a rebuild, pure: a partition's records and what its owner said behind each of them, evolved in order.

Every fact that was taken touches its key, and so does every event decided; a key's timers are those of its state under
the control state of its last touch. A timer that rang without a word is known by time alone: `silent`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic

from leadpact.contracts.envelope import Envelope, Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.registry import BY_KIND, read
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.decider import Control, Decider, Fact, State
from leadpact.kit.errors import Unbuildable
from leadpact.kit.machine import Cell
from leadpact.kit.numbering import UNKNOWN, following
from leadpact.kit.parking import reason
from leadpact.kit.rebuild.ports import Aside
from leadpact.kit.rows import BEGINNING, Record, StoredCell, Timer
from leadpact.kit.work import lane_ends

if TYPE_CHECKING:
    from datetime import datetime

_NOTICES = frozenset({BY_KIND[Parked].name, BY_KIND[Unparked].name})


@dataclass(slots=True)
class _Queue:
    """What waits behind an own parked key, and how much of it was taken since it was last asked for."""

    facts: list[tuple[int, Fact]] = field(default_factory=list)
    taken: int = 0


class Fold(Generic[State, Control]):
    """`live` and `lane_mark` are how far time has passed. Cells must be at hand before anything happens to them."""

    def __init__(self, decider: Decider[State, Control]) -> None:
        self._decider = decider
        self._control = decider.initial_control()
        self._number = UNKNOWN
        self._begun = False
        self._cells: dict[str, Cell[State]] = {}
        self._dirty: set[str] = set()
        self._touched: set[str] = set()
        self._queues: dict[str, _Queue] = {}
        self._held: dict[str, set[str]] = {}
        self.live = BEGINNING
        self.lane_mark: datetime | None = None

    # ── cells at hand ────────────────────────────────────────────────────────────────────────────────────────────────
    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are not at hand."""
        return {key for key in keys if key not in self._cells and key != CONTROL_KEY}

    def hand(self, stored: Mapping[str, StoredCell]) -> None:
        """Put cells at hand; a key that has none begins anew."""
        for key, cell in stored.items():
            state = self._decider.load(cell.data)
            self._cells[key] = Cell(key, state, cell.version, cell.lane)

    def at_hand(self) -> int:
        """How many cells are."""
        return len(self._cells)

    def changed(self) -> tuple[list[StoredCell], dict[str, list[Timer]]]:
        """Cells to write, and the timers of those that were touched, under the control state that is still the one of
        their touch."""
        cells = [self._stored(self._cells[key]) for key in sorted(self._dirty)]
        timers = {key: self._timers(self._cells[key]) for key in sorted(self._touched)}
        self._dirty.clear()
        self._touched.clear()
        return cells, timers

    def forget(self) -> None:
        """Take the cells away; what changed was written."""
        self._cells.clear()

    def control(self) -> StoredCell | None:
        """The control state, once there was a control record; its version is the number of the last one."""
        if not self._begun:
            return None
        return StoredCell(CONTROL_KEY, self._number, Lane.LIVE, self._decider.dump_control(self._control))

    def aside(self) -> Aside:
        """Keys that wait."""
        waiting = {key: [offset for offset, _ in queue.facts] for key, queue in self._queues.items()}
        return Aside(waiting, {key: set(by) for key, by in self._held.items() if by})

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────
    def passes(self, fact: Fact, *, control: bool) -> None:
        """Time passes to a record."""
        envelope = fact.envelope
        if envelope.lane is Lane.LIVE or control:
            self.live = max(self.live, envelope.mark)
        elif self.lane_mark is not None:
            self.lane_mark = max(self.lane_mark, min(envelope.mark, envelope.recorded_at))
        ends = lane_ends(fact)
        if ends is not None and self.lane_mark is not None:
            self.lane_mark = max(self.lane_mark, ends)

    def silent(self, keys: Iterable[str]) -> None:
        """Timers of these keys are due that nobody heard ring: the rule that they were set by had changed by then, and
        they were set anew. Those of keys that wait do not ring."""
        self._touched.update(key for key in keys if not self.waits(key))

    def waits(self, key: str) -> bool:
        """Whether the key's timers do not ring."""
        return key in self._queues or bool(self._held.get(key))

    def take_control(self, record: Record, fact: Fact) -> bool:
        """A control record; whether it joins a lane. All that was touched before it must be written by now."""
        self._number = following(self._number, record, fact, first=not self._begun)
        self._begun = True
        self._control = self._decider.evolve_control(self._control, fact)
        if isinstance(fact.event, BackfillOpened):
            self.lane_mark = BEGINNING
        elif isinstance(fact.event, BackfillClosed):
            self.lane_mark = None
            self._cells = {key: replace(cell, lane=Lane.LIVE) for key, cell in self._cells.items()}
            return True
        return False

    def take(self, offset: int, fact: Fact, said: Sequence[Envelope]) -> None:
        """A fact of a key; it waits where the key does, or where what was `said` behind it is that it failed."""
        key = fact.envelope.lead
        if key not in self._queues and any(self._failed(fact, each) for each in said):
            self._born(key, fact.envelope.lane)
            self._queues[key] = _Queue()
        if key in self._queues:
            self._queues[key].facts.append((offset, fact))
        else:
            self._evolve(fact)

    def hand_back(self, offset: int, fact: Fact) -> None:
        """A record that nobody could read waits behind its key from here on."""
        self._queues.setdefault(fact.envelope.lead, _Queue()).facts.append((offset, fact))

    def follow(self, said: Sequence[Envelope], fact: Fact | None) -> None:
        """What was said behind a record, in order; `fact` is what the record said of a key."""
        passed_on = fact.envelope.id if fact is not None else None
        for envelope in said:
            key = envelope.lead
            if key == CONTROL_KEY:
                continue
            self._born(key, envelope.lane)
            if envelope.type in _NOTICES and self._own_notice(envelope):
                pass
            elif not self._taken_up(envelope) and envelope.id != passed_on:
                self._evolve(Fact(envelope, read(envelope)))
            self._cells[key] = replace(self._cells[key], version=envelope.lead_version)
            self._dirty.add(key)

    def _own_notice(self, envelope: Envelope) -> bool:
        """Whether an own key was set aside or taken up; somebody else's word was only passed on."""
        event, key = read(envelope), envelope.lead
        match event:
            case Parked(consumer=consumer) if consumer == self._decider.consumer:
                queue = self._queues.setdefault(key, _Queue())
                self._consume(key, event.handled)
                queue.taken = 0
            case Unparked(consumer=consumer) if consumer == self._decider.consumer:
                self._consume(key, event.records)
                if self._queues[key].facts:
                    message = f"{key} went on behind {event.records} records, and more of them wait"
                    raise Unbuildable(message)
                del self._queues[key]
            case _:
                return False
        return True

    def _taken_up(self, envelope: Envelope) -> bool:
        """Take up what waits as far as this event says that it was; whether it is one of those records, passed on."""
        queue = self._queues.get(envelope.lead)
        for number, (_, fact) in enumerate(queue.facts if queue is not None else ()):
            if fact.envelope.id in {envelope.id, envelope.causation}:
                assert queue is not None  # noqa: S101 - it has facts
                self._consume(envelope.lead, queue.taken + number + 1)
                return fact.envelope.id == envelope.id
        return False

    def _consume(self, key: str, wanted: int) -> None:
        """Evolve by what waits until so many were taken since the key was last asked for."""
        queue = self._queues.get(key)
        if queue is None or wanted - queue.taken > len(queue.facts):
            message = f"{key} took up {wanted} records, and so many do not wait"
            raise Unbuildable(message)
        while queue.taken < wanted:
            self._evolve(queue.facts.pop(0)[1])
            queue.taken += 1

    def _evolve(self, fact: Fact) -> None:
        key, event = fact.envelope.lead, fact.event
        cell = self._born(key, fact.envelope.lane)
        if isinstance(event, Parked | Unparked):
            by = self._held.setdefault(key, set())
            (by.add if isinstance(event, Parked) else by.discard)(event.consumer)
            return
        try:
            state = self._decider.evolve(cell.state, fact)
        except Exception as error:
            message = f"{key} does not take in {fact.envelope.type} {fact.envelope.id}: {reason(error)}"
            raise Unbuildable(message) from error
        self._cells[key] = replace(cell, state=state)
        self._touched.add(key)

    def _born(self, key: str, lane: Lane) -> Cell[State]:
        """A key's cell, which changes; a new one is of the lane, while that is open."""
        self._dirty.add(key)
        cell = self._cells.get(key)
        if cell is None:
            in_lane = lane is Lane.BACKFILL and self.lane_mark is not None
            cell = Cell(key, self._decider.initial(key), 0, Lane.BACKFILL if in_lane else Lane.LIVE)
            self._cells[key] = cell
        return cell

    def _failed(self, fact: Fact, said: Envelope) -> bool:
        return (
            said.type == BY_KIND[Parked].name
            and (said.lead, said.causation) == (fact.envelope.lead, fact.envelope.id)
            and said.actor.id == self._decider.consumer
        )

    def _stored(self, cell: Cell[State]) -> StoredCell:
        return StoredCell(cell.key, cell.version, cell.lane, self._decider.dump(cell.state))

    def _timers(self, cell: Cell[State]) -> list[Timer]:
        wanted = self._decider.timers(self._control, cell.state)
        return [Timer(due, cell.key, name, cell.lane) for name, due in wanted.items()]
