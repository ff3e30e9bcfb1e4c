"""Check 8 goes red: what is open waits for nothing, or until another instant, or something waits for what is over."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from leadpact.verify.timers import Timers
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO, OPERATIONS
from tests.tour.world import World, sample, when
from tests.unit.verify.recorded import Recorded, recorded

EACH = ("due", "warn", "route", "leave", "escalate")
INSTANT = timedelta(microseconds=1)


async def _open() -> World:
    """Ada is not called, and some steps of twelve are left to take; Cleo asks at night; Bob will be on leave until all
    is over. Of the next day's strike is heard when all three wait already."""
    world = World()
    agreement = sample()
    steps = msgspec.structs.replace(agreement.first_response, escalate_to=tuple(map(str, range(12))))
    await world.agree(msgspec.structs.replace(agreement, first_response=steps))
    reps = [{"id": ANN, "name": "Ann Lee"}, {"id": BOB, "name": "Bob Moreau"}]
    await world.commands("Mon 09:00", OPERATIONS, command="roster", team="inbound", reps=reps, reason="our team")
    span = {"from": when("Thu 12:00").isoformat(), "to": when("+Fri 12:00").isoformat()}
    await world.commands("Mon 10:00", OPERATIONS, command="leave", rep=BOB, **span, reason="he marries")
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 16:25", ANN, ADA, kind="email", outcome="replied", direction="in")
    await world.asks_for_a_demo("Tue 16:30", BEN)
    await world.asks_for_a_demo("Tue 18:10", CLEO)
    await world.commands(
        "Tue 18:20", OPERATIONS, command="closure", team="inbound", day="2026-05-06", reason="a strike"
    )
    return world


async def _struck() -> World:
    """On the day of the strike a step of Ada's escalation has rung, been put off, and has put off what she is owed for
    her answer; nothing was said of either."""
    world = await _open()
    await world.until("Wed 10:00")
    return world


async def _done() -> World:
    """All that was promised to Ben has been done in two days."""
    world = await World().begins()
    await world.asks_for_a_demo("Tue 09:10", BEN)
    for day in ("Tue", "Wed"):
        for hour in (10, 12, 14):
            await world.touches(f"{day} {hour}:00", ANN, BEN, kind="call", outcome="no_answer", seconds=0)
            await world.touches(f"{day} {hour}:30", ANN, BEN, kind="email", outcome="sent", reference=f"{day} {hour}")
    await world.until("Thu 09:00")
    return world


@pytest.fixture(scope="module")
def asked() -> Recorded:
    return recorded(_open)


@pytest.fixture
def day(asked: Recorded) -> Recorded:
    return asked.copy()


def _plant(day: Recorded, change: Callable[[dict[str, datetime]], object], *what: str) -> Timers:
    """Let the first lead that waits for timers of these kinds wait for something else; gives what it waited for."""
    kinds = (Counter(name.partition(":")[0] for name in each.names) for each in day.waits)
    index = next(number for number, known in enumerate(kinds) if Counter(what) <= known)
    waits = day.waits[index]
    told = dict(zip(waits.names, waits.dues, strict=True))
    change(told)
    day.waits[index] = waits._replace(names=list(told), dues=list(told.values()))
    return waits


def _named(told: dict[str, datetime], what: str) -> str:
    return next(name for name in told if name.startswith(what))


def test_days_with_all_kinds_of_timers_are_clean(asked: Recorded) -> None:
    assert asked.violations() == []
    assert {name.partition(":")[0] for each in asked.waits for name in each.names} >= set(EACH)


@pytest.mark.parametrize("what", EACH)
def test_r28_what_is_open_waits_for_all_that_may_come_of_it(day: Recorded, what: str) -> None:
    waits = _plant(day, lambda told: told.pop(_named(told, what)), what)
    [(check, where, says)] = day.violations()
    assert (check, where) == ("state", f"state timers of sla-monitor {waits.key}")
    assert what in says


@pytest.mark.parametrize("what", EACH)
@pytest.mark.parametrize("off", [INSTANT, -INSTANT])
def test_r28_each_of_its_timers_is_due_at_its_instant(day: Recorded, what: str, off: timedelta) -> None:
    def later(told: dict[str, datetime]) -> None:
        told[_named(told, what)] += off

    waits = _plant(day, later, what)
    [(check, where, _)] = day.violations()
    assert (check, where) == ("state", f"state timers of sla-monitor {waits.key}")


def test_r04_a_closure_moves_what_rings_or_is_set_anew_behind_it(day: Recorded) -> None:
    def promise(told: dict[str, datetime]) -> list[str]:
        """The first response and its last warning: both are due on the day of the strike."""
        return [name for name, due in told.items() if due < when("Wed 12:00") and name.startswith(("due", "warn"))]

    def later(told: dict[str, datetime]) -> None:
        assert len(promise(told)) == 2
        for name in promise(told):
            told[name] += timedelta(days=1)

    def only_the_due(told: dict[str, datetime]) -> None:
        told[_named(dict.fromkeys(promise(told), when("Wed 09:00")), "due")] += timedelta(days=1)

    another = day.copy()
    _plant(day, later, "due", "due")
    assert day.violations() == []
    _plant(another, only_the_due, "due", "due")
    [(check, _, says)] = another.violations()
    assert check == "state" and " or " in says


def test_r04_what_has_rung_untimely_waits_for_another_instant() -> None:
    struck = recorded(_struck)
    assert struck.violations() == []

    def sooner(told: dict[str, datetime]) -> None:
        told[_named(told, "escalate")] -= timedelta(days=1)

    def all_sooner(told: dict[str, datetime]) -> None:
        for name, due in told.items():
            told[name] = due - timedelta(days=1) if when("Thu 09:00") < due < when("Thu 10:00") else due

    for plant in (sooner, all_sooner):
        another = struck.copy()
        waits = _plant(another, plant, "escalate")
        [(check, where, _)] = another.violations()
        assert (check, where) == ("state", f"state timers of sla-monitor {waits.key}")


def test_r27_who_has_done_all_that_was_promised_is_warned_of_nothing() -> None:
    done = recorded(_done)
    assert done.violations() == []
    assert all(not name.startswith("warn") for each in done.waits for name in each.names)
    warned: list[str] = []

    def warn(told: dict[str, datetime]) -> None:
        warned.append(f"{_named(told, 'due').replace('due', 'warn').removesuffix('0')}80")
        told[warned[0]] = when("Fri 09:00")

    _plant(done, warn, "due")
    [(check, _, says)] = done.violations()
    assert check == "state" and warned[0] in says


def test_no_timer_waits_for_a_clock_that_is_over(week: Recorded) -> None:
    event = week.event(*week.find("sla", "clock.judged"))
    week.waits = [each for each in week.waits if each.key != event.lead]
    week.waits.append(Timers("sla-monitor", event.lead, ["due:over:0"], [event.recorded_at]))
    [(check, where, _)] = week.violations()
    assert (check, where) == ("state", f"state timers of sla-monitor {event.lead}")


def test_r17_a_crossing_that_nothing_asks_for_is_found(week: Recorded) -> None:
    event = week.event(*week.find("leads", "lead.captured"))
    week.waits.append(Timers("qualifier", event.lead, ["crossing"], [event.recorded_at]))
    [(check, where, _)] = week.violations()
    assert (check, where) == ("state", f"state timers of qualifier {event.lead}")
