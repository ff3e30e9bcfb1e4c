"""The calendar as data: everything needed to compute business time, so that a verdict never depends on a library."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from leadpact.calendar.errors import BeyondCalendar, InvalidCalendar
from leadpact.calendar.hours import Hours
from leadpact.calendar.zone import Zone, midnight

DAYS_A_WEEK = 7
_DAY = timedelta(days=1)
_YEARS = range(1970, 2200)  # the zone library vouches for nothing before 1970


@dataclass(frozen=True)
class Calendar:
    """Opening hours of one zone, resolved for the local dates `first` to `last`, both included (rules 2, 3).

    Behind `last` the weekly hours go on without holidays, at the offsets that are stored: what runs by the calendar
    when it ends is still due some time (docs/adr/0011).

    An interval belongs to the date it opens on: a closed date loses the intervals that open on it, while a night
    shift begun the evening before runs to its end. A special date has its own intervals, even on a closed date.
    """

    zone: Zone
    first: date
    last: date
    weekly: tuple[tuple[Hours, ...], ...]
    """One tuple of hours per weekday, Monday first."""
    closed: frozenset[date]
    special: tuple[tuple[date, tuple[Hours, ...]], ...]
    absences: tuple[tuple[datetime, datetime], ...] = ()
    """Closed besides: UTC spans `[from, to)`, ascending and apart."""

    def __post_init__(self) -> None:
        """Refuse data that the arithmetic could not trust."""
        check_span(self.first, self.last)
        if len(self.weekly) != DAYS_A_WEEK:
            _refuse("a week has seven days")
        if self.zone.offsets[0].since > midnight(self.first) - _DAY:
            _refuse("the offset at its beginning is not known")
        ends = [instant for absence in self.absences for instant in absence]
        if any(earlier >= later for earlier, later in pairwise(ends)):
            _refuse("its absences are empty, overlap or are not ascending")

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """Give the intervals that open on a local date, before absences."""
        if day in self._special:
            return self._special[day]
        return () if day in self.closed else self.weekly[day.weekday()]

    def known(self, instant: datetime) -> datetime:
        """Give the instant in UTC; raise BeyondCalendar before the calendar begins."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no time zone")
        if instant < self.begins:
            raise BeyondCalendar(f"{instant.isoformat()} is before the calendar begins, {self.first}")
        return instant.astimezone(UTC)

    @cached_property
    def begins(self) -> datetime:
        """The first instant (UTC) the calendar knows."""
        return self.zone.first_instant(midnight(self.first))

    @cached_property
    def ends(self) -> datetime:
        """The instant (UTC) at which the calendar's knowledge ends."""
        return self.zone.first_instant(midnight(self.last + _DAY))

    @cached_property
    def _special(self) -> dict[date, tuple[Hours, ...]]:
        return dict(self.special)


def local(calendar: Calendar, instant: datetime) -> datetime:
    """Give an instant as a local datetime whose `tzname()` is the calendar's zone (rule 48); raises as `known` does."""
    return calendar.zone.local(calendar.known(instant))


def check_span(first: date, last: date) -> None:
    """Raise InvalidCalendar unless the dates ascend and lie where zones are known."""
    if first.year not in _YEARS or last.year not in _YEARS:
        _refuse(f"it lies between {_YEARS.start} and {_YEARS.stop - 1}, not {first} to {last}")
    if first > last:
        _refuse(f"it ends ({last}) before it begins ({first})")


def _refuse(why: str) -> None:
    raise InvalidCalendar(f"not a calendar: {why}")
