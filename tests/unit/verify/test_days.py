"""An agreement's days and openings, as verify scans them and as reporting walks them (rules 2, 3, 4)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leadpact.calendar import resolve, to_dict, with_absences
from leadpact.contracts.events.control import InForce
from leadpact.contracts.registry import read
from leadpact.reporting.domain import agreements, terms
from leadpact.verify.judging.days import days, openings
from tests.unit.verify.recorded import Recorded

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = dict.fromkeys(WEEKDAYS[:5], ("05:00-05:30", "05:30-06:00", "09:00-12:30", "12:30-18:00"))
NIGHT = {
    "mon": ("22:00-06:00",),
    "tue": ("04:00-08:00", "08:00-10:00", "22:00-24:00"),
    "wed": ("00:00-24:00",),
    "sat": ("22:00-06:00",),
    "sun": ("00:30-01:30", "01:30-02:30", "02:30-03:30"),
}
"""Over midnight, one into the next, side by side (in India where a UTC day ends), and on hours that are skipped or come
twice."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=40)
@given(
    zone=st.sampled_from(("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")),
    weekly=st.sampled_from((OFFICE, NIGHT, {})),
    first=st.integers(0, 330),
    length=st.integers(0, 60),
    away=st.tuples(st.integers(0, 9_000), st.integers(1, 200)),
)
@example(zone="America/New_York", weekly=NIGHT, first=60, length=5, away=(0, 1))  # a night before a jump
def test_r02_days_and_openings_are_those_that_reporting_writes(
    healthy: Recorded,
    zone: str,
    weekly: dict[str, tuple[str, ...]],
    first: int,
    length: int,
    away: tuple[int, int],
) -> None:
    gone = BEGIN + timedelta(hours=away[0])
    begins = date(2026, 1, 1) + timedelta(days=first)
    plain = resolve(zone, weekly, first=begins, last=begins + timedelta(days=length))
    calendar = to_dict(with_absences(plain, [(gone, gone + timedelta(minutes=37 * away[1]))]))
    event = read(healthy.event(*healthy.find("leads", "agreement.in_force")))
    assert isinstance(event, InForce)
    rows = list(agreements.rows(replace(event, agreement=replace(event.agreement, calendar=calendar)), BEGIN))
    assert list(days(calendar)) == [row[2:] for row in rows if isinstance(row, terms.Day)]
    assert list(openings(calendar)) == [row[2:] for row in rows if isinstance(row, terms.Opening)]
