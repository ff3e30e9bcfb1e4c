"""A run that is closed: what is no longer owed, and what was owed before."""

import msgspec

from leadpact.kit.decider import Fact
from tests.unit.sla_monitor.world import ANN, BOB, DAY, HOUR, MINUTE, RESPONSE, T, World, promising


def test_r35_a_rejection_in_time_cancels_what_is_owed() -> None:
    world = World()
    world.tale.given(world.mql(T), world.closed(T + 10 * MINUTE)).until(T + DAY)
    (verdict,) = world.judged()
    assert verdict.verdict.value == "cancelled"
    assert verdict.says.startswith("The lead was rejected (not_a_fit);")


def test_r35_a_rejection_after_the_miss_leaves_the_miss() -> None:
    world = World()
    world.tale.given(world.mql(T), world.closed(T + 2 * HOUR)).until(T + DAY)
    assert world.verdicts() == ["missed"]


def test_r49_a_rejection_after_the_due_hides_no_miss_though_time_had_not_passed_to_the_due() -> None:
    world = World(promising(msgspec.structs.replace(RESPONSE, reallocate=True)), [ANN, BOB])
    told = world.closed(T + 2 * HOUR)
    behind = Fact(msgspec.structs.replace(told.envelope, mark=T + 30 * MINUTE), told.event)
    world.tale.given(world.mql(T)).given(behind)
    assert world.verdicts() == []
    world.tale.until(T + DAY)
    assert world.verdicts() == ["missed"]
    assert len(world.owners()) == 1


def test_r49_a_rejection_dated_back_takes_no_verdict_back() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + 10 * MINUTE), world.closed(T + MINUTE, received=T + 30 * MINUTE))
    assert world.verdicts() == ["met"]


def test_r49_a_rejection_dated_back_hides_no_miss() -> None:
    world = World()
    world.tale.given(world.mql(T), world.closed(T + MINUTE, received=T + 2 * HOUR))
    assert world.verdicts() == ["missed"]


def test_r49_a_call_before_the_rejection_counts_though_it_is_told_later() -> None:
    world = World()
    world.tale.given(world.mql(T), world.closed(T + 10 * MINUTE))
    world.tale.when(world.touch(T + 5 * MINUTE, received=T + HOUR))
    assert world.verdicts() == ["cancelled", "met"]
