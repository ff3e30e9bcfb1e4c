"""Topic `sla` as rows: owners, clocks, the verdict that stands and its history, attempts."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from leadpact.contracts.events import health, qualification, sla
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import tables
from leadpact.reporting.domain.story import refused, told, trouble
from leadpact.reporting.domain.table import Json

_OWN = (
    sla.Assigned,
    sla.Queued,
    sla.ClockStarted,
    sla.ClockMoved,
    sla.ClockWarned,
    sla.ClockJudged,
    sla.AttemptCounted,
    sla.Escalated,
    qualification.CommandRefused,
)


def rows(fact: Fact, consumer: str) -> Iterator[NamedTuple]:
    """Every row that follows from one record of the topic; `consumer` is its writer, whose own troubles it tells."""
    envelope, event = fact.envelope, fact.event
    match event:
        case sla.Assigned():
            yield tables.Owner(event.engagement, event.owner, event.team, envelope.recorded_at, envelope.lead_version)
        case sla.ClockStarted():
            yield _clock(fact, event)
            yield tables.Deadline(event.clock, event.due, event.owner, envelope.lead_version)
        case sla.ClockMoved(clock=clock, due=due, owner=owner):
            yield tables.Deadline(clock, due, owner, envelope.lead_version)
        case sla.ClockWarned(clock=clock, percent=percent):
            yield tables.Warned(clock, percent, envelope.occurred_at)
        case sla.ClockJudged():
            yield from _judged(fact, event)
        case sla.AttemptCounted(engagement=engagement, calls=calls, emails=emails, socials=socials):
            yield tables.Attempts(engagement, calls, emails, socials, envelope.lead_version)
        case qualification.CommandRefused():
            yield from refused(fact, event, tables.RefusedBySlaMonitor)
        case health.Parked(consumer=by) | health.Unparked(consumer=by) if by == consumer:
            yield from trouble(fact)
            yield from told(fact, tables.ToldBySla)
        case _:
            pass
    if isinstance(event, _OWN):
        yield from told(fact, tables.ToldBySla)


def _clock(fact: Fact, event: sla.ClockStarted) -> tables.Clock:
    return tables.Clock(
        event.clock,
        fact.envelope.lead,
        event.engagement,
        event.kind,
        event.team,
        event.started_at,
        event.budget_seconds,
        event.unit,
        event.agreement,
        event.agreement_version,
        event.segment,
        event.renews,
        event.replies_to,
        fact.envelope.lead_version,
    )


def _judged(fact: Fact, event: sla.ClockJudged) -> Iterator[NamedTuple]:
    seq, at = fact.envelope.lead_version, fact.envelope.recorded_at
    yield tables.Deadline(event.clock, event.due, event.owner, seq)
    yield tables.Standing(event.clock, event.verdict, event.credit, event.answered_at, event.elapsed_seconds, at, seq)
    evidence = Json(msgspec.json.encode(event.evidence).decode())
    yield tables.VerdictGiven(
        event.clock, seq, fact.envelope.lead, event.verdict, event.previous, at, evidence, event.says
    )
