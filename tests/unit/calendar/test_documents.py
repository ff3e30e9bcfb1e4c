"""A calendar survives storage, and what is no calendar is refused with a reason."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadpact import calendar
from leadpact.calendar import Calendar, InvalidCalendar, UnknownZone

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
EVE = date(2026, 12, 24)
LEAVE = (datetime(2026, 6, 8, tzinfo=UTC), datetime(2026, 6, 9, 0, 0, 1, tzinfo=UTC))


def full() -> Calendar:
    weekly = {"mon": ["22:00-06:00", "09:00-12:00"], "tue": ["00:00-24:00"], "sun": ["22:00-00:00", "08:00:30-09:00"]}
    special = {EVE: ["09:00-12:00"]}
    made = calendar.resolve("Europe/Berlin", weekly, first=FIRST, last=LAST, closed=[EVE], special=special)
    return calendar.with_absences(made, [LEAVE])


def test_r3_a_calendar_survives_json() -> None:
    assert calendar.from_dict(json.loads(json.dumps(calendar.to_dict(full())))) == full()


def test_r3_the_stored_form_is_plain() -> None:
    stored = calendar.to_dict(full())
    assert stored["weekly"][0] == ["09:00-12:00", "22:00-06:00"]
    assert stored["weekly"][6] == ["08:00:30-09:00", "22:00-24:00"]
    assert stored["special"] == {"2026-12-24": ["09:00-12:00"]}
    assert stored["offsets"][1:3] == [("2026-03-29T01:00:00Z", 7200), ("2026-10-25T01:00:00Z", 3600)]
    assert stored["absences"] == [("2026-06-08T00:00:00Z", "2026-06-09T00:00:01Z")]


@pytest.mark.parametrize(
    "text",
    [
        "9:00-17:00",
        "09:00",
        "09:00-09:00",
        "24:00-06:00",
        "09:60-10:00",
        "09:00-24:01",
        "25:00-26:00",
        "",
        "٠٩:00-10:00",
    ],
)
def test_hours_no_clock_shows_are_refused(text: str) -> None:
    with pytest.raises(InvalidCalendar):
        calendar.resolve("UTC", {"mon": [text]}, first=FIRST, last=LAST)


def test_overlapping_hours_are_refused() -> None:
    with pytest.raises(InvalidCalendar, match="overlap"):
        calendar.resolve("UTC", {"mon": ["09:00-12:00", "11:00-14:00"]}, first=FIRST, last=LAST)


def test_a_weekday_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidCalendar, match="'monday' is no weekday"):
        calendar.resolve("UTC", {"monday": ["09:00-12:00"]}, first=FIRST, last=LAST)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "", "a\0b"])
def test_a_zone_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(UnknownZone):
        calendar.resolve(zone, {}, first=FIRST, last=LAST)


@pytest.mark.parametrize(("first", "last"), [(date(1, 1, 1), LAST), (FIRST, date(9999, 12, 31)), (LAST, FIRST)])
def test_dates_no_calendar_can_hold_are_refused(first: date, last: date) -> None:
    with pytest.raises(InvalidCalendar):
        calendar.resolve("UTC", {}, first=first, last=last)


@pytest.mark.parametrize(
    "damage",
    [
        {"weekly": []},
        {"weekly": None},
        {"first": "2027-01-01"},
        {"first": 5},
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"offsets": []},
        {"offsets": [["2026-03-01T00:00:00Z", 3600]]},
        {"offsets": [["2025-12-01T00:00:00Z", 90000]]},
        {"offsets": [["2025-12-01T00:00:00", 3600]]},
        {"offsets": [["2025-12-01T00:00:00Z", 3600], ["2025-12-01T00:00:00Z", 0]]},
        {"absences": [["2026-06-09T00:00:00Z", "2026-06-08T00:00:00Z"]]},
        {"special": {"never": []}},
        {"special": []},
    ],
)
def test_a_damaged_document_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(InvalidCalendar):
        calendar.from_dict({**calendar.to_dict(full()), **damage})


def test_an_instant_without_a_zone_and_a_negative_budget_are_the_callers_mistake() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for mistake in (
        lambda: calendar.is_open(full(), noon.replace(tzinfo=None)),
        lambda: calendar.with_absences(full(), [(noon.replace(tzinfo=None), noon)]),
        lambda: calendar.due(full(), noon, -timedelta.resolution),
        lambda: calendar.elapsed(full(), noon, noon - timedelta.resolution),
        lambda: calendar.due_days(full(), noon, 0),
        lambda: calendar.due_business_days(full(), noon, -1),
    ):
        with pytest.raises(ValueError, match=r"zone|negative|before|deadline"):
            mistake()


def test_an_absence_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidCalendar):
        calendar.with_absences(full(), [(LEAVE[1], LEAVE[0])])
