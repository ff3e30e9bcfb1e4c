"""Topic `leads` as rows: people, their attributes, deals, agreements in force, rosters, and how fast facts come in."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from leadpact.contracts.events import control, health, lead
from leadpact.contracts.registry import Event
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import agreements, tables, terms
from leadpact.reporting.domain.story import told, trouble
from leadpact.reporting.domain.table import Json

BY_HAND = "by hand"
"""The source of facts that people stated by command."""
BY_AGREEMENT = "by agreement"
"""The source of facts that nobody stated: an agreement says so of what came before (rule 27)."""


def rows(fact: Fact, partition: int) -> Iterator[NamedTuple]:
    """Every row that follows from one record of the topic."""
    envelope, event = fact.envelope, fact.event
    match event:
        case control.InForce():
            yield from agreements.rows(event, envelope.occurred_at)
        case control.Retired(agreement=agreement, version=version):
            yield terms.Retirement(agreement, version, envelope.occurred_at)
        case control.RosterChanged(control=number, team=team, reps=reps):
            yield from (terms.Rep(rep.id, rep.name, team, number) for rep in reps)
        case control.BackfillOpened(lane=lane, control=number):
            yield terms.Backfill(lane, number)
        case control.BackfillClosed(lane=lane, control=number):
            yield terms.BackfillEnd(lane, number, envelope.mark)
        case health.Parked() | health.Unparked():
            yield from trouble(fact)
        case _:
            yield from _about_a_lead(fact)
    yield from told(fact, tables.ToldByLeads)
    if envelope.lead and not isinstance(event, health.Parked | health.Unparked):
        minute = envelope.received_at.replace(second=0, microsecond=0)
        yield tables.Intake(partition, minute, source_of(event), envelope.lane, 1)


def source_of(event: Event) -> str:
    """The feed that delivered a fact, or that a person did, or an agreement."""
    if isinstance(event, lead.Disposed) and event.cadence is not None:
        return BY_AGREEMENT
    return getattr(event, "source", BY_HAND)


def _about_a_lead(fact: Fact) -> Iterator[NamedTuple]:
    envelope, event = fact.envelope, fact.event
    match event:
        case lead.Captured():
            yield tables.Lead(
                envelope.lead,
                envelope.occurred_at,
                event.source,
                event.channel,
                event.form,
                event.campaign,
                event.sealed,
                envelope.lane,
            )
            if event.test:
                yield tables.TestLead(envelope.lead)
            yield from _attributes(fact, event.features)
        case lead.Profiled():
            yield from _attributes(fact, event.features)
        case lead.Dealt(amount=amount):
            yield tables.DealMove(
                envelope.id,
                event.opportunity,
                envelope.lead,
                event.source,
                event.status,
                amount.minor if amount else None,
                amount.currency if amount else None,
                envelope.occurred_at,
            )
        case _:
            return


def _attributes(fact: Fact, features: dict[str, lead.Feature]) -> Iterator[tables.Attribute]:
    for name, value in features.items():
        encoded = Json(msgspec.json.encode(value).decode())
        yield tables.Attribute(fact.envelope.lead, name, encoded, fact.envelope.occurred_at)
