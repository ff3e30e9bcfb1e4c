"""What stands under a number (rule 37), and how a value is to be taken."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.reporting.domain.money import money
from leadpact.reporting.domain.panels import PANELS, STALE, Span, State
from leadpact.reporting.domain.sentences import plain
from leadpact.reporting.domain.wording import Here, newest, note, span, state
from leadpact.reporting.presenting import answered, promised

HERE = Here(date(2026, 11, 17), "America/New_York", "demand", 3, "Demand")
BY_ID = {panel.id: panel for panel in PANELS}


def share(hits: float, low: float, high: float, n: int) -> tuple[dict[str, float], ...]:
    return ({"share": hits, "low": low, "high": high, "n": n},)


def test_r37_a_share_names_its_n_its_span_and_its_agreement_version() -> None:
    rows = share(0.85, 0.8, 0.89, 239)
    assert note(BY_ID["first_response_month"], rows, HERE) == "n = 239 · 1–17 Nov · demand v3"  # noqa: RUF001 - a span


def test_r37_a_small_sample_is_said_to_be_small() -> None:
    assert "n = 29, small sample" in note(BY_ID["first_response_today"], share(0.6, 0.3, 0.8, 29), HERE)
    for n in (0, 30):
        assert "small" not in note(BY_ID["first_response_today"], share(0.6, 0.3, 0.8, n), HERE)


def test_a_small_sample_that_could_be_anything_is_not_judged() -> None:
    panel = BY_ID["first_response_today"]
    assert state(panel, share(0.6, 0.3, 0.95, 8)) is State.UNSURE
    assert state(panel, share(0.6, 0.3, 0.74, 8)) is State.BAD
    assert state(panel, share(0.6, 0.3, 0.95, 30)) is State.BAD


@pytest.mark.parametrize(("value", "held"), [(0.749, State.BAD), (0.75, State.WARN), (0.9, State.GOOD)])
def test_a_state_holds_from_its_step_on(value: float, held: State) -> None:
    assert state(BY_ID["first_response_month"], share(value, value, value, 100)) is held


def test_nothing_counted_is_not_judged() -> None:
    assert state(BY_ID["mqls_now"], ()) is None
    assert state(BY_ID["funnel"], ({"reached": 7},)) is None
    assert state(BY_ID["first_response_today"], ({"share": None, "low": None, "high": None, "n": 0},)) is None


def test_the_first_of_a_month_is_a_span_of_one_day() -> None:
    assert span(Span.MONTH, date(2026, 5, 1)) == "1 May"


def test_spans_of_days_name_both_ends() -> None:
    assert span(Span.DAYS_30, date(2026, 11, 17)).encode("ascii", "replace") == b"18 Oct ? 17 Nov"


def test_r48_a_time_of_day_says_its_zone() -> None:
    assert HERE.clock(datetime(2026, 11, 17, 15, 42, tzinfo=UTC)) == "10:42 EST"
    assert HERE.clock(datetime(2026, 7, 17, 15, 42, tzinfo=UTC)) == "11:42 EDT"


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (123_450, "EUR", "1,234.50 EUR"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (1_234, "JPY", "1,234 JPY"),
        (1_234, "KWD", "1.234 KWD"),
        (2**53 + 1, "USD", "90,071,992,547,409.93 USD"),
    ],
)
def test_r46_money_is_shown_exact_in_the_minor_units_of_its_currency(minor: int, currency: str, shown: str) -> None:
    assert money(minor, currency) == shown


@pytest.mark.parametrize(
    ("seconds", "unit", "shown"),
    [
        (3_600, "business", "1 h 00 min of business time"),
        (604_800, "elapsed", "7 d 00 h of elapsed time"),
        (604_800, "days", "7 days"),
        (86_400, "business_days", "1 business day"),
    ],
)
def test_r05_a_budget_says_whether_it_counts_days_or_time(seconds: int, unit: str, shown: str) -> None:
    assert promised(seconds, unit) == shown


@pytest.mark.parametrize(
    ("seconds", "budget", "shown"),
    [
        (3_647, 3_600, "1 h 00 min 47 s"),
        (3_600, 3_600, "1 h 00 min"),
        (3_725, 3_600, "1 h 02 min"),
        (600_000, 604_800, "6 d 22 h"),
        (604_801, 604_800, "7 d 00 h 00 min 01 s"),
        (0, 900, "0 s"),
    ],
)
def test_an_answer_shows_the_units_that_put_it_in_time_or_late(seconds: int, budget: int, shown: str) -> None:
    assert answered(seconds, budget) == shown


def test_attributes_are_written_as_people_write_them() -> None:
    assert [plain(value) for value in (True, False, 60, "vp")] == ["yes", "no", "60", "vp"]


def test_r43_only_where_history_is_the_newest_the_wall_says_until_when_it_reaches() -> None:
    noon = datetime(2018, 11, 14, 12, tzinfo=UTC)
    assert newest(noon, Lane.BACKFILL, HERE) == "14 Nov 2018"
    assert newest(noon, Lane.LIVE, HERE) is None
    assert newest(None, None, HERE) is None


def test_the_wall_calls_numbers_old_when_the_runbook_alarms() -> None:
    runbook = (Path(__file__).parents[3] / "docs" / "runbook.md").read_text()
    assert f"`leadpact_reports_behind_seconds` > {STALE:.0f} |" in runbook
    assert state(BY_ID["freshness"], ({"behind_seconds": STALE - 1},)) is State.GOOD
    assert state(BY_ID["freshness"], ({"behind_seconds": STALE},)) is State.WARN
    assert state(BY_ID["freshness"], ({"behind_seconds": STALE},), speed=2) is State.GOOD
