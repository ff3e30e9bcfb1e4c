"""The business clock: scaled, shifted, stepped by a file that processes share, and never back."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from leadpact.kit.clock import SystemClock, create, step_to, wrong_by
from leadpact.kit.errors import ClockError
from leadpact.testkit.conformance.clock import ClockConformance, PassTime, Step

MONDAY = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)


def test_without_a_file_business_time_is_the_wall() -> None:
    clock = SystemClock()
    before, business, after = clock.wall(), clock.business(), clock.wall()
    assert before <= business <= after


@pytest.mark.parametrize("said", ["600", "-600", None])
def test_a_wall_clock_is_wrong_by_what_its_file_says_and_right_without_it(tmp_path: Path, said: str | None) -> None:
    file = tmp_path / "intake"
    if said is not None:
        file.write_text(said)
    right, clock, wrong = SystemClock(), SystemClock(wrong=wrong_by(file)), timedelta(seconds=float(said or 0))
    before, wall, business, after = right.wall(), clock.wall(), clock.business(), right.wall()
    assert before <= wall - wrong <= business - wrong <= after
    assert wrong_by(None) == timedelta()


def test_a_scaled_clock_starts_at_its_origin_and_runs_faster(tmp_path: Path) -> None:
    create(tmp_path / "clock.json", MONDAY, scale=1_000_000)
    clock = SystemClock(tmp_path / "clock.json")
    first = clock.business()
    assert first >= MONDAY
    wall = clock.wall()
    while clock.wall() - wall < timedelta(milliseconds=2):
        pass
    assert clock.business() - first >= timedelta(seconds=2_000)


def test_two_readers_of_one_file_agree_after_a_step(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    create(path, MONDAY)
    one, other = SystemClock(path), SystemClock(path)
    step_to(path, MONDAY + timedelta(days=7))
    assert abs(one.business() - other.business()) < timedelta(seconds=5)
    assert one.business() >= MONDAY + timedelta(days=7)


def test_a_step_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    create(path, MONDAY)
    with pytest.raises(ClockError, match="does not go back"):
        step_to(path, MONDAY - timedelta(seconds=1))


def test_a_reader_never_goes_back_even_if_the_file_does(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    create(path, MONDAY)
    clock = SystemClock(path)
    before = clock.business()
    create(path, MONDAY - timedelta(days=1))
    assert clock.business() >= before


def test_a_clock_file_that_vanishes_leaves_the_clock_running(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    create(path, MONDAY)
    clock = SystemClock(path)
    path.unlink()
    assert clock.business() >= MONDAY


@pytest.mark.parametrize("content", [None, b"", b'{"scale": "fast"}'])
def test_a_clock_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "clock.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClockError, match=r"clock\.json"):
        SystemClock(path)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    create(path, MONDAY)
    step_to(path, MONDAY + timedelta(hours=1))
    assert [found.name for found in tmp_path.iterdir()] == ["clock.json"]


def test_a_clock_that_stands_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="does not advance"):
        create(tmp_path / "clock.json", MONDAY, scale=0)


class TestSystemClock(ClockConformance):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        create(tmp_path / "clock.json", MONDAY)
        return tmp_path / "clock.json"

    @pytest.fixture
    def clock(self, path: Path) -> SystemClock:
        return SystemClock(path)

    @pytest.fixture
    def step(self, path: Path) -> Step:
        return partial(step_to, path)

    @pytest.fixture
    def pass_time(self) -> PassTime:
        return lambda _: None
