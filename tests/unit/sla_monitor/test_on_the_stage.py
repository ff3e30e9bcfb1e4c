"""The decider as the kit runs it: batches change nothing, shared rows are asked for, history sends no mail."""

import msgspec
import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, InForce, LeaveTaken, RosterChanged
from leadpact.contracts.events.sla import Assigned, ClockJudged
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.domain.state import Lead
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.playing import Played
from tests.unit.sla_monitor.world import ANN, BOB, DAY, HOUR, MINUTE, RESPONSE, TEAM, T, World, promising

AGREEMENT = promising(msgspec.structs.replace(RESPONSE, reallocate=True))


def rules(world: World) -> list[Fact]:
    """An agreement and two reps, one of them soon on leave."""
    start = T - DAY
    return [
        world.facts(InForce(control=1, agreement=AGREEMENT, hash="h"), at=start),
        world.facts(RosterChanged(control=2, team=TEAM, reps=(ANN, BOB), reason="tests"), at=start),
        world.facts(
            LeaveTaken(control=3, rep="bob", from_at=T + 2 * HOUR, to_at=T + 9 * DAY, reason="tests"), at=start
        ),
    ]


def story(world: World) -> list[Fact]:
    """Three leads: one answered, one never, one by who is on leave by then."""
    told = [
        *(world.mql(T + n * MINUTE, lead=f"lead-{n}", engagement=f"run-{n}") for n in range(3)),
        world.touch(T + 20 * MINUTE, lead="lead-0"),
        world.touch(T + 150 * MINUTE, lead="lead-2"),
        world.mql(T + 3 * HOUR, lead="lead-3", engagement="run-3"),
    ]
    return [*rules(world), *told]


def played() -> Played[Lead, Control]:
    return Played(SlaMonitor(), ManualClock(T - DAY))


@pytest.mark.parametrize("cut", [2, 3, 500])
async def test_batches_change_nothing(cut: int) -> None:
    facts = story(World())
    single, batched = played(), played()
    await single.play(facts, 1, idle=T + 8 * DAY)
    await batched.play(facts, cut, idle=T + 8 * DAY)
    assert batched.out == single.out
    assert batched.store.rows.effects == single.store.rows.effects
    assert batched.store.rows.shared == single.store.rows.shared
    assert single.rows.parked == {}
    assert {event.kind.value for event in single.events if isinstance(event, ClockJudged)} == {
        "routing",
        "first_response",
        "cadence",
    }


async def test_r25_time_has_passed_as_far_as_the_mark_whatever_the_clock_shows() -> None:
    world, stage = World(), played()
    facts = [world.mql(T), world.email(T + MINUTE, "m1"), world.bounce(T + 30 * MINUTE, "m1")]
    await stage.play([*rules(world), *facts[:2]])
    stage.clock.step_to(T + 3 * HOUR)
    await stage.play(facts[2:])
    last = [event.verdict.value for event in stage.events if isinstance(event, ClockJudged)][-1]
    assert last == "pending"  # an answer may still wait upstream


async def test_r31_a_miss_by_revision_finds_the_counters_of_the_team_locked() -> None:
    world, stage = World(), played()
    facts = [world.mql(T), world.email(T + MINUTE, "m1"), world.bounce(T + 90 * MINUTE, "m1")]
    await stage.play([*rules(world), *facts], 1, idle=T + 2 * HOUR)
    assert stage.rows.parked == {}
    assert [event.owner for event in stage.events if isinstance(event, Assigned)] == ["ann", "bob"]


async def test_live_misses_send_mail() -> None:
    world, stage = World(), played()
    await stage.play([*rules(world), world.mql(T)], idle=T + 2 * HOUR)
    assert [effect.payload["to"] for effect in stage.store.rows.effects.values()].count("boss@us.example") == 1


async def test_r43_history_sends_no_mail_and_is_judged_by_its_own_time() -> None:
    world, stage = World(), played()
    now = T + 30 * DAY
    lane = [
        world.facts(BackfillOpened(control=4, lane="l"), at=now),
        world.facts(world.mql(T).event, at=T, lane=Lane.BACKFILL),
        world.facts(world.mql(T + DAY).event, lead="lead-2", at=T + DAY, lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=5, lane="l", facts=2), at=now),
    ]
    await stage.play([*rules(world), *lane], idle=now + MINUTE)
    missed = [
        event for event in stage.events if isinstance(event, ClockJudged) and event.kind.value == "first_response"
    ]
    assert missed[0].verdict.value == "missed"
    assert missed[0].due == T + HOUR
    assert stage.store.rows.effects == {}
