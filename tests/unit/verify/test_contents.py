"""Check 8 goes red by what a state holds, not by how much of it: the same numbers of everything, and other facts."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.unit.verify.recorded import Recorded

Plant = Callable[[Any], object]


def _planted(week: Recorded, consumer: str, plant: Plant, has: Callable[[Any], Any]) -> None:
    """The first state of a consumer that has something is changed, and that is found."""
    for index, cell in enumerate(week.kept):
        told = msgspec.msgpack.decode(cell.data) if cell.data and cell.consumer == consumer else None
        if told is not None and has(told):
            plant(told)
            week.kept[index] = cell._replace(data=msgspec.msgpack.encode(told))
            assert [(check, where) for check, where, _ in week.violations()] == [
                ("state", f"state of {consumer} {cell.key}")
            ]
            return
    pytest.fail("nobody has it")


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
    _planted(week, "qualifier", plant, lambda told: told[2] and told[3] and told[4])


@pytest.mark.parametrize(
    ("name", "value"), [("id", "x"), ("actor", "zoe"), ("kind", "social"), ("reference", "x"), ("seconds", 1)]
)
def test_r24_touches_are_those_of_the_facts(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: told["touches"][0].__setitem__(name, value)  # noqa: E731 - a plant
    _planted(week, "sla-monitor", plant, lambda told: told["touches"])


@pytest.mark.parametrize(("name", "value"), [("evidence", ["x"]), ("warned", [1]), ("ending", None)])
def test_a_clock_holds_what_it_rests_on(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: _first(told, name).__setitem__(name, value)  # noqa: E731 - a plant
    _planted(week, "sla-monitor", plant, lambda told: _first(told, name))


@pytest.mark.parametrize(
    ("name", "value"), [("qualified_by", "x"), ("counted", {"calls": 9, "emails": 9, "socials": 9}), ("version", 9)]
)
def test_a_run_holds_what_was_said_of_it(week: Recorded, name: str, value: object) -> None:
    plant = lambda told: told["engagements"][0].__setitem__(name, value)  # noqa: E731 - a plant
    _planted(week, "sla-monitor", plant, lambda told: told["engagements"])


@pytest.mark.parametrize("name", ["consents", "crm"])
def test_r49_the_last_words_are_those_of_the_facts(week: Recorded, name: str) -> None:
    def plant(told: Any) -> None:  # noqa: ANN401 - decoded without its type
        word = told[name][0] if name == "consents" else told[name]
        word["fact"] = "x"

    _planted(week, "sla-monitor", plant, lambda told: told[name])


@pytest.mark.parametrize("data", [bytes(40), msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"touches": 1})])
@pytest.mark.parametrize("consumer", ["qualifier", "sla-monitor"])
def test_bytes_that_are_no_state_are_found(week: Recorded, consumer: str, data: bytes) -> None:
    index = next(n for n, cell in enumerate(week.kept) if cell.consumer == consumer)
    week.kept[index] = week.kept[index]._replace(data=data)
    [(check, where, says)] = week.violations()
    assert (check, where) == ("state", f"state of {consumer} {week.kept[index].key}")
    assert "what cannot be read" in says
