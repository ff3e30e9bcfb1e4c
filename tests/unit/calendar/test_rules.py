"""Business time by examples worked out by hand, one rule at a time."""

import sys
import zoneinfo
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import FrameType

import pytest

from leadpact import calendar
from leadpact.calendar import BeyondCalendar, Calendar, NeverOpen

OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
HOUR = timedelta(hours=1)


def year(zone: str = "Europe/Berlin", weekly: dict[str, list[str]] = OFFICE, closed: Sequence[date] = ()) -> Calendar:
    return calendar.resolve(zone, weekly, first=date(2026, 1, 1), last=date(2026, 12, 31), closed=closed)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def test_r2_an_hour_begun_on_friday_evening_ends_on_monday_morning() -> None:
    assert calendar.due(year(), utc("06-05T14:30"), HOUR) == utc("06-08T07:30")


def test_r2_a_budget_that_ends_with_the_day_is_due_at_closing() -> None:
    assert calendar.due(year(), utc("06-05T14:00"), HOUR) == utc("06-05T15:00")


def test_r2_the_closing_instant_is_closed() -> None:
    assert calendar.is_open(year(), utc("06-05T07:00"))
    assert not calendar.is_open(year(), utc("06-05T15:00"))
    assert calendar.is_open(year(), utc("06-05T15:00") - timedelta.resolution)


def test_r2_a_budget_of_nothing_is_due_at_the_next_opening() -> None:
    assert calendar.due(year(), utc("06-05T10:00"), timedelta()) == utc("06-05T10:00")
    assert calendar.due(year(), utc("06-05T15:00"), timedelta()) == utc("06-08T07:00")


@pytest.mark.parametrize(
    ("zone", "day", "midnight", "hours"),
    [
        ("Europe/Berlin", "sun", "03-28T23:00", 23),
        ("Europe/Berlin", "sun", "10-24T22:00", 25),
        ("America/New_York", "sun", "03-08T05:00", 23),
        ("America/New_York", "sun", "11-01T04:00", 25),
        ("Australia/Lord_Howe", "sun", "04-04T13:00", 24.5),
        ("Europe/Berlin", "thu", "06-03T22:00", 24),
    ],
)
def test_r2_a_whole_day_has_the_hours_its_clock_had(zone: str, day: str, midnight: str, hours: float) -> None:
    whole = year(zone, {day: ["00:00-24:00"]})
    start = utc(midnight)
    assert calendar.next_opening(whole, start - HOUR) == start
    assert calendar.elapsed(whole, start, start + timedelta(days=3)) == timedelta(hours=hours)


def test_r2_a_night_shift_loses_the_hour_that_is_skipped_and_gains_the_one_that_comes_twice() -> None:
    night = year(weekly={"sat": ["22:00-06:00"]})
    assert calendar.elapsed(night, utc("03-28T12:00"), utc("03-29T12:00")) == 7 * HOUR
    assert calendar.elapsed(night, utc("10-24T12:00"), utc("10-25T12:00")) == 9 * HOUR
    assert calendar.due(night, utc("03-28T21:00"), 4 * HOUR) == utc("03-29T01:00")
    assert calendar.due(night, utc("03-29T00:30"), HOUR) == utc("03-29T01:30")


def test_r2_hours_in_a_skipped_hour_are_none_and_in_a_repeated_one_belong_to_its_first_pass() -> None:
    early = year(weekly={"sun": ["02:00-02:30"]})
    assert calendar.elapsed(early, utc("03-28T12:00"), utc("03-29T12:00")) == timedelta()
    assert list(calendar.openings(early, utc("10-24T12:00"), utc("10-25T12:00"))) == [
        (date(2026, 10, 25), utc("10-25T00:00"), utc("10-25T00:30"))
    ]


def test_r2_a_night_shift_belongs_to_the_date_it_opens_on() -> None:
    night = year(weekly={"mon": ["22:00-06:00"], "tue": ["22:00-06:00"]}, closed=[date(2026, 6, 9)])
    assert list(calendar.openings(night, utc("06-08T00:00"), utc("06-11T00:00"))) == [
        (date(2026, 6, 8), utc("06-08T20:00"), utc("06-09T04:00"))
    ]


def test_r2_overlapping_days_count_once() -> None:
    weekly = {"mon": ["20:00-08:00"], "tue": ["07:00-09:00"]}
    assert calendar.elapsed(year(weekly=weekly), utc("06-08T00:00"), utc("06-10T00:00")) == 13 * HOUR


def test_r2_cost_grows_with_intervals_never_with_seconds() -> None:
    office = year()
    start = utc("06-01T07:00")

    def calls(budget: timedelta) -> int:
        return _calls(lambda: calendar.due(office, start, budget))

    calls(HOUR)  # what is looked up once is looked up here
    one_day = calls(8 * HOUR)
    assert calls(timedelta(seconds=1)) == one_day
    assert calls(60 * 8 * HOUR) <= 100 * one_day  # 60 working days are 82 dates with the week-ends


