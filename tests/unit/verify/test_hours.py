"""Verify's own calendar agrees with a loop over every second, and with that of the services, though all three share
nothing (rules 2, 3, 5)."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadpact.calendar import due, due_business_days, due_days, elapsed, resolve, to_dict, with_absences
from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.hours import DAY, Hours
from leadpact.verify.wire import micros, moment

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = dict.fromkeys(WEEKDAYS[:5], ("09:00-12:30", "13:30-18:00"))
NIGHT = {"mon": ("22:00-06:00",), "fri": ("22:00-06:00",), "sat": ("00:00-24:00",), "sun": ("01:30-03:30",)}
WEEKS: dict[str, Mapping[str, tuple[str, ...]]] = {"office": OFFICE, "night": NIGHT}
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")
JUMPS = (
    ("America/New_York", date(2026, 3, 8)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
)
"""The clock goes forwards by an hour, back by one, and back by half of one."""
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


class Looked(NamedTuple):
    """From the second `begin` on: what the clock on the wall has shown at most, and the seconds that are open, each
    with the date whose hours hold it, both as numbers of seconds and days."""

    begin: int
    walls: list[int]
    open: list[tuple[int, int]]


@cache
def _looked(zone: str, day: date, week: str) -> Looked:
    """At each second from a day before a date to the end of the two behind it."""
    where, hours = ZoneInfo(zone), [_intervals(WEEKS[week], name) for name in WEEKDAYS]
    begin = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - DAY
    looked, wall = Looked(begin, [], []), 0
    for second in range(begin, begin + 4 * DAY):
        gone = datetime.fromtimestamp(second, where).utcoffset()
        assert gone is not None
        wall = max(wall, second + gone // timedelta(seconds=1))  # it stands still while an hour is repeated
        looked.walls.append(wall)
        today, of_day = divmod(wall, DAY)
        for date_, shown in ((today - 1, of_day + DAY), (today, of_day)):
            if any(opens <= shown < closes for opens, closes in hours[(date_ + 3) % 7]):
                looked.open.append((second, date_))
                break
    return looked


def _intervals(weekly: Mapping[str, tuple[str, ...]], name: str) -> list[tuple[int, int]]:
    found = []
    for text in weekly.get(name, ()):
        opens, closes = (int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in text.split("-"))
        found.append((opens, closes if closes > opens else closes + DAY))
    return found


@settings(max_examples=150, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # the smallest example takes minutes
@given(
    where=st.sampled_from(JUMPS),
    week=st.sampled_from(sorted(WEEKS)),
    start=st.integers(0, 3 * DAY),
    seconds=st.integers(1, 16 * 3600),
    days=st.integers(1, 2),
)
def test_r02_what_is_found_for_a_day_is_what_a_look_at_every_second_finds(
    where: tuple[str, date], week: str, start: int, seconds: int, days: int
) -> None:
    looked = _looked(*where, week)
    calendar = resolve(where[0], WEEKS[week], first=date(2026, 1, 1), last=date(2026, 12, 31))
    hours, at = Hours(to_dict(calendar), frozenset()), (looked.begin + start) * SECOND
    open_ = looked.open[bisect_left(looked.open, (looked.begin + start,)) :]
    if len(open_) >= seconds:
        last, _ = open_[seconds - 1]
        assert hours.due(at, seconds * SECOND) == (last + 1) * SECOND
        assert hours.elapsed(at, last * SECOND) == (seconds - 1) * SECOND
        assert hours.due(at, 0) == open_[0][0] * SECOND
    stands = start > 0 and looked.walls[start] == looked.walls[start - 1]  # behind the last second that was shown
    same = bisect_left(looked.walls, looked.walls[start] + stands + days * DAY)
    if same < len(looked.walls):
        assert hours.due_days(at, days) == (looked.begin + same) * SECOND
    dates = list(dict.fromkeys(day for _, day in open_))
    if len(dates) > days + 1:  # the last one of them may go on
        closing = max(second for second, day in open_ if day == dates[days])
        assert hours.due_business_days(at, days) == (closing + 1) * SECOND
