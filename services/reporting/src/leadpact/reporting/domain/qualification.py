"""Topic `qualification` as rows: engagements, MQLs with their explanation, and how they ended.

Facts that were only forwarded are left out: topic `leads` tells them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from leadpact.contracts.events import health, qualification
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import tables
from leadpact.reporting.domain.story import refused, told, trouble
from leadpact.reporting.domain.table import Json

_OWN = (
    qualification.EngagementOpened,
    qualification.Qualified,
    qualification.Accepted,
    qualification.EngagementClosed,
    qualification.CommandRefused,
)


def rows(fact: Fact, consumer: str) -> Iterator[NamedTuple]:
    """Every row that follows from one record of the topic; `consumer` is its writer, whose own troubles it tells."""
    envelope, event = fact.envelope, fact.event
    match event:
        case qualification.EngagementOpened():
            yield tables.Engagement(
                event.engagement,
                envelope.lead,
                event.agreement,
                event.agreement_version,
                event.number,
                envelope.recorded_at,
                envelope.lane,
            )
        case qualification.Qualified():
            yield from _qualified(fact, event)
        case qualification.Accepted(engagement=engagement):
            yield tables.Acceptance(engagement, envelope.occurred_at)
        case qualification.EngagementClosed(engagement=engagement, outcome=outcome, reason=reason):
            yield tables.Closing(engagement, outcome, reason, envelope.occurred_at)
        case qualification.CommandRefused():
            yield from refused(fact, event, tables.RefusedByQualifier)
        case health.Parked(consumer=by) | health.Unparked(consumer=by) if by == consumer:
            yield from trouble(fact)
            yield from told(fact, tables.ToldByQualification)
        case _:
            pass
    if isinstance(event, _OWN):
        yield from told(fact, tables.ToldByQualification)


def _qualified(fact: Fact, event: qualification.Qualified) -> Iterator[NamedTuple]:
    yield tables.Mql(
        event.engagement,
        fact.envelope.lead,
        event.agreement,
        event.agreement_version,
        fact.envelope.occurred_at,
        event.recognised_at,
        event.explanation.as_of,
        event.channel,
        event.source,
    )
    for place, seen in enumerate(event.explanation.criteria):
        facts = Json(msgspec.json.encode(seen.facts).decode())
        yield tables.Criterion(event.engagement, place, seen.id, seen.says, seen.result, seen.seen, facts)
