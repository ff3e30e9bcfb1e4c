"""Rule 2 as properties: whatever the zone, the hours and the leave, the slow oracle and the calendar agree."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadpact.calendar import (
    Calendar,
    NeverOpen,
    due,
    elapsed,
    is_open,
    next_opening,
    resolve,
    with_absences,
)
from tests.unit.calendar.oracle import WEEKDAYS, Oracle, oracle

# A zone and the day on which its clock jumps: forwards, backwards, by half an hour, at midnight, or never.
JUMPS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Asia/Kolkata", date(2026, 5, 5)),
]


@dataclass(frozen=True)
class Case:
    """A calendar of four days around a jump, and its oracle."""

    calendar: Calendar
    slow: Oracle


def _hours(bounds: list[int]) -> list[str]:
    """Turn an even number of ascending minutes into hours; an odd one left over reaches over midnight."""
    texts = [_clock(minute) for minute in bounds]
    pairs = [f"{opens}-{closes}" for opens, closes in zip(texts[::2], texts[1::2], strict=False)]
    return [*pairs, f"{texts[-1]}-{texts[0]}"] if len(texts) % 2 and len(texts) > 1 else pairs


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


DAY_HOURS = st.lists(st.integers(0, 24 * 60 - 1), max_size=5, unique=True).map(sorted).map(_hours) | st.sampled_from(
    [["00:00-24:00"], ["22:00-06:00"], ["09:00-12:00", "18:00-11:00"]]
).map(list)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw hours for each weekday, a closed day and two absences."""
    zone, jump = draw(st.sampled_from(JUMPS))
    first, last = jump - timedelta(days=2), jump + timedelta(days=1)
    weekly = {weekday: draw(DAY_HOURS) for weekday in WEEKDAYS}
    closed = draw(st.lists(st.sampled_from([first, jump]), max_size=1))
    minutes = st.integers(0, 4 * 24 * 60)
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    absences = [
        (midnight + timedelta(minutes=gone), midnight + timedelta(minutes=gone + length))
        for gone, length in draw(st.lists(st.tuples(minutes, st.integers(1, 2000)), max_size=2))
    ]
    calendar = resolve(zone, weekly, first=first, last=last, closed=closed)
    return Case(
        with_absences(calendar, absences),
        oracle(zone, weekly, first=first, last=last, closed=closed, absences=absences),
    )


def _instant(calendar: Calendar, second: int) -> datetime:
    return calendar.begins + timedelta(seconds=second) % (calendar.ends - calendar.begins)


SECONDS = st.integers(0, 4 * 24 * 3600)
BUDGETS = st.integers(0, 3 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(cases(), SECONDS, BUDGETS)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_r2_due_is_what_the_oracle_says_to_the_second(case: Case, second: int, budget: timedelta) -> None:
    start = _instant(case.calendar, second)
    try:
        expected = case.slow.due(start, budget)
    except LookupError:
        expected = None
    try:
        found = due(case.calendar, start, budget)
    except NeverOpen:
        found = None
    if expected is None and any(case.calendar.weekly):
        assert found is not None and found > case.calendar.ends
    else:
        assert found == expected


@given(cases(), SECONDS, SECONDS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_r2_elapsed_and_open_are_what_the_oracle_says(case: Case, one: int, other: int) -> None:
    start, end = sorted((_instant(case.calendar, one), _instant(case.calendar, other)))
    assert elapsed(case.calendar, start, end) == case.slow.elapsed(start, end)
    assert is_open(case.calendar, start) == case.slow.is_open(start)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar of a whole year that is open for at least an hour each Wednesday."""
    zone, jump = draw(st.sampled_from(JUMPS))
    weekly = {weekday: draw(DAY_HOURS) for weekday in WEEKDAYS} | {"wed": ["04:00-05:00"]}
    calendar = resolve(zone, weekly, first=date(2026, 1, 1), last=date(2027, 12, 31))
    gone = datetime(jump.year, jump.month, jump.day, tzinfo=UTC)
    return with_absences(calendar, [(gone, gone + timedelta(hours=draw(st.integers(1, 200))))])


@st.composite
def starts(draw: st.DrawFn) -> datetime:
    """Draw an instant, mostly near a jump of the clock, where mistakes live."""
    _, jump = draw(st.sampled_from(JUMPS))
    near = st.integers(-3 * 24 * 3600, 3 * 24 * 3600)
    return datetime(jump.year, jump.month, jump.day, tzinfo=UTC) + timedelta(seconds=draw(near))


@given(calendars(), starts(), starts(), BUDGETS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_r2_due_is_monotone_in_start(calendar: Calendar, one: datetime, other: datetime, budget: timedelta) -> None:
    earlier, later = sorted((one, other))
    assert due(calendar, earlier, budget) <= due(calendar, later, budget)


@given(calendars(), starts(), BUDGETS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_r2_every_instant_of_a_closed_period_is_due_as_its_next_opening(
    calendar: Calendar, start: datetime, budget: timedelta
) -> None:
    opening = next_opening(calendar, start)
    assert is_open(calendar, opening)
    assert elapsed(calendar, start, opening) == timedelta()
    assert due(calendar, start, budget) == due(calendar, opening, budget)


@given(calendars(), starts(), BUDGETS)
@example(
    resolve("Europe/Berlin", {"sun": ["00:00-24:00"]}, first=date(2026, 1, 1), last=date(2026, 12, 31)),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
    timedelta(hours=25),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_r2_what_has_elapsed_at_due_is_the_budget(calendar: Calendar, start: datetime, budget: timedelta) -> None:
    assert elapsed(calendar, start, due(calendar, start, budget)) == budget
