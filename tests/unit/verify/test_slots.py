"""Check 8 goes red: a slot knows something else for all its leads than its control records say."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from leadpact.verify.slots import Slot
from tests.tour.people import ADA, ANN, OPERATIONS
from tests.tour.world import World, when
from tests.unit.verify.recorded import Recorded, recorded

EVER = datetime(2026, 5, 1, tzinfo=UTC)


async def _ordered() -> World:
    """Leave, a closure, a stall, and an agreement."""
    world = await World().begins()
    span = {"from": when("Thu 12:00").isoformat(), "to": when("Fri 12:00").isoformat()}
    await world.commands("Mon 10:00", OPERATIONS, command="leave", rep=ANN, **span, reason="she marries")
    await world.commands(
        "Mon 10:01", OPERATIONS, command="closure", team="inbound", day="2026-05-06", reason="a strike"
    )
    await world.resumes("Mon 15:00")
    await world.asks_for_a_demo("Mon 15:10", ADA)
    return world


@pytest.fixture(scope="module")
def ordered() -> Recorded:
    return recorded(_ordered)


@pytest.fixture
def day(ordered: Recorded) -> Recorded:
    return ordered.copy()


def _planted(day: Recorded, consumer: str, plant: Callable[[Any], object]) -> list[tuple[str, str, str]]:
    index, slot = next((n, each) for n, each in enumerate(day.known_by) if each.consumer == consumer)
    told = msgspec.msgpack.decode(slot.data)
    plant(told)
    day.known_by[index] = slot._replace(data=msgspec.msgpack.encode(told))
    found = day.violations()
    assert {each[:2] for each in found} == {("state", f"state of slot {consumer}/{slot.number}")}
    return found


def test_slots_are_looked_at(ordered: Recorded) -> None:
    assert ordered.violations() == []
    told = msgspec.msgpack.decode(next(each.data for each in ordered.known_by if each.consumer == "sla-monitor"))
    assert all(told[name] for name in ("agreements", "rosters", "leaves", "closures", "stalls", "reigns"))


@pytest.mark.parametrize(
    "plant",
    [
        lambda told: told["leaves"].clear(),
        lambda told: told["leaves"].__setitem__("zoe", told["leaves"]["ann"]),
        lambda told: told["leaves"]["ann"][0].__setitem__("to_at", EVER),
        lambda told: told["closures"].__setitem__("inbound", []),
        lambda told: told["rosters"]["inbound"][0].__setitem__("id", "zoe"),
        lambda told: told["rosters"]["inbound"].pop(),
        lambda told: told["agreements"]["sample@1"]["first_response"].__setitem__("budget_seconds", 7),
        lambda told: told["agreements"].clear(),
        lambda told: told["stalls"][0].__setitem__("to_at", EVER),
        lambda told: told["reigns"][0].__setitem__("until", EVER),
        lambda told: told.__setitem__("history", 7),
        lambda told: told["gaps"].append({**told["stalls"][0], "source": "crm", "over": True}),
        lambda told: told.pop("rosters"),
    ],
)
def test_the_sla_monitors_slots_know_what_was_said(day: Recorded, plant: Callable[[Any], object]) -> None:
    assert _planted(day, "sla-monitor", plant)


@pytest.mark.parametrize(
    "plant",
    [
        lambda told: told[0][0][0].__setitem__("criteria", {}),
        lambda told: told[0][0].__setitem__(1, 7),
        lambda told: told[0][0].__setitem__(5, 0),
        lambda told: told[0].clear(),
        lambda told: told.__setitem__(1, 7),
    ],
    ids=["definition", "since", "in force", "versions", "history"],
)
def test_the_qualifiers_slots_know_what_was_said(day: Recorded, plant: Callable[[Any], object]) -> None:
    assert _planted(day, "qualifier", plant)


def test_what_newer_code_notes_is_nobodys_fault(day: Recorded) -> None:
    index, slot = next((n, each) for n, each in enumerate(day.known_by) if each.consumer == "sla-monitor")
    told = msgspec.msgpack.decode(slot.data)
    told["agreements"]["sample@1"]["colour"] = "green"
    told["reigns"].clear()  # and what older code has not noted
    day.known_by[index] = slot._replace(data=msgspec.msgpack.encode(told))
    assert day.violations() == []


def test_a_slot_that_is_behind_lost_or_nobodys_is_found(day: Recorded) -> None:
    behind, lost = day.known_by[:2]
    day.known_by[:2] = [behind._replace(version=1), Slot("qualifier", 99, 1, b"")]
    assert [(where, says) for _, where, says in day.violations()] == [
        (f"state of slot qualifier/{behind.number}", f"it has taken in 1 control records, there are {behind.version}"),
        (f"state of slot qualifier/{lost.number}", "it is missing"),
        ("state of slot qualifier/99", "the log knows nothing of it"),
    ]


def test_bytes_that_are_no_control_state_are_found(day: Recorded) -> None:
    index, slot = next((n, each) for n, each in enumerate(day.known_by) if each.consumer == "sla-monitor")
    day.known_by[index] = slot._replace(data=bytes(40))
    [(check, where, says)] = day.violations()
    assert (check, where) == ("state", f"state of slot sla-monitor/{slot.number}")
    assert "cannot be read" in says
