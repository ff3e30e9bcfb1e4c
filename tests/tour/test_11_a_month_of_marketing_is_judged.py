"""Eleventh: a month is over, and what marketing promised for it is judged; history that comes later revises it."""

from datetime import UTC, datetime, timedelta

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.promises import PromiseJudged
from leadpact.contracts.registry import read
from leadpact.contracts.topics import PROMISES
from tests.tour.people import ADA, BEN, CLEO, OPERATIONS
from tests.tour.test_7_history_comes_first import LANE, remembers_a_demo
from tests.tour.world import World

MAY_IS_OVER = datetime(2026, 6, 1, 4, tzinfo=UTC)
"""Midnight in New York."""


def judged(world: World) -> list[PromiseJudged]:
    """Every verdict on what marketing promised, in order."""
    told = [read(wire.decode(record.value)) for record in world.line.records(PROMISES.name)]
    return [event for event in told if isinstance(event, PromiseJudged)]


async def test_r34_a_month_is_judged_when_all_time_has_passed_its_end(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.line.until(MAY_IS_OVER - timedelta(seconds=1))
    assert judged(world) == []
    await world.line.until(MAY_IS_OVER)
    (may,) = judged(world)
    # the agreement is in force since Monday the 4th: Friday the 1st asks for nothing (rule 53)
    assert may.says == "May 2026: 1 MQL of 380 promised for 19 of its 20 business days: missed."
    assert [seen.count for seen in may.seen].count(1) == 1


async def test_r53_history_counts_in_its_own_month_and_revises_the_verdict(world: World) -> None:
    for day, who in (("-Tue 09:10", BEN), ("-Wed 09:10", CLEO)):
        await remembers_a_demo(world, day, who)
        await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    first, again = judged(world)
    assert (first.period, first.count, first.revision) == ("2026-04", 1, 1)
    assert (again.period, again.count, again.revision) == ("2026-04", 2, 2)
    assert again.says == "April 2026: 2 MQLs of 55 promised for 3 of its 22 business days: missed."
