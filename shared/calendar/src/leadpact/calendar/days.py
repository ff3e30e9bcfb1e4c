"""Whole days: counting business days, prorating a month's target by them, and deadlines in days (rules 5, 53)."""

from datetime import date, datetime, timedelta
from fractions import Fraction

from leadpact.calendar.arithmetic import ahead, next_opening
from leadpact.calendar.errors import BeyondCalendar, NeverOpen
from leadpact.calendar.model import Calendar

_DAY = timedelta(days=1)


def business_days(calendar: Calendar, start: date, end: date) -> int:
    """Count the local dates in `[start, end)` on which the calendar opens; absences do not count.

    Raises BeyondCalendar before the first date.
    """
    if start < calendar.first:
        raise BeyondCalendar(f"{start} is before the calendar begins, {calendar.first}")
    return sum(1 for number in range((end - start).days) if calendar.hours_on(start + number * _DAY))


def prorate(calendar: Calendar, start: date, end: date) -> Fraction:
    """Give the share of a month's business days that lie in `[start, end)`, both within that month (rule 53).

    Raises ValueError where the span leaves the month, NeverOpen for a month without business days.
    """
    first = start.replace(day=1)
    after = (first + 31 * _DAY).replace(day=1)
    if not start <= end <= after:
        raise ValueError(f"{start} to {end} is not a part of one month")
    whole = business_days(calendar, first, after)
    if whole == 0:
        raise NeverOpen(f"no business day in {first:%Y-%m}")
    return Fraction(business_days(calendar, start, end), whole)


def due_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """Give the instant (UTC) of the same local time `days` calendar days later, open or not (rule 5); `days` >= 1."""
    if days < 1:
        raise ValueError(f"{days} days is no deadline")
    wall = calendar.zone.wall_time(calendar.known(start)) + days * _DAY
    return calendar.known(calendar.zone.first_instant(wall))


def due_business_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """Give the last closing (UTC) of the `days`-th business day after the one that `start` falls on (rule 5).

    Outside opening hours `start` falls on the day of the next opening. A day that absences close altogether is none.
    `days` = 0 is the closing of that first day. Raises as `due` does, and ValueError for fewer.
    """
    if days < 0:
        raise ValueError(f"{days} business days is no deadline")
    day, closing = date.min, start
    seen = -1
    for opening in ahead(calendar, next_opening(calendar, start)):
        if opening.day != day:
            if seen == days:
                return closing
            seen += 1
            day = opening.day
        closing = opening.closes
    if seen == days:
        return closing
    raise NeverOpen(f"no weekly hours, and no {days} special dates with hours after {start.isoformat()}")
