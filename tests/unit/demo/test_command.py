"""`leadpact demo`: what its options do, with a story that is over at once."""

import asyncio
import json
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from typer.testing import CliRunner, Result

from leadpact.demo import live, playing
from leadpact.demo.stage import Times, Wanted
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local import cli
from leadpact.local.state import VARIABLE, State

DIFFERENCE = {"lead": "eve", "what": "routing", "expected": "met", "found": "missed"}


def result(*differences: dict[str, str]) -> dict[str, Any]:
    return {
        "agree": not differences,
        "comparisons": [DIFFERENCE | {"found": "met"}, *differences],
        "differences": list(differences),
        "counts": {"deliveries": 3, "facts": 2, "leads": 1, "mqls": 1, "verdicts": {}},
        "steps": {"number": 1, "mean_seconds": 0.1},
        "seconds": {"total": 1.0},
    }


class Played:
    """Stands for the check; knows what was wanted, and leaves data behind as a run does."""

    def __init__(self, comes: dict[str, Any]) -> None:
        self.comes = comes
        self.wanted: list[Wanted] = []

    async def __call__(self, state: State, wanted: Wanted, times: Times, tell: object) -> dict[str, Any]:
        del times, tell
        self.wanted.append(wanted)
        state.path.mkdir(parents=True)
        (state.path / "runner.json").write_text("{}")
        return self.comes


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def demo(*options: str) -> Result:
    arguments = ("demo", *options)
    return CliRunner().invoke(cli.command(arguments), arguments)


def test_a_check_that_agrees_ends_well_and_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(result())
    monkeypatch.setattr(playing, "checked", played)
    done = demo("--check", "--seed", "3", "--days", "20", "--json", str(place / "out.json"))
    assert done.exit_code == 0
    assert [(wanted.seed, wanted.days) for wanted in played.wanted] == [(3, 20)]
    assert json.loads((place / "out.json").read_text()) == played.comes
    assert not (place / "demo" / "runner.json").exists()


def test_a_check_that_differs_says_where_ends_with_1_and_leaves_the_data(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "checked", Played(result(DIFFERENCE)))
    done = demo("--check", "--json", str(place / "out.json"))
    assert done.exit_code == 1
    assert "eve\trouting\tmet\tmissed" in done.stdout
    assert json.loads((place / "out.json").read_text())["agree"] is False
    assert (place / "demo" / "runner.json").exists()


def test_kept_data_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "checked", Played(result()))
    played = demo("--check", "--keep")
    assert played.exit_code == 0
    assert "LEADPACT_STATE=" in played.output, "it says how to look at what it kept"
    assert (place / "demo" / "runner.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--json", "out.json"),
        ("--days", "-1"),
        ("--speed", "0"),
        ("--check", "--speed", "9"),
        ("--check", "--no-live"),
        ("--check", "--no-browser"),
    ],
)
def test_misuse_ends_with_2_before_anything_is_started(
    place: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    played = Played(result())
    monkeypatch.setattr(playing, "checked", played)
    monkeypatch.setattr(playing, "live", played)
    assert demo(*options).exit_code == 2
    assert played.wanted == []
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("variable", [KAFKA_VARIABLE, POSTGRES_VARIABLE])
@pytest.mark.parametrize("option", ["--check", "--no-live"])
def test_made_up_history_goes_into_no_broker_and_no_database_of_somebodys(
    place: Path, monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    played = Played(result())
    monkeypatch.setattr(playing, "checked", played)
    monkeypatch.setattr(playing, "live", played)
    monkeypatch.setenv(variable, "127.0.0.1:1")
    refused = demo(option)
    assert refused.exit_code == 2
    assert variable in refused.output and "unset it" in refused.output
    assert played.wanted == []
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(("speed", "plays"), [(None, 0), (60.0, 1)])
async def test_without_a_speed_the_history_is_all_and_stays_up(
    monkeypatch: pytest.MonkeyPatch, speed: float | None, plays: int
) -> None:
    played = AsyncMock()
    monkeypatch.setattr(live, "_play", played)
    monkeypatch.setattr(live, "_addresses", Mock())
    showing = asyncio.create_task(live._show(Mock(), Mock(), Mock(), Times(Mock()), speed, Mock(), browser=False))
    await asyncio.wait({showing}, timeout=0.05)
    assert not showing.done() and played.await_count == plays
    showing.cancel()


@pytest.mark.parametrize(("options", "speed"), [((), 60.0), (("--speed", "9"), 9.0), (("--no-live",), None)])
def test_live_goes_at_the_speed_asked_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], speed: float | None
) -> None:
    played = AsyncMock()
    monkeypatch.setattr(playing, "live", played)
    assert demo("--no-browser", *options).exit_code == 0
    assert played.await_args is not None and played.await_args.args[3] == speed
    assert list(place.iterdir()) == []
