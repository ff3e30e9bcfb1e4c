"""Whether time passes, as the doctor says it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leadpact.kit.pg.survey import Consuming
from leadpact.kit.settings import Settings
from leadpact.local.passing import judged, passing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def consuming(consumer: str, slowest: float | None, fastest: float | None, *, loading: bool = False) -> Consuming:
    """Marks so many seconds from now."""
    marks = {
        "slowest": None if slowest is None else NOW + timedelta(seconds=slowest),
        "fastest": None if fastest is None else NOW + timedelta(seconds=fastest),
    }
    return Consuming(
        consumer=consumer, slots=1, unowned=0, reached={}, parked=0, dead=0, members=(), loading=loading, **marks
    )


@pytest.mark.parametrize(
    ("marks", "well", "says"),
    [
        ([], True, "has not begun to pass"),
        ([(None, None)], True, "has not begun to pass"),
        ([(-5, -1), (-40, -1)], True, "s1 has passed all but the last 40 s"),
        ([(-5, -1), (-90, -1)], False, "s1 has passed all but the last 1 min 30 s"),
        ([(-5, -1), (-5, 7_205)], False, "marks are 2 h 00 min ahead of the business clock"),
    ],
    ids=["no consumer", "only relays", "passes", "stands", "ahead"],
)
def test_point7_time_that_stands_or_was_set_back_is_found(
    marks: list[tuple[float | None, float | None]], says: str, *, well: bool
) -> None:
    found = judged(NOW, 1.0, {f"s{n}": [consuming(f"c{n}", *each)] for n, each in enumerate(marks)})
    assert (found.well, found.says.startswith(says)) == (well, True), found.says


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        (
            [-2, -90, -91, -90],
            "qualifier has passed all but the last 1 min 30 s, and behind it wait sla-monitor, reporting",
        ),
        (
            [-90, -90, -95, -91],
            "intake has passed all but the last 1 min 30 s, and behind it wait qualifier, sla-monitor, reporting",
        ),
        ([-2, -2, -3, -90], "reporting has passed all but the last 1 min 30 s"),
        (
            [-59, -61, -61, -62],
            "intake has passed all but the last 59 s, and behind it wait qualifier, sla-monitor, reporting",
        ),
    ],
)
def test_point7_of_those_that_stand_the_first_is_named_for_the_others_wait_for_it(
    marks: list[float], says: str
) -> None:
    names = ("intake", "qualifier", "sla-monitor", "reporting")
    found = judged(NOW, 1.0, {name: [consuming("c", mark, mark)] for name, mark in zip(names, marks, strict=True)})
    assert (found.well, found.says) == (False, says)
    assert says.split(maxsplit=1)[0] in found.do


def test_point7_marks_of_a_moment_ahead_are_in_time() -> None:
    assert (
        judged(NOW, 1.0, {"a": [consuming("c", 3, 3)], "b": [consuming("c", 2, 2)]}).says
        == "b has passed all but the last 0 s"
    )


def test_r43_live_time_stands_while_history_is_being_loaded() -> None:
    history = {"first": [consuming("judge", -90, -90)], "then": [consuming("c", -90, -1, loading=True)]}
    found = judged(NOW, 1.0, history)
    assert found.well and found.says == (
        "first has passed all but the last 1 min 30 s, and behind it wait then, while history is being loaded"
    )


def test_point7_by_a_clock_that_runs_fast_marks_may_be_behind_by_as_much_more() -> None:
    behind = {"s": [consuming("c", -600, -600)]}
    assert judged(NOW, 60.0, behind).well and not judged(NOW, 1.0, behind).well


def test_a_clock_file_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{")
    told = {"kafka": "nobody:1", "postgres": "postgresql://nobody:1/x", "clock": tmp_path / "clock.json"}
    found = passing(Settings.model_validate({**told, "master_key": "00" * 32}), {})
    assert not found.well and "cannot be read" in found.says
