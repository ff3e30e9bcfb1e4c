"""Making a calendar: the one place that reads the time-zone library, once, and keeps what it said (rule 3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from leadpact.calendar.errors import InvalidCalendar, UnknownZone
from leadpact.calendar.hours import parse_day
from leadpact.calendar.model import Calendar, check_span
from leadpact.calendar.zone import Offset, Zone, midnight

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SECOND = timedelta(seconds=1)
_PROBE = timedelta(hours=6)  # no zone has ever changed its offset twice within six hours
_OFFSETS_AFTER = timedelta(days=366)
"""So much longer than holidays are the zone's transitions kept, for what runs on when the calendar has ended."""
_NO_DATES: Mapping[date, Sequence[str]] = MappingProxyType({})


def resolve(
    zone: str,
    weekly: Mapping[str, Sequence[str]],
    *,
    first: date,
    last: date,
    closed: Iterable[date] = (),
    special: Mapping[date, Sequence[str]] = _NO_DATES,
) -> Calendar:
    """Make the calendar of a zone (IANA name) for the local dates `first` to `last`, both included.

    Hours are written `09:00-12:30`, any number a day; a weekday not named (`mon` … `sun`) is closed. `closed` holds
    holidays and closures, `special` the dates with hours of their own, which win over both. Raises UnknownZone,
    InvalidCalendar.
    """
    strangers = weekly.keys() - set(WEEKDAYS)
    if strangers:
        raise InvalidCalendar(f"{min(strangers)!r} is no weekday; they are {', '.join(WEEKDAYS)}")
    check_span(first, last)
    return Calendar(
        zone=_zone(zone, midnight(first) - timedelta(days=2), midnight(last) + _OFFSETS_AFTER),
        first=first,
        last=last,
        weekly=tuple(parse_day(weekly.get(weekday, ())) for weekday in WEEKDAYS),
        closed=frozenset(day for day in closed if first <= day <= last),
        special=tuple((day, parse_day(texts)) for day, texts in sorted(special.items()) if first <= day <= last),
    )


@lru_cache(maxsize=64)  # the offices of an installation are few, and each version of an agreement names them again
def _zone(name: str, start: datetime, end: datetime) -> Zone:
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a relative path; a folder such as "Europe"
        raise UnknownZone(f"no time zone {name!r} is known here") from error
    return Zone(name, tuple(_offsets(zone, start, end)))


def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Offset]:
    known = _ahead(zone, start)
    yield Offset(start, known // _SECOND)
    while start < end:
        probe = start + _PROBE
        if _ahead(zone, probe) != known:
            since = _change(zone, start, probe)
            known = _ahead(zone, since)
            yield Offset(since, known // _SECOND)
        start = probe


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _ahead(zone, before)
    while after - before > _SECOND:
        middle = before + _SECOND * ((after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _ahead(zone, middle) == old else (before, middle)
    return after


def _ahead(zone: ZoneInfo, instant: datetime) -> timedelta:
    """Of UTC."""
    return instant.astimezone(zone).utcoffset() or timedelta()
