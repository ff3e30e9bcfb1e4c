"""Check 8 goes red by what a state holds, not by how much of it: the same numbers of everything, and other facts."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.unit.verify.planting import Plant, planted
from tests.unit.verify.recorded import Recorded


def _first(told: Any, name: str) -> Any:  # noqa: ANN401 - decoded without its type
    """The first clock that has something."""
    return next((c for run in told["engagements"] for c in run["clocks"] if c[name]), None)


@pytest.mark.parametrize(
    "plant",
    [
        lambda told: told.__setitem__(2, bytes(len(told[2]))),
        lambda told: told[1][0].__setitem__(1, "another"),
        lambda told: next(iter(told[3].values()))[0].__setitem__(2, "another"),
        lambda told: next(iter(told[3].values()))[0].__setitem__(1, bytes(16)),
        lambda told: told[4].__setitem__(3, "another"),
        lambda told: told.__setitem__(7, told[7] + 1),
        lambda told: told.__setitem__(9, told[9] + 1),
    ],
    ids=["signals", "names", "value", "fact of a value", "capture", "whole from", "judged"],
)
def test_r14_a_ledger_is_that_of_the_facts(week: Recorded, plant: Plant) -> None:
    planted(week, "qualifier", plant, lambda told: told[2] and told[3] and told[4])


@pytest.mark.parametrize(
    ("name", "value"), [("id", "x"), ("actor", "zoe"), ("kind", "social"), ("reference", "x"), ("seconds", 1)]
)
def test_r24_touches_are_those_of_the_facts(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: told["touches"][0].__setitem__(name, value)  # noqa: E731 - a plant
    planted(week, "sla-monitor", plant, lambda told: told["touches"])


@pytest.mark.parametrize(("name", "value"), [("evidence", ["x"]), ("warned", [1]), ("ending", None)])
def test_a_clock_holds_what_it_rests_on(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: _first(told, name).__setitem__(name, value)  # noqa: E731 - a plant
    planted(week, "sla-monitor", plant, lambda told: _first(told, name))


def test_r27_an_ending_has_the_words_that_a_verdict_says(week: Recorded) -> None:
    plant = lambda told: _first(told, "ending")["ending"].__setitem__("says", "x")  # noqa: E731 - a plant
    planted(week, "sla-monitor", plant, lambda told: _first(told, "ending"))


@pytest.mark.parametrize("name", ["owner", "started_at", "due", "ended_at"])
def test_r31_segments_that_are_over_stay_what_they_were(week: Recorded, name: str) -> None:
    def of(told: Any) -> Any:  # noqa: ANN401 - decoded without its type
        clocks = (clock for run in told["engagements"] for clock in run["clocks"])
        return next((clock["segments"][0] for clock in clocks if len(clock["segments"]) > 1), None)

    value = "zoe" if name == "owner" else datetime(2026, 5, 5, tzinfo=UTC)
    planted(week, "sla-monitor", lambda told: of(told).__setitem__(name, value), of)


@pytest.mark.parametrize(
    ("name", "value"), [("qualified_by", "x"), ("counted", {"calls": 9, "emails": 9, "socials": 9}), ("version", 9)]
)
def test_a_run_holds_what_was_said_of_it(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: told["engagements"][0].__setitem__(name, value)  # noqa: E731 - a plant
    planted(week, "sla-monitor", plant, lambda told: told["engagements"])


@pytest.mark.parametrize("name", ["consents", "crm"])
def test_r49_the_last_words_are_those_of_the_facts(week: Recorded, name: str) -> None:
    def plant(told: Any) -> None:  # noqa: ANN401 - decoded without its type
        word = told[name][0] if name == "consents" else told[name]
        word["fact"] = "x"

    planted(week, "sla-monitor", plant, lambda told: told[name])


@pytest.mark.parametrize("data", [bytes(40), msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"touches": 1})])
@pytest.mark.parametrize("consumer", ["qualifier", "sla-monitor"])
def test_bytes_that_are_no_state_are_found(week: Recorded, consumer: str, data: bytes) -> None:
    index = next(n for n, cell in enumerate(week.kept) if cell.consumer == consumer)
    week.kept[index] = week.kept[index]._replace(data=data)
    [(check, where, says)] = week.violations()
    assert (check, where) == ("state", f"state of {consumer} {week.kept[index].key}")
    assert "what cannot be read" in says
