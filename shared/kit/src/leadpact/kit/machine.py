"""One step of a decider over one key: the pure heart that live handling, tests and rebuild share.

Ids of derived events follow from cause, type and index, so a step taken twice makes the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, At, Envelope, Lane
from leadpact.contracts.registry import BY_KIND
from leadpact.kit.decider import (
    Control,
    Count,
    Decider,
    Decision,
    Effect,
    Emit,
    Fact,
    Ring,
    Scope,
    State,
    event_id,
    ring_id,
)
from leadpact.kit.ids import derive


@dataclass(frozen=True, slots=True)
class Cell(Generic[State]):
    """A key with its state; `version` counts its events in the output topic, `lane` is where it was born."""

    key: str
    state: State
    version: int
    lane: Lane


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """What one step made: the key afterwards, envelopes to send on and back, effects by id, shared rows, counts."""

    cell: Cell[State]
    out: tuple[Envelope, ...]
    back: tuple[Envelope, ...]
    effects: tuple[tuple[str, Effect], ...]
    shared: Mapping[str, bytes]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class _Cause:
    """What new events inherit."""

    id: str
    occurred_at: datetime
    received_at: datetime
    correlation: str


@dataclass(frozen=True, slots=True)
class Machine(Generic[State, Control]):
    """Runs a decider; holds no state."""

    decider: Decider[State, Control]

    def take(self, scope: Scope, control: Control, cell: Cell[State], fact: Fact, at: At) -> Step[State]:
        """Handle one fact of the cell's key that stands at position `at` of the input."""
        decision = self.decider.decide(scope, control, cell.state, fact)
        state = self.decider.evolve(cell.state, fact)
        source = fact.envelope
        version, out = cell.version, []
        if decision.forward:
            version += 1
            out.append(forward(source, scope, version, at))
        cause = _Cause(source.id, source.occurred_at, source.received_at, source.correlation)
        return self._emit(scope, Cell(cell.key, state, version, cell.lane), decision, cause, at, out)

    def ring(self, scope: Scope, control: Control, cell: Cell[State], ring: Ring, at: At | None) -> Step[State]:
        """Fire one timer of the cell's key; `at` is the last position handled before it."""
        decision = self.decider.ring(scope, control, cell.state, ring)
        id_ = ring_id(self.decider.consumer, cell.key, ring)
        return self._emit(scope, cell, decision, _Cause(id_, ring.due, ring.due, id_), at, [])

    def _emit(
        self, scope: Scope, cell: Cell[State], decision: Decision, cause: _Cause, at: At | None, out: list[Envelope]
    ) -> Step[State]:
        state, version = cell.state, cell.version
        for index, emit in enumerate(decision.events):
            version += 1
            envelope = self._envelope(scope, cell.key, version, emit, cause, at, index)
            out.append(envelope)
            state = self.decider.evolve(state, Fact(envelope, emit.event))
        effects = tuple(
            [(derive(self.decider.consumer, cause.id, e.kind, index), e) for index, e in enumerate(decision.effects)]
        )
        # nobody counts a key's events in the topic back: its sequence and their ids say all
        back = tuple(
            [self._envelope(scope, cell.key, 0, emit, cause, at, index) for index, emit in enumerate(decision.back)]
        )
        return Step(
            Cell(cell.key, state, version, cell.lane), tuple(out), back, effects, decision.shared, decision.counts
        )

    def _envelope(
        self, scope: Scope, key: str, version: int, emit: Emit, cause: _Cause, at: At | None, index: int
    ) -> Envelope:
        declared = BY_KIND[type(emit.event)]
        return Envelope(
            id=event_id(self.decider.consumer, cause.id, emit.event, index),
            type=declared.name,
            version=declared.version,
            lead=key,
            lead_version=version,
            occurred_at=emit.occurred_at or cause.occurred_at,
            received_at=cause.received_at,
            recorded_at=scope.at,
            mark=scope.mark,
            actor=emit.actor or Actor(self.decider.consumer, ActorKind.SYSTEM),
            correlation=cause.correlation,
            causation=cause.id,
            at=at,
            lane=scope.lane,
            revision=self.decider.revision,
            data=wire.pack(emit.event),
        )


def forward(source: Envelope, scope: Scope, version: int, at: At) -> Envelope:
    """The same fact, same id, in the next topic: recorded there now, counted there anew.

    History about a key that lives in live time keeps the times of its lane, which is what readers down the stream move
    their lane's mark by (rule 43).
    """
    late = source.lane is Lane.BACKFILL and scope.lane is Lane.LIVE
    return Envelope(
        id=source.id,
        type=source.type,
        version=source.version,
        lead=source.lead,
        lead_version=version,
        occurred_at=source.occurred_at,
        received_at=source.received_at,
        recorded_at=source.recorded_at if late else scope.at,
        mark=source.mark if late else scope.mark,
        actor=source.actor,
        correlation=source.correlation,
        causation=source.causation,
        at=at,
        lane=source.lane,
        revision=source.revision,
        data=source.data,
        claimed_at=source.claimed_at,
    )
