"""given/when/then for a decider: facts go in, time passes, events come out; all in one process, no store, no log."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from leadpact.contracts.envelope import At, Envelope, Lane
from leadpact.contracts.registry import BY_NAME, Event, read
from leadpact.kit.decider import Control, Count, Decider, Effect, Fact, Ring, Scope, State
from leadpact.kit.machine import Cell, Machine, Step

E = TypeVar("E", bound=Event)


class Tale(Generic[State, Control]):
    """Plays facts and passing time on a decider as one partition would, and keeps what came out."""

    def __init__(self, decider: Decider[State, Control]) -> None:
        self.decider = decider
        self.machine = Machine(decider)
        self.control: Control = decider.initial_control()
        self.cells: dict[str, Cell[State]] = {}
        self.shared: dict[str, bytes] = {}
        self.out: list[Fact] = []
        self.back: list[Fact] = []
        self.counts: list[Count] = []
        self.effects: list[tuple[str, Effect]] = []
        self._offset = 0
        self._timers: dict[tuple[str, str], datetime] = {}
        self._since = 0

    def given(self, *facts: Fact) -> "Tale[State, Control]":
        """Handle facts in this order; time passes to each one's mark before it is handled."""
        for fact in facts:
            self._advance(fact.envelope.mark)
            self._offset += 1
            if BY_NAME[fact.envelope.type].control:
                self.control = self.decider.evolve_control(self.control, fact)
                continue
            cell = self.cells.get(fact.envelope.lead) or self._born(fact.envelope)
            at = At(self.decider.input.name, 0, self._offset)
            self._keep(
                self.machine.take(
                    self._scope(fact.envelope.recorded_at, fact.envelope.mark), self.control, cell, fact, at
                )
            )
        return self

    def when(self, *facts: Fact) -> "Tale[State, Control]":
        """As `given`, but `then` looks only at what follows from here on."""
        self._since = len(self.out)
        return self.given(*facts)

    def until(self, instant: datetime) -> "Tale[State, Control]":
        """Let time pass: every timer due by `instant` fires, in order; `then` looks only at what follows."""
        self._since = len(self.out)
        self._advance(instant)
        return self

    def then(self, kind: type[E]) -> list[E]:
        """The events of one kind since the last `when` or `until`."""
        return [fact.event for fact in self.out[self._since :] if isinstance(fact.event, kind)]

    def all(self, kind: type[E]) -> list[E]:
        """The events of one kind since the beginning."""
        return [fact.event for fact in self.out if isinstance(fact.event, kind)]

    def next_due(self) -> datetime | None:
        """When the next timer is due."""
        return min(self._timers.values(), default=None)

    def _scope(self, at: datetime, mark: datetime) -> Scope:
        return Scope(at=at, mark=mark, lane=Lane.LIVE, shared=dict(self.shared))

    def _born(self, envelope: Envelope) -> Cell[State]:
        return Cell(envelope.lead, self.decider.initial(envelope.lead), 0, Lane.LIVE)

    def _advance(self, instant: datetime) -> None:
        while due := sorted((at, key, name) for (key, name), at in self._timers.items() if at <= instant):
            at, key, name = due[0]
            del self._timers[key, name]
            position = At(self.decider.input.name, 0, self._offset)
            self._keep(self.machine.ring(self._scope(at, at), self.control, self.cells[key], Ring(name, at), position))
            assert self._timers.get((key, name)) != at, "a timer that has rung is asked for again"

    def _keep(self, step: Step[State]) -> None:
        # through bytes and back, so that a state which does not survive its own encoding fails here
        state = self.decider.load(self.decider.dump(step.cell.state))
        self.cells[step.cell.key] = replace(step.cell, state=state)
        self.shared.update(step.shared)
        self.effects.extend(step.effects)
        self.out.extend(_facts(step.out))
        self.back.extend(_facts(step.back))
        self.counts.extend(step.counts)
        wanted = self.decider.timers(self.control, state)
        for key, name in [k for k in self._timers if k[0] == step.cell.key]:
            del self._timers[key, name]
        self._timers.update({(step.cell.key, name): due for name, due in wanted.items()})


def _facts(envelopes: Iterable[Envelope]) -> list[Fact]:
    return [Fact(envelope, read(envelope)) for envelope in envelopes]
