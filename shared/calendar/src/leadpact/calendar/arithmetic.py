"""When a budget of business time is used up, and how much of it has passed (rule 2).

Cost grows with the opening intervals between the two ends, never with their seconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from leadpact.calendar.errors import NeverOpen
from leadpact.calendar.model import Calendar
from leadpact.calendar.walk import Opening, openings

_FOREVER = datetime.max.replace(tzinfo=UTC)


def due(calendar: Calendar, start: datetime, budget: timedelta) -> datetime:
    """Give the instant (UTC) at which `budget` of business time after `start` is used up.

    It is the earliest such instant: a budget that ends with the closing is due at the closing, not at the next
    opening. A budget of nothing is due at the next opening, which is `start` itself while open. Monotone in both.
    Raises NeverOpen, BeyondCalendar, and ValueError for a negative budget.
    """
    if budget < timedelta():
        raise ValueError(f"a budget of {budget} is negative")
    for opening in ahead(calendar, start):
        length = opening.closes - opening.opens
        if budget <= length:
            return opening.opens + budget
        budget -= length
    raise NeverOpen(f"no weekly hours, and no special date with {budget} more of them after {start.isoformat()}")


def elapsed(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Give the business time in `[start, end)`; raises as `openings` does."""
    return sum((opening.closes - opening.opens for opening in openings(calendar, start, end)), timedelta())


def is_open(calendar: Calendar, instant: datetime) -> bool:
    """Tell whether an instant lies in an opening interval; the closing instant itself does not."""
    return any(openings(calendar, instant, instant + timedelta.resolution))


def next_opening(calendar: Calendar, instant: datetime) -> datetime:
    """Give the first open instant (UTC) at or after `instant`: itself while open; raises as `due` does."""
    return due(calendar, instant, timedelta())


def ahead(calendar: Calendar, start: datetime) -> Iterator[Opening]:
    """Give the open stretches from `start` on, without end unless the calendar has no weekly hours."""
    return openings(calendar, start, _FOREVER if any(calendar.weekly) else max(start, calendar.ends))
