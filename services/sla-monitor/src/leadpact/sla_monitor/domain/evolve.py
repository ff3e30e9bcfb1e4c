"""The state of a lead after a fact and after an event decided here; no judgement is taken."""

from collections.abc import Callable

from msgspec.structs import replace

from leadpact.contracts.agreement import Unit
from leadpact.contracts.envelope import ActorKind, Envelope
from leadpact.contracts.events.lead import Consented, Outcome, Owned, Touched
from leadpact.contracts.events.qualification import Accepted, EngagementClosed, Qualified
from leadpact.contracts.events.sla import (
    Assigned,
    AttemptCounted,
    ClockJudged,
    ClockKind,
    ClockMoved,
    ClockStarted,
    ClockWarned,
    Escalated,
    Queued,
    Standing,
)
from leadpact.contracts.registry import Event
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.state import (
    Budget,
    Clock,
    Consent,
    Counts,
    CrmOwner,
    Ending,
    Engagement,
    Lead,
    Segment,
    Touch,
    Waiting,
)


def evolve(lead: Lead, fact: Fact) -> Lead:  # noqa: PLR0911 - one for each kind of event
    """The state after a fact of the input or an event of our own."""
    event, envelope = fact.event, fact.envelope
    match event:
        case Qualified():
            born = Engagement(
                event.engagement, event.agreement, event.agreement_version, event.recognised_at, envelope.id
            )
            return lead if lead.engagement(born.id) else replace(lead, engagements=(*lead.engagements, born))
        case Touched():
            return _touched(lead, event, envelope)
        case Owned():
            said = CrmOwner(event.owner, envelope.occurred_at, envelope.id)
            newer = lead.crm is None or (lead.crm.at, lead.crm.fact) < (said.at, said.fact)
            return replace(lead, crm=said) if newer else lead
        case Consented():
            return _consented(lead, event, envelope)
        case Accepted():
            return _in(lead, event.engagement, lambda run: _claimed(run, envelope))
        case EngagementClosed():
            return _in(lead, event.engagement, lambda run: _closed(run, event, envelope))
        case Assigned():
            owned_at = envelope.occurred_at
            return _in(apply(lead, event), event.engagement, lambda run: replace(run, owned_at=owned_at))
        case _:
            return apply(lead, event)


def apply(lead: Lead, event: Event) -> Lead:  # noqa: PLR0911 - one for each kind of event
    """The state after an event of our own, which says everything itself; any other leaves it as it is."""
    match event:
        case Assigned():
            return _in(lead, event.engagement, lambda run: replace(run, owner=event.owner, waiting=None))
        case Queued():
            waiting = Waiting(event.why, event.since, event.retry_at, event.queue)
            return _in(lead, event.engagement, lambda run: replace(run, waiting=waiting))
        case ClockStarted():
            return _in(lead, event.engagement, lambda run: _started(lead, run, event))
        case ClockMoved():
            return _of(lead, event.engagement, event.clock, lambda clock: _due(clock, event))
        case ClockWarned():
            percent = event.percent
            return _of(lead, event.engagement, event.clock, lambda c: replace(c, warned=(*c.warned, percent)))
        case ClockJudged():
            return _of(lead, event.engagement, event.clock, lambda clock: _judged(clock, event))
        case AttemptCounted():
            counts = Counts(event.calls, event.emails, event.socials)
            return _in(lead, event.engagement, lambda run: replace(run, counted=counts))
        case Escalated():
            step = event.step
            return _of(lead, event.engagement, event.clock, lambda clock: replace(clock, escalated=step))
        case _:
            return lead


def _in(lead: Lead, id_: str, change: Callable[[Engagement], Engagement]) -> Lead:
    return replace(lead, engagements=tuple(_settled(change(run)) if run.id == id_ else run for run in lead.engagements))


def _settled(run: Engagement) -> Engagement:
    """Waiting ends with what it was for: an answer that comes late makes another owner needless."""
    return run if run.waiting is None or run.wants_owner else replace(run, waiting=None)


def _of(lead: Lead, engagement: str, id_: str, change: Callable[[Clock], Clock]) -> Lead:
    def changed(run: Engagement) -> Engagement:
        return replace(run, clocks=tuple(change(clock) if clock.id == id_ else clock for clock in run.clocks))

    return _in(lead, engagement, changed)


