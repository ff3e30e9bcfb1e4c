"""Verify's own calendar and that of the services agree, though they share nothing (rules 2, 3, 5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.calendar import due, due_business_days, due_days, elapsed, resolve, to_dict, with_absences
from leadpact.verify.judging.hours import Hours
from leadpact.verify.wire import micros, moment

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = dict.fromkeys(WEEKDAYS[:5], ("09:00-12:30", "13:30-18:00"))
NIGHT = {"mon": ("22:00-06:00",), "fri": ("22:00-06:00",), "sat": ("00:00-24:00",), "sun": ("01:30-03:30",)}
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    weekly=st.sampled_from((OFFICE, NIGHT)),
    seconds=st.integers(0, 330 * 86_400),
    microseconds=st.integers(0, 999_999),
    budget=st.integers(0, 80 * 3600),
    away=st.tuples(st.integers(0, 40), st.integers(1, 60)),
)
def test_r02_the_scan_and_the_walk_agree(
    zone: str, weekly: dict[str, tuple[str, ...]], seconds: int, microseconds: int, budget: int, away: tuple[int, int]
) -> None:
    start = BEGIN + timedelta(seconds=seconds, microseconds=microseconds)
    gone, back = start + away[0] * HOUR, start + (away[0] + away[1]) * HOUR
    calendar = resolve(zone, weekly, first=date(2026, 1, 1), last=date(2026, 12, 31))
    hours = Hours(to_dict(calendar), frozenset())
    absent, spans = with_absences(calendar, [(gone, back)]), [(micros(gone), micros(back))]
    at = micros(start)
    wanted = due(absent, start, timedelta(seconds=budget))
    assert moment(hours.due(at, budget * 1_000_000, spans)) == wanted
    assert hours.elapsed(at, micros(wanted), spans) == elapsed(absent, start, wanted) // timedelta(microseconds=1)
    days = budget // 20_000 + 1
    assert moment(hours.due_days(at, days)) == due_days(calendar, start, days)
    assert moment(hours.due_business_days(at, days, spans)) == due_business_days(absent, start, days)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_r02_the_days_on_which_the_clock_jumps_have_23_and_25_hours(day: date) -> None:
    always = dict.fromkeys(WEEKDAYS, ("00:00-24:00",))
    calendar = resolve("America/New_York", always, first=date(2026, 1, 1), last=date(2026, 12, 31))
    start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    hours = Hours(to_dict(calendar), frozenset())
    assert moment(hours.due(micros(start), 30 * 3600 * 1_000_000)) == due(calendar, start, 30 * HOUR)


def test_r04_a_closure_closes_the_date_it_names() -> None:
    calendar = to_dict(resolve("UTC", OFFICE, first=date(2026, 1, 1), last=date(2026, 12, 31)))
    start = micros(datetime(2026, 5, 5, 17, tzinfo=UTC))
    closed = Hours(calendar, frozenset({"2026-05-06"}))
    assert moment(closed.due(start, 2 * 3600 * 1_000_000)) == datetime(2026, 5, 7, 10, tzinfo=UTC)
