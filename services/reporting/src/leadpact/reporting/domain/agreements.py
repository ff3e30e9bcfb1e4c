"""An agreement in force as rows: its days and openings in UTC, so that pace and remaining business time are plain SQL.

The calendar was resolved when the version was made (rule 3); nothing is looked up here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from leadpact.calendar import Calendar, from_dict, openings
from leadpact.calendar.zone import midnight
from leadpact.contracts.events.control import InForce
from leadpact.reporting.domain import terms


def rows(event: InForce, at: datetime) -> Iterator[NamedTuple]:
    """Everything reporting keeps of a version; `at` is when it came into force."""
    agreement = event.agreement
    version = agreement.id, agreement.version
    yield terms.Agreement(
        *version,
        event.control,
        agreement.name,
        event.hash,
        agreement.zone,
        agreement.priority,
        agreement.target_per_month,
        at,
        agreement.cadence.calls,
        agreement.cadence.emails,
        agreement.cadence.socials,
    )
    yield from (terms.Pledge(*version, pledge.channel, pledge.at_least_percent) for pledge in agreement.pledges)
    yield from (terms.Reason(*version, reason.id, reason.says) for reason in agreement.reasons)
    calendar = from_dict(agreement.calendar)
    yield from _days(version, calendar)
    yield from _openings(version, calendar)


def _days(version: tuple[str, int], calendar: Calendar) -> Iterator[terms.Day]:
    dates = [calendar.first + timedelta(days=n) for n in range((calendar.last - calendar.first).days + 2)]
    instants = [calendar.zone.first_instant(midnight(day)) for day in dates]
    for day, (start, end) in zip(dates, pairwise(instants), strict=False):
        yield terms.Day(*version, day, start, end, bool(calendar.hours_on(day)))


def _openings(version: tuple[str, int], calendar: Calendar) -> Iterator[terms.Opening]:
    before = timedelta()
    for opening in openings(calendar, calendar.begins, calendar.ends):
        yield terms.Opening(*version, opening.opens, opening.closes, before // timedelta(seconds=1))
        before += opening.closes - opening.opens