def _touched(lead: Lead, event: Touched, envelope: Envelope) -> Lead:
    # a touch can be evidence only after a qualification (rule 23), and automation never is, unless it tells a bounce
    after_one = any(run.qualified_at < envelope.occurred_at for run in lead.engagements)
    by_machine = envelope.actor.kind in (ActorKind.AUTOMATION, ActorKind.SYSTEM)
    if not after_one or (by_machine and event.outcome is not Outcome.BOUNCED):
        return lead
    touch = Touch(
        id=envelope.id,
        kind=event.kind,
        direction=event.direction,
        outcome=event.outcome,
        actor=envelope.actor.id,
        actor_kind=envelope.actor.kind,
        occurred_at=envelope.occurred_at,
        seconds=event.seconds,
        target=event.target,
        reference=event.reference,
    )
    return replace(lead, touches=(*lead.touches, touch))


def _consented(lead: Lead, event: Consented, envelope: Envelope) -> Lead:
    said = Consent(event.purpose, envelope.occurred_at, envelope.id, event.granted)
    known = next((consent for consent in lead.consents if consent.purpose == said.purpose), None)
    if known is not None and (known.at, known.fact) > (said.at, said.fact):
        return lead
    others = (consent for consent in lead.consents if consent != known)
    lead = replace(lead, consents=tuple(sorted((*others, said), key=lambda consent: consent.purpose)))
    if event.granted:
        return lead
    ending = Ending(envelope.recorded_at, Standing.CANCELLED, envelope.id, f"The lead opted out of {event.purpose}")
    outward = (ClockKind.FIRST_RESPONSE, ClockKind.CADENCE)
    runs = tuple(_end(run, dict.fromkeys(outward, ending)) for run in lead.engagements)
    return replace(lead, engagements=runs)


def _claimed(run: Engagement, envelope: Envelope) -> Engagement:
    ending = Ending(envelope.recorded_at, Standing.MET, envelope.id, "Sales accepted the lead as SQL")
    return _end(run, {ClockKind.CADENCE: ending})


def _closed(run: Engagement, event: EngagementClosed, envelope: Envelope) -> Engagement:
    says = f"The lead was {event.outcome}" + (f" ({event.reason})" if event.reason else "")
    cancelled = Ending(envelope.recorded_at, Standing.CANCELLED, envelope.id, says)
    # an outcome is what a cadence is for (rule 27); an owner and an answer are just no longer owed
    endings = dict.fromkeys(ClockKind, cancelled) | {ClockKind.CADENCE: replace(cancelled, standing=Standing.MET)}
    return replace(_end(run, endings), closed_at=envelope.recorded_at, waiting=None)


# An ending holds from when it was recorded, not from when it claims to have happened, and history, recorded in its own
# time, from the last that was said: neither undoes a verdict. Touches alone are evidence for what was before (rules 29,
# 43 and 49).
def _end(run: Engagement, endings: dict[ClockKind, Ending]) -> Engagement:
    def ended(clock: Clock) -> Clock:
        ending = endings.get(clock.kind)
        if ending is None or clock.ending is not None:
            return clock
        return replace(clock, ending=replace(ending, at=max(ending.at, clock.said_until)))

    return replace(run, clocks=tuple(ended(clock) for clock in run.clocks))


def _started(lead: Lead, run: Engagement, event: ClockStarted) -> Engagement:
    segment = Segment(event.owner, event.started_at, event.due)
    if any(clock.id == event.clock for clock in run.clocks):
        clocks = tuple(_next(clock, segment) if clock.id == event.clock else clock for clock in run.clocks)
        return replace(run, clocks=clocks)
    asked = (touch.occurred_at for touch in lead.touches if touch.id == event.replies_to)
    clock = Clock(
        id=event.clock,
        kind=event.kind,
        budget=Budget(Unit(event.unit), event.budget_seconds),
        asked_at=next(asked, run.qualified_at),
        segments=(segment,),
        replies_to=event.replies_to,
        renews=event.renews,
    )
    return replace(run, clocks=(*run.clocks, clock))


def _next(clock: Clock, segment: Segment) -> Clock:
    ended = replace(clock.segment, ended_at=segment.started_at)
    return replace(clock, segments=(*clock.segments[:-1], ended, segment), warned=())


def _due(clock: Clock, event: ClockMoved | ClockJudged) -> Clock:
    return replace(clock, segments=(*clock.segments[:-1], replace(clock.segment, due=event.due)))


def _judged(clock: Clock, event: ClockJudged) -> Clock:
    return replace(
        _due(clock, event),
        standing=event.verdict,
        missed=clock.missed or event.verdict is Standing.MISSED,
        answered_at=event.answered_at,
        evidence=event.evidence,
    )
