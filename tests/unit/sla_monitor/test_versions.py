"""A clock keeps the version of the agreement it started under, even when that version's calendar ends (rule 6)."""

from datetime import date

import msgspec

from leadpact.calendar import resolve, to_dict
from tests.unit.sla_monitor.world import AGREEMENT, ANN, BOB, DAY, HOUR, MINUTE, RESPONSE, WEEK, T, World, ny, promising


def test_r06_a_running_clock_keeps_the_agreement_it_started_under() -> None:
    world = World()
    world.tale.given(world.mql(T))
    world.governs(promising(msgspec.structs.replace(RESPONSE, budget_seconds=60), version=2), at=T + MINUTE)
    world.tale.given(world.mql(T + 2 * MINUTE, lead="lead-2", engagement="run-2", version=2)).until(T + 2 * HOUR)
    dues = {verdict.engagement: (verdict.agreement_version, verdict.due) for verdict in world.judged()}
    assert dues == {"run-1": (1, T + HOUR), "run-2": (2, T + 3 * MINUTE)}


ENDING = msgspec.structs.replace(
    AGREEMENT,
    calendar=dict(to_dict(resolve("America/New_York", WEEK, first=date(2026, 1, 1), last=date(2026, 3, 3)))),
)


def test_r06_a_clock_that_runs_when_its_calendar_ends_is_judged_by_the_weekly_hours() -> None:
    world = World(ENDING)
    late = ny(3, 3, 16, 30)
    world.tale.given(world.mql(late)).until(ny(3, 4, 9, 30))
    assert world.verdicts() == []
    world.tale.until(ny(3, 4, 9, 31))
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.due, verdict.elapsed_seconds) == ("missed", ny(3, 4, 9, 30), 3600)
    assert verdict.says.endswith("; due was Wed 4 Mar 2026 09:30 America/New_York: missed.")


def test_r06_whatever_happens_to_a_lead_years_after_its_calendar_ended_is_judged() -> None:
    world = World(ENDING, reps=())
    world.tale.given(world.mql(T)).until(T + 10 * DAY)  # nobody there: it is queued
    later = T + 3 * 365 * DAY
    world.roster(later, ANN, BOB)
    world.tale.given(world.by_hand(later + DAY, "ann"), world.by_hand(later + 2 * DAY, "bob"))
    world.tale.given(world.reply(later + 3 * DAY)).until(later + 30 * DAY)
    assert world.owners() == ["ann", "bob"]
    assert {verdict.verdict.value for verdict in world.judged()} == {"missed"}
