"""The qualifier's judgement: leads become MQL once per engagement, sales' verdicts and deals end engagements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from msgspec.structs import replace as changed

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.lead import Behaved, Dealt, Disposed
from leadpact.contracts.events.qualification import Accepted, EngagementClosed, EngagementOpened, Qualified
from leadpact.contracts.topics import LEADS, QUALIFICATION, Topic
from leadpact.kit.decider import NOTHING, Decision, Emit, Fact, Ring, Scope
from leadpact.kit.ids import derive
from leadpact.qualifier.domain import coding, control, reading
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.disposing import deal, dispose
from leadpact.qualifier.domain.explaining import explain
from leadpact.qualifier.domain.instants import micros, moment
from leadpact.qualifier.domain.opening import Opening, openings
from leadpact.qualifier.domain.state import Engagement, Lead

_CROSSING = "crossing"


class Qualifier:
    """`leads` in, `qualification` out; implements `leadpact.kit.decider.Decider`."""

    consumer: str = "qualifier"
    revision: int = 1
    shape: int = 1
    input: Topic = LEADS
    output: Topic = QUALIFICATION
    back: Topic | None = None

    def initial(self, key: str) -> Lead:
        """A lead nothing is known about."""
        return Lead(key)

    def initial_control(self) -> Control:
        """No agreement is in force."""
        return Control()

    def dump(self, state: Lead) -> bytes:
        """State to bytes."""
        return coding.dump(state)

    def load(self, raw: bytes) -> Lead:
        """Bytes to state."""
        return coding.load(raw)

    def dump_control(self, control: Control) -> bytes:
        """Control state to bytes."""
        return coding.dump_control(control)

    def load_control(self, raw: bytes) -> Control:
        """Bytes to control state."""
        return coding.load_control(raw)

    def decide(self, scope: Scope, control: Control, state: Lead, fact: Fact) -> Decision:
        """Judge the lead by one more fact; a late one at every instant from its own on (rule 16)."""
        after, at = self.evolve(state, fact), micros(fact.envelope.occurred_at)
        first = min(at, state.judged + 1)
        found = openings(control, after, first, after.ledger.latest)
        answer: tuple[Emit, ...] = ()
        match fact.event:
            case Disposed() as disposed:
                answer = (Emit(dispose(control, state, disposed, fact.envelope.id, at)),)
            case Dealt() as dealt:
                closed = deal(state, dealt, at)
                answer = (Emit(closed),) if closed else ()
            case _:
                pass
        forward = not isinstance(fact.event, Behaved)
        return Decision(events=(*answer, *_emits(scope, after, found)), forward=forward)

    def ring(self, scope: Scope, control: Control, state: Lead, ring: Ring) -> Decision:
        """The definition became true by time alone, unless the agreements have changed since the timer was set."""
        found = openings(control, state, state.judged + 1, micros(ring.due))
        return Decision(events=_emits(scope, state, found)) if found else NOTHING

    def evolve(self, state: Lead, fact: Fact) -> Lead:
        """The lead after a fact or after an event decided here."""
        at = micros(fact.envelope.occurred_at)
        match fact.event:
            case EngagementOpened() as opened:
                return state.with_engagement(
                    Engagement(opened.engagement, opened.agreement, opened.agreement_version, opened.product_line, at)
                )
            case Accepted(engagement=id_):
                return state.with_engagement(changed(_engagement(state, id_), accepted=True))
            case EngagementClosed(engagement=id_, outcome=outcome, reason=reason):
                ended = changed(_engagement(state, id_), closed_at=at, outcome=outcome, reason=reason)
                return replace(state.with_engagement(ended), judged=at)
            case Qualified():
                return state
            case _:
                ledger = reading.add(state.ledger, fact)
                from_lane = fact.envelope.lane is Lane.BACKFILL if state.from_lane is None else state.from_lane
                return replace(state, ledger=ledger, judged=max(state.judged, at), from_lane=from_lane)

    def evolve_control(self, control_: Control, fact: Fact) -> Control:
        """The control state after a control record."""
        return control.evolve(control_, fact)

    def forwards(self, fact: Fact) -> bool:  # noqa: ARG002 - the answer is the same for all
        """Control records go on downstream, whatever they say."""
        return True

    def timers(self, control: Control, state: Lead) -> Mapping[str, datetime]:
        """One timer, at the next instant at which time alone opens an engagement (rule 17)."""
        found = openings(control, state, state.judged + 1)
        return {_CROSSING: moment(found[0].at)} if found else {}

    def shares(self, control: Control, facts: Sequence[Fact], rings: Sequence[Ring]) -> Sequence[str]:  # noqa: ARG002 - the port's signature
        """Leads are judged one by one: nothing is shared."""
        return ()


def _emits(scope: Scope, lead: Lead, found: Sequence[Opening]) -> tuple[Emit, ...]:
    """Engagement opened, then the MQL with its explanation (rules 18 and 20)."""
    emits: list[Emit] = []
    for number, opening in enumerate(found, start=len(lead.engagements) + 1):
        agreement, occurred_at = opening.agreement, moment(opening.at)
        engagement = derive("engagement", lead.key, agreement.id, number)
        capture = lead.ledger.capture
        emits += (
            Emit(
                EngagementOpened(
                    engagement=engagement,
                    agreement=agreement.id,
                    agreement_version=agreement.version,
                    product_line=agreement.product_line,
                    number=number,
                ),
                occurred_at,
            ),
            Emit(
                Qualified(
                    engagement=engagement,
                    agreement=agreement.id,
                    agreement_version=agreement.version,
                    product_line=agreement.product_line,
                    recognised_at=scope.at,
                    channel=reading.channel(lead.ledger),
                    source="" if capture is None else capture.source,
                    explanation=explain(agreement, lead.ledger, opening.at),
                ),
                occurred_at,
            ),
        )
    return tuple(emits)


def _engagement(state: Lead, id_: str) -> Engagement:
    return next(each for each in state.engagements if each.id == id_)
