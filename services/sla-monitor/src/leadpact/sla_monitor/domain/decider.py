"""The sla-monitor as the kit sees it: facts of a lead and its timers in, clocks, verdicts and owners out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from leadpact.contracts.events.lead import Consented, Owned, ReassignedByHand, Touched
from leadpact.contracts.events.qualification import Accepted, EngagementClosed, Qualified
from leadpact.contracts.topics import QUALIFICATION, RETURNS, SLA, Topic
from leadpact.kit.decider import Decision, Fact, Ring, Scope, ring_id
from leadpact.sla_monitor.domain import counters, ringing, volume
from leadpact.sla_monitor.domain.control import Control, evolve_control
from leadpact.sla_monitor.domain.draft import CONSUMER, Draft
from leadpact.sla_monitor.domain.evolve import evolve
from leadpact.sla_monitor.domain.reacting import react
from leadpact.sla_monitor.domain.routing import reallocate
from leadpact.sla_monitor.domain.state import Lead
from leadpact.sla_monitor.domain.timers import DUE, LEAVE, ROUTE, Named, timers

_ROUTES = (Qualified, EngagementClosed, Owned, ReassignedByHand)
_JUDGES = (Touched, Consented, Accepted)
"""Facts by which a miss may come to light."""
_encode = msgspec.msgpack.Encoder().encode


class SlaMonitor:
    """Judges the promises of sales toward one lead after another."""

    consumer = CONSUMER
    revision = 1
    shape = 1
    input = QUALIFICATION
    output = SLA
    back: Topic | None = RETURNS

    def initial(self, key: str) -> Lead:
        """A lead nothing is known about."""
        return Lead(key)

    def initial_control(self) -> Control:
        """No agreement, no team."""
        return Control()

    def dump(self, state: Lead) -> bytes:
        """State to bytes."""
        return _encode(state)

    def load(self, raw: bytes) -> Lead:
        """Bytes to state."""
        return msgspec.msgpack.decode(raw, type=Lead)

    def dump_control(self, control: Control) -> bytes:
        """Control state to bytes."""
        return _encode(control)

    def load_control(self, raw: bytes) -> Control:
        """Bytes to control state."""
        return msgspec.msgpack.decode(raw, type=Control)

    def decide(self, scope: Scope, control: Control, state: Lead, fact: Fact) -> Decision:
        """What follows from a fact about this lead; raises `UnknownAgreement`."""
        draft = Draft(fact.envelope.id, scope, control, evolve(state, fact))
        react(draft, state, fact)
        reallocate(draft, state)
        draft.counts += volume.counts(control, state, fact)
        return draft.decision()

    def ring(self, scope: Scope, control: Control, state: Lead, ring: Ring) -> Decision:
        """What follows from a timer of this lead."""
        draft = Draft(ring_id(self.consumer, state.id, ring), scope, control, state)
        ringing.ring(draft, ring)
        reallocate(draft, state)
        return draft.decision()

    def evolve(self, state: Lead, fact: Fact) -> Lead:
        """The state after a fact or after an event decided here."""
        return evolve(state, fact)

    def evolve_control(self, control: Control, fact: Fact) -> Control:
        """The control state after a control record."""
        return evolve_control(control, fact)

    def forwards(self, fact: Fact) -> bool:  # noqa: ARG002 - the port's signature
        """The story ends here: reporting reads each topic by itself."""
        return False

    def timers(self, control: Control, state: Lead) -> Mapping[str, datetime]:
        """Every timer this state needs."""
        return timers(control, state)

    def shares(self, control: Control, facts: Sequence[Fact], rings: Sequence[Ring]) -> Sequence[str]:
        """The counters of every team, if anything here may give a lead to somebody or take one away."""
        reallocates = any(agreement.first_response.reallocate for agreement in control.agreements.values())
        given = (*_ROUTES, *_JUDGES) if reallocates else _ROUTES
        rung = (ROUTE, LEAVE, DUE) if reallocates else (ROUTE, LEAVE)
        by_fact = any(isinstance(fact.event, given) for fact in facts)
        if by_fact or any(Named.parse(ring.name).what in rung for ring in rings):
            return [counters.row(team) for team in control.teams()]
        return []
