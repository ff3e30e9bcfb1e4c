"""Failpoints: who dies or stalls where; that a service's own program has none."""

import signal
from pathlib import Path

import pytest

from leadpact.chaos import failing
from leadpact.chaos.failing import parse
from leadpact.kit.failpoints import NoFailpoints, Point
from leadpact.kit.runtime import Process
from leadpact.kit.settings import Settings


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[signal.Signals]:
    """What was sent to our own process."""
    signals: list[signal.Signals] = []
    monkeypatch.setattr("os.kill", lambda _, number: signals.append(number))
    return signals


def test_a_services_own_program_has_no_failpoints_whatever_its_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(failing.VARIABLE, "before_commit:1")
    settings = Settings(kafka="a:1", postgres="postgresql://a/b", master_key="00" * 32)
    assert isinstance(Process("intake", settings).failpoints, NoFailpoints)


def test_it_dies_at_the_passage_that_was_named(sent: list[signal.Signals]) -> None:
    points = parse("before_commit:2")
    for point in (Point.BEFORE_COMMIT, Point.AFTER_COMMIT, Point.BEFORE_COMMIT, Point.BEFORE_COMMIT):
        points.passed(point)
    assert sent == [signal.SIGKILL]


def test_it_counts_only_while_the_file_is_there(tmp_path: Path, sent: list[signal.Signals]) -> None:
    armed = tmp_path / "arm"
    points = parse(f"stop after_send:1@{armed}")
    points.passed(Point.AFTER_SEND)
    assert sent == []
    armed.touch()
    points.passed(Point.BEFORE_SEND)
    assert sent == []
    points.passed(Point.AFTER_SEND)
    assert sent == [signal.SIGSTOP]


def test_the_file_may_say_where(tmp_path: Path, sent: list[signal.Signals]) -> None:
    armed = tmp_path / "arm"
    points = parse(f"stop @{armed}")
    for told in (Point.BEFORE_SEND, Point.AFTER_FENCE):
        armed.write_text(told)
        points.passed(Point.BEFORE_FENCE)
        points.passed(told)
        points.passed(told)
        armed.unlink()
        points.passed(told)
    assert sent == [signal.SIGSTOP, signal.SIGSTOP]


@pytest.mark.parametrize("text", ["nowhere:1", "before_commit:x", "stop ", "stop :1"])
def test_what_names_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
