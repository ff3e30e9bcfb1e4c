"""When a budget of business time is used up, and how much of it has passed (rule 2).

Cost grows with the opening intervals between the two ends, never with their seconds.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from leadpact.calendar.errors import BeyondCalendar, NeverOpen
from leadpact.calendar.model import Calendar
from leadpact.calendar.walk import Opening, openings

HORIZON = timedelta(days=400)
"""A calendar closed for longer than this counts as never open again."""


def due(calendar: Calendar, start: datetime, budget: timedelta) -> datetime:
    """Give the instant (UTC) at which `budget` of business time after `start` is used up.

    It is the earliest such instant: a budget that ends with the closing is due at the closing, not at the next
    opening. A budget of nothing is due at the next opening, which is `start` itself while open. Monotone in both.
    Raises NeverOpen, BeyondCalendar, and ValueError for a negative budget.
    """
    if budget < timedelta():
        raise ValueError(f"a budget of {budget} is negative")
    for opening in _ahead(calendar, start):
        length = opening.closes - opening.opens
        if budget <= length:
            return opening.opens + budget
        budget -= length
    raise BeyondCalendar(f"business time from {start.isoformat()} runs past the calendar's last date, {calendar.last}")


def elapsed(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Give the business time in `[start, end)`; raises as `openings` does."""
    return sum((opening.closes - opening.opens for opening in openings(calendar, start, end)), timedelta())


def is_open(calendar: Calendar, instant: datetime) -> bool:
    """Tell whether an instant lies in an opening interval; the closing instant itself does not."""
    instant = calendar.known(instant)
    return any(openings(calendar, instant, min(instant + timedelta.resolution, calendar.ends)))


def next_opening(calendar: Calendar, instant: datetime) -> datetime:
    """Give the first open instant (UTC) at or after `instant`: itself while open; raises as `due` does."""
    return due(calendar, instant, timedelta())


def _ahead(calendar: Calendar, start: datetime) -> Iterator[Opening]:
    end = calendar.ends
    closed_since = start
    for opening in openings(calendar, start, end):
        _expect_opening(closed_since, opening.opens)
        yield opening
        closed_since = opening.closes
    if not any(calendar.weekly):
        raise NeverOpen(f"no weekly hours, and no special date with hours after {closed_since.isoformat()}")
    _expect_opening(closed_since, end)


def _expect_opening(closed_since: datetime, until: datetime) -> None:
    if until - closed_since > HORIZON:
        raise NeverOpen(f"no opening within {HORIZON.days} days after {closed_since.isoformat()}")
