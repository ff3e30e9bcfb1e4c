"""A decision in the making: each event is applied at once, so that the next one is decided in its light."""

from dataclasses import dataclass, field
from datetime import datetime

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.registry import Event
from leadpact.kit.decider import Count, Decision, Effect, Emit, Scope, event_id
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.evolve import apply
from leadpact.sla_monitor.domain.state import Engagement, Lead

CONSUMER = "sla-monitor"


@dataclass(slots=True)
class Draft:
    """What is known while deciding, and what was decided so far; lives for one decision. `cause` is the id of what is
    decided on: ids of events follow from it."""

    cause: str
    scope: Scope
    control: Control
    lead: Lead
    events: list[Emit] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    back: list[Emit] = field(default_factory=list)
    shared: dict[str, bytes] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)

    def emit(self, event: Event, occurred_at: datetime | None = None) -> str:
        """Decide an event, which gets this id; it occurred with its cause unless it says otherwise."""
        id_ = event_id(CONSUMER, self.cause, event, len(self.events))
        self.events.append(Emit(event, occurred_at))
        self.lead = apply(self.lead, event)
        return id_

    def ask(self, event: Event) -> None:
        """Ask for something that only comes round again; nothing here is changed by asking."""
        self.back.append(Emit(event))

    def run(self, engagement: Engagement) -> Engagement:
        """The same engagement as it is by now."""
        return next(run for run in self.lead.engagements if run.id == engagement.id)

    def agreement(self, engagement: Engagement) -> Agreement:
        """The version that governs a run."""
        return self.control.agreement(engagement)

    def row(self, name: str) -> bytes | None:
        """A shared row as it is by now."""
        return self.shared.get(name) or self.scope.shared.get(name)

    def decision(self) -> Decision:
        """What was decided."""
        return Decision(
            tuple(self.events),
            tuple(self.effects),
            dict(self.shared),
            back=tuple(self.back),
            counts=tuple(self.counts),
        )