def _calls(work: Callable[[], object]) -> int:
    count = 0

    def counting(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_r3_a_holiday_is_skipped_and_a_special_date_has_its_own_hours() -> None:
    eve, christmas = date(2026, 12, 24), date(2026, 12, 25)
    office = calendar.resolve(
        "Europe/Berlin",
        OFFICE,
        first=date(2026, 12, 1),
        last=date(2026, 12, 31),
        closed=[eve, christmas],
        special={eve: ["09:00-12:00"]},
    )
    assert calendar.due(office, utc("12-24T10:00"), 2 * HOUR) == utc("12-28T09:00")


def test_r3_the_zone_library_is_never_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    office = year(weekly={"sun": ["00:00-24:00"]})

    def fail(key: str) -> zoneinfo.ZoneInfo:
        raise AssertionError(key)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", fail)
    monkeypatch.setattr("leadpact.calendar.resolving.ZoneInfo", fail)
    restored = calendar.from_dict(calendar.to_dict(office))
    assert calendar.elapsed(restored, utc("10-24T12:00"), utc("10-26T12:00")) == 25 * HOUR
    assert calendar.local(restored, utc("10-25T00:30")).isoformat() == "2026-10-25T02:30:00+02:00"


def test_r3_the_stored_transitions_decide_whatever_the_library_says_today() -> None:
    stored = calendar.to_dict(year())
    without_summer_time = calendar.from_dict({**stored, "offsets": stored["offsets"][:1]})
    assert calendar.next_opening(without_summer_time, utc("06-01T00:00")) == utc("06-01T08:00")
    assert calendar.next_opening(year(), utc("06-01T00:00")) == utc("06-01T07:00")


def test_r3_before_its_first_date_the_calendar_refuses_to_guess() -> None:
    office = year()
    before = datetime(2025, 12, 31, tzinfo=UTC)
    for question in (
        lambda: calendar.due(office, before, HOUR),
        lambda: calendar.due_days(office, before, 7),
        lambda: calendar.is_open(office, before),
        lambda: calendar.elapsed(office, before, utc("02-01T00:00")),
        lambda: calendar.business_days(office, date(2025, 12, 31), date(2026, 2, 1)),
        lambda: calendar.local(office, datetime(1, 1, 1, tzinfo=UTC)),
    ):
        with pytest.raises(BeyondCalendar):
            question()


def test_r3_the_first_known_offset_holds_from_before_the_calendar() -> None:
    summer_of_2017 = datetime(2017, 7, 6, 3, tzinfo=UTC)
    zone = year().zone
    assert zone.wall_time(summer_of_2017) == summer_of_2017 + HOUR, "winter time, by which 2026 begins"
    assert zone.local(summer_of_2017).isoformat() == "2017-07-06T04:00:00+01:00"


def test_r3_behind_its_last_date_the_weekly_hours_go_on_without_holidays() -> None:
    office = year(closed=[date(2026, 12, 31), date(2027, 1, 1)])
    assert calendar.due(office, utc("12-30T15:30"), HOUR) == datetime(2027, 1, 1, 8, 30, tzinfo=UTC)
    assert not calendar.is_open(office, datetime(2027, 1, 2, 10, tzinfo=UTC))
    assert calendar.elapsed(office, utc("12-31T00:00"), datetime(2027, 1, 9, tzinfo=UTC)) == 6 * 8 * HOUR
    assert calendar.business_days(office, date(2026, 12, 28), date(2027, 1, 4)) == 4
    assert calendar.due_days(office, utc("12-30T10:00"), 7) == datetime(2027, 1, 6, 10, tzinfo=UTC)


def test_r3_summer_time_is_known_for_a_year_behind_the_last_date() -> None:
    summer = datetime(2027, 7, 5, 7, tzinfo=UTC)
    assert calendar.next_opening(year(), summer - HOUR) == summer
    assert calendar.local(year(), summer).isoformat() == "2027-07-05T09:00:00+02:00"


def test_r3_the_last_date_is_known_to_its_last_instant() -> None:
    whole = year("UTC", {"thu": ["00:00-24:00"]})
    end = datetime(2027, 1, 1, tzinfo=UTC)
    assert calendar.due(whole, utc("12-31T00:00"), 24 * HOUR) == end
    assert calendar.elapsed(whole, utc("12-31T00:00"), end) == 24 * HOUR


def test_r4_leave_closes_the_owners_calendar() -> None:
    on_leave = calendar.with_absences(year(), [(utc("06-08T08:00"), utc("06-10T09:00"))])
    assert calendar.due(on_leave, utc("06-05T14:30"), HOUR) == utc("06-08T07:30")
    assert calendar.due(on_leave, utc("06-05T14:30"), 2 * HOUR) == utc("06-10T09:30")
    assert not calendar.is_open(on_leave, utc("06-09T10:00"))


def test_r4_overlapping_leave_counts_once_and_can_be_added_to() -> None:
    monday, tuesday, thursday = utc("06-08T00:00"), utc("06-09T00:00"), utc("06-11T00:00")
    once = calendar.with_absences(year(), [(monday, thursday)])
    assert calendar.with_absences(calendar.with_absences(year(), [(tuesday, thursday)]), [(monday, tuesday)]) == once
    assert calendar.with_absences(once, [(monday, tuesday)]) == once


def test_r2_a_calendar_that_never_opens_says_so() -> None:
    with pytest.raises(NeverOpen, match="no weekly hours"):
        calendar.due(year(weekly={}), utc("06-01T00:00"), HOUR)
    christmas_only = calendar.resolve(
        "UTC", {}, first=date(2026, 1, 1), last=date(2026, 12, 31), special={date(2026, 12, 25): ["09:00-12:00"]}
    )
    assert calendar.due(christmas_only, utc("06-01T00:00"), 3 * HOUR) == utc("12-25T12:00")
    for start in (utc("06-01T00:00"), datetime(2027, 6, 1, tzinfo=UTC)):
        with pytest.raises(NeverOpen, match="no weekly hours"):
            calendar.due(christmas_only, start, 4 * HOUR)
    with pytest.raises(NeverOpen, match="no weekly hours"):
        calendar.due_business_days(christmas_only, utc("06-01T00:00"), 1)


def test_r4_leave_of_years_ends_with_the_first_opening_after_it() -> None:
    back = datetime(2029, 6, 1, tzinfo=UTC)  # a Friday
    gone = calendar.with_absences(year("UTC"), [(utc("02-01T00:00"), back)])
    assert calendar.next_opening(gone, utc("03-01T00:00")) == back + 9 * HOUR
    assert calendar.elapsed(gone, utc("03-01T00:00"), utc("12-01T00:00")) == timedelta()


def test_r5_seven_days_are_the_same_local_time_a_week_later() -> None:
    assert calendar.due_days(year(), utc("03-26T11:00"), 7) == utc("04-02T10:00")
    assert calendar.due_days(year(), utc("06-06T03:00"), 7) == utc("06-13T03:00")


def test_r5_days_are_monotone_though_an_hour_repeats() -> None:
    dues = [calendar.due_days(year(), utc("10-25T00:00") + timedelta(minutes=n), 1) for n in range(180)]
    assert dues == sorted(dues)


def test_r5_business_days_end_with_the_closing_of_the_last_one() -> None:
    office = year(closed=[date(2026, 6, 8)])
    assert calendar.due_business_days(office, utc("06-04T10:00"), 1) == utc("06-05T15:00")
    assert calendar.due_business_days(office, utc("06-05T10:00"), 1) == utc("06-09T15:00")
    assert calendar.due_business_days(office, utc("06-05T10:00"), 0) == utc("06-05T15:00")
    # Saturday counts as the next opening does: Tuesday.
    assert calendar.due_business_days(office, utc("06-06T10:00"), 2) == utc("06-11T15:00")
    assert calendar.due_business_days(office, utc("12-30T10:00"), 2) == datetime(2027, 1, 1, 16, tzinfo=UTC)
    assert calendar.due_business_days(office, utc("12-30T10:00"), 1) == utc("12-31T16:00")


def test_r48_a_local_time_says_its_zone() -> None:
    shown = calendar.local(year("America/New_York"), utc("07-01T16:00"))
    assert (shown.isoformat(), shown.tzname()) == ("2026-07-01T12:00:00-04:00", "America/New_York")


def test_r53_a_part_of_a_month_is_prorated_by_business_days() -> None:
    office = year(closed=[date(2026, 6, 4)])  # June 2026: 22 weekdays, one of them a holiday
    assert calendar.business_days(office, date(2026, 6, 1), date(2026, 7, 1)) == 21
    assert calendar.prorate(office, date(2026, 6, 15), date(2026, 7, 1)) == Fraction(12, 21)
    assert calendar.prorate(office, date(2026, 12, 1), date(2027, 1, 1)) == 1
    assert calendar.prorate(office, date(2026, 6, 6), date(2026, 6, 8)) == 0
    with pytest.raises(ValueError, match="one month"):
        calendar.prorate(office, date(2026, 6, 15), date(2026, 7, 2))
    with pytest.raises(NeverOpen):
        calendar.prorate(year(weekly={}), date(2026, 6, 1), date(2026, 6, 2))
