"""Check 8 goes red: the round robin stands where no turn has led it, or somebody has leads that are not theirs."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from leadpact.verify.turns import Shared
from tests.unit.verify.recorded import Recorded

WHERE = ("state", "shared team:inbound")


def _says(week: Recorded) -> list[str]:
    found = week.violations()
    assert {each[:2] for each in found} <= {WHERE}
    return [says for _, _, says in found]


def test_the_week_has_counters(healthy: Recorded) -> None:
    [row] = healthy.rotas
    told = msgspec.json.decode(row.data)
    assert row.name == "team:inbound" and any(turn["credit"] for turn in told.values())
    assert any(turn["load"] for turn in told.values())


def _anns(name: str, value: int) -> Callable[[Any], object]:
    return lambda told: told["ann"].__setitem__(name, told["ann"][name] + value)


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (_anns("credit", 1), "which none sees and which does not stand"),
        (_anns("load", 1), "open leads, it holds"),
        (lambda told: told.pop("bob"), "which none sees and which does not stand"),
    ],
)
def test_r33_the_counters_are_those_of_the_turns(week: Recorded, plant: Callable[[Any], object], says: str) -> None:
    [row] = week.rotas
    told = msgspec.json.decode(row.data)
    plant(told)
    week.rotas = [row._replace(data=msgspec.json.encode(told))]
    assert any(says in each for each in _says(week))


def test_r33_counters_are_not_forgotten(week: Recorded) -> None:
    week.rotas = []
    says = _says(week)
    assert any("which none sees and which does not stand" in each for each in says)
    assert any("open leads, it holds 0" in each for each in says)


def test_r33_no_turn_sees_what_none_has_led_to(week: Recorded) -> None:
    place, index = week.find("sla", "lead.assigned", 1)
    week.say(place, index, counters={"ann": 7, "bob": -7})
    assert any('{"ann":7,"bob":-7}' in says for _, _, says in week.violations())


def test_r33_nor_does_another_assignment(week: Recorded) -> None:
    place, index = week.find("sla", "lead.assigned", -1)
    assert msgspec.json.decode(week.event(place, index).data)["by"] == "crm"
    week.say(place, index, counters={"ann": 7, "bob": -7})
    assert _says(week) == ['an assignment saw {"ann":7,"bob":-7}, to which no turn leads']


def test_counters_that_nobody_can_read_are_found(week: Recorded) -> None:
    week.rotas.append(Shared("team:outbound", b"[1]"))
    assert ("state", "shared team:outbound", "it cannot be read: AttributeError") in week.violations()


def test_nothing_is_said_of_them_where_a_lead_was_set_aside(week: Recorded) -> None:
    week.change(*week.find("sla", "clock.judged"), revision=7)
    week.rotas = []
    assert not any(where.startswith("shared") for _, where, _ in week.violations())
