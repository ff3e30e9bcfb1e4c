"""The walk over opening intervals, day by day, on which all business time is built (rules 2, 4)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from leadpact.calendar.errors import InvalidCalendar
from leadpact.calendar.model import Calendar
from leadpact.calendar.zone import midnight


class Opening(NamedTuple):
    """One open stretch `[opens, closes)` in UTC and the local date it belongs to."""

    day: date
    opens: datetime
    closes: datetime


def openings(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Opening]:
    """Give the open stretches of `[start, end)`, clipped to it, ascending and apart, one day at a time.

    Raises BeyondCalendar at once where the span begins before the calendar, ValueError where it ends before it begins.
    """
    start, end = calendar.known(start), calendar.known(end)
    if end < start:
        raise ValueError(f"the span ends ({end.isoformat()}) before it begins ({start.isoformat()})")
    return _walk(calendar, start, end)


def _walk(calendar: Calendar, reached: datetime, end: datetime) -> Iterator[Opening]:
    zone = calendar.zone
    # A night shift of the day before may still run, hence one day earlier; it is never longer than a day.
    day = max(zone.wall_time(reached).date() - timedelta(days=1), calendar.first)
    while zone.first_instant(midnight(day)) < end:
        for hours in calendar.hours_on(day):
            opens = zone.first_instant(midnight(day) + timedelta(seconds=hours.opens))
            closes = zone.first_instant(midnight(day) + timedelta(seconds=hours.closes))
            for begin, stop in _present(calendar, max(opens, reached), min(closes, end)):
                yield Opening(day, begin, stop)
                reached = stop
        day += timedelta(days=1)


def _present(calendar: Calendar, opens: datetime, closes: datetime) -> Iterator[tuple[datetime, datetime]]:
    for gone, back in calendar.absences:
        if gone >= closes:
            break
        if opens < gone:
            yield opens, gone
        opens = max(opens, back)
    if opens < closes:
        yield opens, closes


def with_absences(calendar: Calendar, absences: Iterable[tuple[datetime, datetime]]) -> Calendar:
    """Close a calendar further for spans `[from, to)`, as an owner's leave closes theirs (rule 4).

    Spans may overlap and reach beyond the calendar. Raises InvalidCalendar for one that ends before it begins.
    """
    merged: list[tuple[datetime, datetime]] = []
    for gone, back in sorted([*calendar.absences, *((_utc(gone), _utc(back)) for gone, back in absences)]):
        if back <= gone:
            raise InvalidCalendar(f"an absence from {gone.isoformat()} to {back.isoformat()} is none")
        if merged and gone <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], back)
        else:
            merged.append((gone, back))
    return replace(calendar, absences=tuple(merged))


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)
