"""Check 8 goes red: what is open waits for nothing any more, or something waits for what is over."""

import pytest

from leadpact.verify.timers import Timers
from tests.tour.people import ADA
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded


async def _open() -> World:
    """Ada has asked for a demo, and nobody has called."""
    world = await World().begins()
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 09:15")
    return world


@pytest.fixture(scope="module")
def asked() -> Recorded:
    return recorded(_open)


@pytest.fixture
def day(asked: Recorded) -> Recorded:
    return asked.copy()


def test_a_day_with_open_clocks_is_clean(asked: Recorded) -> None:
    assert asked.violations() == []
    assert any(name.startswith("due:") for each in asked.waits for name in each.names)


@pytest.mark.parametrize("what", ["due", "warn"])
def test_r28_an_open_clock_waits_for_its_due_and_its_warnings(day: Recorded, what: str) -> None:
    index, waits = next(
        (n, each) for n, each in enumerate(day.waits) if any(name.startswith(what) for name in each.names)
    )
    kept = [(name, due) for name, due in zip(waits.names, waits.dues, strict=True) if not name.startswith(what)]
    day.waits[index] = waits._replace(names=[name for name, _ in kept], dues=[due for _, due in kept])
    [(check, where, says)] = day.violations()
    assert (check, where) == ("state", f"state timers of sla-monitor {waits.key}")
    assert what in says


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
