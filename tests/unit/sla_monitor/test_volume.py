"""Marketing's MQL volume as it is counted: once per person and month, in the month of recognition (rule 53)."""

from datetime import datetime

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillOpened
from leadpact.contracts.events.lead import Captured
from leadpact.kit.decider import Count, Fact
from tests.unit.sla_monitor.world import AGREEMENT, World, ny

MARCH, APRIL = "pact/mql_volume/2026-03", "pact/mql_volume/2026-04"


def counted(*facts: Fact, world: World) -> list[Count]:
    world.tale.given(*facts)
    return world.tale.counts


def test_r53_an_mql_counts_in_the_month_of_its_recognition_in_the_agreements_zone() -> None:
    world = World()
    last, first = ny(3, 31, 23, 59, 59), ny(4, 1, 0)
    assert counted(world.mql(last), world.mql(first, lead="lead-2"), world=world) == [
        Count(MARCH, last),
        Count(APRIL, first),
    ]


def test_r53_a_person_counts_once_a_month_and_again_in_the_next() -> None:
    world = World()
    facts = [
        world.mql(ny(3, 3, 10)),
        world.closed(ny(3, 4, 10), "recycled"),
        world.mql(ny(3, 20, 10), engagement="run-2"),
        world.mql(ny(4, 2, 10), engagement="run-3"),
    ]
    assert [count.name for count in counted(*facts, world=world)] == [MARCH, APRIL]


def test_r53_one_that_was_rejected_stays_counted_and_the_same_fact_counts_nothing() -> None:
    world = World()
    mql = world.mql(ny(3, 3, 10))
    assert len(counted(mql, world.closed(ny(3, 4, 10)), mql, world=world)) == 1


def test_r53_each_agreement_counts_its_own() -> None:
    world = World()
    world.governs(msgspec.structs.replace(AGREEMENT, id="other"))
    event = msgspec.structs.replace(world.mql(ny(3, 3, 10)).event, agreement="other", engagement="run-2")
    names = [count.name for count in counted(world.mql(), world.facts(event, at=ny(3, 3, 11)), world=world)]
    assert names == [MARCH, "other/mql_volume/2026-03"]


def test_r53_history_counts_too_and_says_how_far_back_it_reaches() -> None:
    world = World()

    def captured(at: datetime, lane: Lane) -> Fact:
        return world.facts(Captured(source="web", channel="organic"), at=at, lane=lane)

    world.tale.given(world.facts(BackfillOpened(control=9, lane="l"), at=ny(6, 1, 9)))
    mql = world.facts(world.mql(ny(3, 3, 10)).event, at=ny(3, 3, 10), lane=Lane.BACKFILL)
    told = counted(captured(ny(3, 2, 10), Lane.BACKFILL), mql, captured(ny(3, 1, 10), Lane.LIVE), world=world)
    assert told == [Count("history", ny(3, 2, 10)), Count(MARCH, ny(3, 3, 10))]
