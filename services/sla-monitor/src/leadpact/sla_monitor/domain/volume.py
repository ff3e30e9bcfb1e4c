"""Marketing's MQL volume as it is counted: each person once a month, in the month they were recognised (rule 53).

A lead's own runs say whether this month has counted it already; so a fact that comes again counts nothing.
"""

from datetime import date, datetime

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.lead import Captured
from leadpact.contracts.events.qualification import Qualified
from leadpact.kit.decider import Count, Fact
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.state import Lead

HISTORY = "history"
"""Counts the leads that history brought; the earliest of them says how far back it reaches."""


def promise(agreement: str) -> str:
    """The id of an agreement's promise of so many MQLs a month."""
    return f"{agreement}/mql_volume"


def tally(of: str, period: str) -> str:
    """The name under which a promise's month is counted."""
    return f"{of}/{period}"


def period(first: date) -> str:
    """The name of the month that begins with a date."""
    return f"{first:%Y-%m}"


def counts(control: Control, before: Lead, fact: Fact) -> tuple[Count, ...]:
    """What a fact adds to the tallies; `before` is its lead without it. Raises `UnknownAgreement`."""
    match fact.event:
        case Qualified() as event:
            month = _month(control, event.agreement, event.agreement_version, event.recognised_at)
            counted = (
                _month(control, run.agreement, run.version, run.qualified_at)
                for run in before.engagements
                if run.agreement == event.agreement
            )
            return () if month in counted else (Count(tally(promise(event.agreement), month), event.recognised_at),)
        case Captured() if fact.envelope.lane is Lane.BACKFILL:
            return (Count(HISTORY, fact.envelope.occurred_at),)
        case _:
            return ()


def _month(control: Control, agreement: str, version: int, at: datetime) -> str:
    return period(control.calendar(agreement, version).zone.wall_time(at).date())
