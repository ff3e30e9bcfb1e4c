"""An agreement's calendar written out: its dates, and its open stretches with the business time before each."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.hours import Hours
from leadpact.verify.judging.zone import first_instant, span
from leadpact.verify.wire import EPOCH, micros, moment

_DAY = timedelta(days=1)


class Day(NamedTuple):
    """A local date as instants `[begins, ends)`; a business day where hours open on it."""

    day: date
    begins: datetime
    ends: datetime
    is_open: bool


class Opening(NamedTuple):
    """Open time on end of one interval of one date, `[opens, closes)`, behind so many seconds of business time."""

    opens: datetime
    closes: datetime
    before_seconds: int


def days(calendar: Mapping[str, Any]) -> Iterator[Day]:
    """Every date of a calendar."""
    known, hours = dict(calendar), Hours(calendar, frozenset())
    day, last = (date.fromisoformat(calendar[name]) for name in ("first", "last"))
    begins = first_instant(known, _midnight(day))
    while day <= last:
        ends = first_instant(known, _midnight(day + _DAY))
        yield Day(day, begins, ends, bool(hours.starts((day - EPOCH.date()).days)))
        day, begins = day + _DAY, ends


def openings(calendar: Mapping[str, Any]) -> Iterator[Opening]:
    """Every open stretch of a calendar, its own absences taken out, ascending."""
    before = 0
    for opens, closes in _stretches(dict(calendar)):
        yield Opening(moment(opens), moment(closes), before)
        before += (closes - opens) // SECOND


def _stretches(calendar: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """The scan goes by UTC days and does not part intervals that touch: both is mended here."""
    hours, (begins, ends) = Hours(calendar, frozenset()), map(micros, span(calendar))
    day, opened, closed = 0, 0, 0
    for run in hours.runs(begins, end=ends):
        if run.opens >= ends:
            break
        if (run.day, run.opens) != (day, closed):
            if closed:
                yield opened, closed
            opened = run.opens
        for start in _starts(calendar, hours, run.day):
            if opened < start < run.closes:
                yield opened, start
                opened = start
        day, closed = run.day, min(run.closes, ends)
    if closed:
        yield opened, closed


def _starts(calendar: dict[str, Any], hours: Hours, day: int) -> list[int]:
    """When the intervals of a date open."""
    midnight = _midnight(EPOCH.date() + timedelta(days=day))
    return [micros(first_instant(calendar, midnight + timedelta(seconds=second))) for second in hours.starts(day)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
