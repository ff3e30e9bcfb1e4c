"""Rule 30: what ran out while our intake stood still is unverified, until it has spoken again for long enough."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.sla import Assigned, ClockJudged, ClockKind, Escalated
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.domain.timers import timers
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.playing import Played
from tests.unit.sla_monitor.test_on_the_stage import rules
from tests.unit.sla_monitor.test_properties import Said, expected, in_time, stories
from tests.unit.sla_monitor.world import (
    ANN,
    BOB,
    CAT,
    DAY,
    HOUR,
    MINUTE,
    RESPONSE,
    SECOND,
    T,
    World,
    ny,
    promising,
)

DUE = T + HOUR
STOOD, RESUMED = T + 30 * MINUTE, T + 90 * MINUTE
SETTLED = RESUMED + HOUR
"""An hour is how long a feed may be silent, if the agreement says nothing else."""
INSTANT = timedelta(microseconds=1)
REALLOCATES = promising(msgspec.structs.replace(RESPONSE, reallocate=True))


def test_r30_what_ran_out_while_our_intake_stood_is_unverified_not_missed() -> None:
    world = World()
    stall = world.stalled(STOOD, RESUMED)
    world.tale.given(world.mql(T), stall).until(SETTLED)
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.previous.value, verdict.answered_at) == ("unverified", "pending", None)
    assert (verdict.evidence, verdict.elapsed_seconds) == ((stall.envelope.id,), None)
    assert verdict.says == (
        "Nobody reached out within 1 h of business time of assignment, as far as we know: our intake stood still from "
        "Tue 3 Mar 2026 10:30 America/New_York to Tue 3 Mar 2026 11:30 America/New_York; due was Tue 3 Mar 2026 11:00 "
        "America/New_York: unverified."
    )
    assert not any("missed" in subject for _, subject in world.mails())
    assert world.tale.all(Escalated) == []


def test_r30_it_is_missed_once_our_intake_has_spoken_for_the_agreed_freshness() -> None:
    world = World()
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED)).until(SETTLED)
    assert world.verdicts() == ["unverified"]
    world.tale.until(SETTLED + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]
    assert [step.step for step in world.tale.all(Escalated)] == [1, 2]
    assert [to for to, subject in world.mails() if subject.endswith("missed")] == ["ann@us.example"]
    assert "intake" not in world.judged()[-1].says


def test_r30_r29_evidence_that_comes_meanwhile_meets_it_and_nothing_is_withdrawn() -> None:
    world = World()
    called = T + 50 * MINUTE
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED), world.touch(called, received=T + 2 * HOUR))
    assert world.verdicts() == ["unverified", "met"]
    assert world.judged()[-1].answered_at == called
    world.tale.until(T + DAY)
    assert world.verdicts() == ["unverified", "met"]


def test_r30_a_late_answer_proves_no_miss_while_an_earlier_one_may_come() -> None:
    world = World()
    late = world.touch(DUE + MINUTE, received=RESUMED + MINUTE)
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED), late).until(SETTLED)
    assert world.verdicts() == ["unverified"]
    world.tale.until(T + DAY)
    assert [(each.verdict.value, each.answered_at) for each in world.judged()[1:]] == [("missed", DUE + MINUTE)]


@pytest.mark.parametrize(
    ("stood", "resumed", "verdict"),
    [
        (DUE, DUE + HOUR, "unverified"),
        (DUE + INSTANT, DUE + HOUR, "missed"),  # what was due before had been seen
        (T + MINUTE, T + 20 * MINUTE, "unverified"),  # it spoke again for less than an hour
        (T - HOUR, T + INSTANT, "unverified"),
        (T - HOUR, T, "missed"),  # an hour of it is enough
    ],
    ids=["stood at due", "stood after due", "resumed before due", "an instant too late", "just long enough"],
)
def test_r30_in_doubt_is_what_is_due_from_the_stall_to_its_end_and_the_freshness(
    stood: datetime, resumed: datetime, verdict: str
) -> None:
    world = World()
    facts = sorted([world.mql(T), world.stalled(stood, resumed)], key=lambda fact: fact.envelope.mark)
    world.tale.given(*facts).until(max(DUE, resumed) + SECOND)
    assert world.verdicts()[0] == verdict


def test_r30_the_agreement_says_how_long_a_feed_may_be_silent() -> None:
    world = World(msgspec.structs.replace(promising(), freshness_seconds=600))
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED)).until(RESUMED + 10 * MINUTE + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]


def test_r30_a_stall_before_it_has_spoken_long_enough_begins_the_time_anew() -> None:
    world = World()
    again = world.stalled(RESUMED + 20 * MINUTE, RESUMED + 50 * MINUTE)
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED), again).until(RESUMED + 110 * MINUTE)
    assert world.verdicts() == ["unverified"]
    world.tale.until(RESUMED + 110 * MINUTE + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]


def test_r30_a_stall_is_forgotten_when_nothing_can_be_in_doubt_by_it() -> None:
    world, week = World(), [T + 6 * n * DAY for n in range(4)]
    world.tale.given(*(world.stalled(at, at + HOUR) for at in week))
    assert [stall.from_at for stall in world.tale.control.stalls] == week, (
        "each may prolong the doubt by the one before"
    )
    world.tale.given(world.stalled(T + 26 * DAY, T + 27 * DAY), world.stalled(T + 34 * DAY + SECOND, T + 35 * DAY))
    assert [stall.from_at for stall in world.tale.control.stalls] == [T + 34 * DAY + SECOND]


def test_r30_who_was_set_aside_until_the_stall_was_forgotten_is_judged_at_once() -> None:
    world = World()
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED)).until(SETTLED)
    forgotten = msgspec.structs.replace(world.tale.control, stalls=())
    asked = timers(forgotten, world.tale.cells["lead-1"].state)
    first = min(at for name, at in asked.items() if name.startswith("due:"))
    assert first == DUE + 2 * INSTANT, "another instant than that of the ring before"


def test_r30_a_stall_that_goes_on_is_told_again_and_the_last_word_stands() -> None:
    world = World()
    again = world.stalled(STOOD, RESUMED)
    world.tale.given(world.mql(T), world.stalled(STOOD, STOOD + 11 * MINUTE), again).until(SETTLED)
    (verdict,) = world.judged()
    assert verdict.evidence == (again.envelope.id,) and "11:30 America/New_York; due" in verdict.says


def test_r30_a_stall_that_ends_before_it_begins_says_nothing() -> None:
    world = World()
    world.tale.given(world.mql(T), world.stalled(RESUMED, RESUMED), world.stalled(RESUMED, STOOD)).until(T + DAY)
    assert world.verdicts() == ["missed"]


def test_r30_r25_a_bounce_known_in_the_meantime_leaves_the_answer_unverified() -> None:
    world = World()
    mail, bounce = world.email(T + MINUTE, "m1"), world.bounce(RESUMED + MINUTE, "m1")
    world.tale.given(world.mql(T), mail, world.stalled(STOOD, RESUMED), bounce).until(T + DAY)
    assert world.verdicts() == ["met", "voided", "unverified", "missed"]


def test_r30_r27_a_cadence_is_unverified_too() -> None:
    world = World()
    due = T + 7 * DAY
    qualified, call = world.mql(T), world.touch(T + MINUTE)
    stall = world.stalled(due - HOUR, due + HOUR)
    world.tale.given(qualified, call, stall).until(due + 3 * HOUR)
    unverified, missed = world.judged(ClockKind.CADENCE)
    assert (unverified.verdict.value, missed.verdict.value) == ("unverified", "missed")
    assert unverified.evidence == (stall.envelope.id,)
    assert missed.evidence == (qualified.envelope.id, call.envelope.id)
    assert unverified.says.startswith("1 of 3 calls, 0 of 3 emails within 7 d of assignment, as far as we know: our")


async def test_r30_an_owner_whom_we_found_late_because_we_stood_is_nobodys_miss() -> None:
    world, stage = World(), Played(SlaMonitor(), ManualClock(ny(3, 3, 20)))
    stood, resumed = ny(3, 4, 8, 55), ny(3, 4, 9, 40)
    await stage.play([*rules(world), world.mql(ny(3, 3, 20))], idle=stood)
    stage.clock.step_to(resumed)
    stall = world.stalled(stood, resumed)
    await stage.play([stall], idle=resumed)
    await stage.play([], idle=ny(3, 4, 16))
    (verdict,) = [event for event in stage.events if isinstance(event, ClockJudged) and event.kind.value == "routing"]
    assert (verdict.verdict.value, verdict.due, verdict.answered_at) == ("unverified", ny(3, 4, 9, 15), resumed)
    assert verdict.evidence[-1] == stall.envelope.id
    assert verdict.says.startswith(
        "Ann got the lead 40 min of business time after qualification, as far as we know: our"
    )


def test_r30_an_owner_who_is_named_before_it_has_spoken_long_enough_leaves_it_unverified() -> None:
    world = World(reps=())
    stall, owned = world.stalled(T + 10 * MINUTE, T + HOUR), world.crm(T + HOUR, "ann")
    world.tale.given(world.mql(T), stall, owned).until(T + DAY)
    first, last = world.judged(ClockKind.ROUTING)
    assert (first.verdict.value, last.verdict.value, last.answered_at) == ("unverified", "unverified", T + HOUR)
    assert last.evidence == (owned.envelope.id, stall.envelope.id)


def test_r30_an_owner_who_is_found_long_after_is_a_miss() -> None:
    world = World(reps=())
    world.tale.given(world.mql(T), world.stalled(T + 10 * MINUTE, T + HOUR), world.crm(T + 3 * HOUR, "ann"))
    assert world.verdicts(ClockKind.ROUTING) == ["unverified", "missed", "missed"]


def test_r30_r31_nobody_loses_a_lead_by_what_cannot_be_verified() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED)).until(SETTLED)
    assert world.owners() == ["ann"]
    world.tale.until(T + DAY)
    assert world.owners()[:2] == ["ann", "bob"]


def test_r30_r31_a_new_owner_owes_a_response_and_keeps_the_lead_when_the_old_one_is_judged() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB, CAT))
    world.tale.given(world.mql(T), world.stalled(STOOD, RESUMED), world.by_hand(RESUMED + MINUTE, "bob"))
    first, renewed = world.started()
    assert (renewed.owner, renewed.renews, renewed.due) == ("bob", first.clock, RESUMED + MINUTE + HOUR)
    world.tale.given(world.touch(RESUMED + 20 * MINUTE, by="bob")).until(T + DAY)
    said = [(each.owner, each.verdict.value) for each in world.judged()]
    assert said == [("ann", "unverified"), ("bob", "met"), ("ann", "missed")]
    assert world.owners() == ["ann", "bob"]


async def test_r30_r43_history_did_not_come_by_our_intake_that_day() -> None:
    world, stage = World(), Played(SlaMonitor(), ManualClock(T - DAY))
    now = T + 10 * DAY
    lane = [
        world.facts(BackfillOpened(control=4, lane="l"), at=now),
        world.facts(world.mql(T).event, at=T, lane=Lane.BACKFILL),
        world.stalled(now, now + HOUR),
        world.facts(world.mql(T + DAY).event, lead="lead-2", at=T + DAY, lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=5, lane="l", facts=2), at=now + HOUR),
    ]
    await stage.play([*rules(world), world.stalled(STOOD, RESUMED), *lane], idle=now + 2 * HOUR)
    assert "unverified" not in {event.verdict.value for event in stage.events if isinstance(event, ClockJudged)}
    assert stage.rows.parked == {} and any(isinstance(event, Assigned) for event in stage.events)


@pytest.mark.parametrize("cut", [1, 2, 500])
async def test_r30_no_timer_of_the_gap_rings_before_the_stall_is_known(cut: int) -> None:
    world, stage = World(), Played(SlaMonitor(), ManualClock(T))
    await stage.play([*rules(world), world.mql(T)], idle=STOOD)
    stage.clock.step_to(RESUMED)
    answered = world.touch(RESUMED + MINUTE)
    await stage.play([world.stalled(STOOD, RESUMED), answered], cut, idle=SETTLED)
    said = [event for event in stage.events if isinstance(event, ClockJudged) and event.kind.value == "first_response"]
    assert [event.verdict.value for event in said] == ["unverified"]


def told(story: list[Said], stood: datetime, resumed: datetime) -> World:
    """The story with a stall: what was received in it came when we resumed."""
    world = World()
    before = [said.fact(world) for said in story if said.received_at < stood]
    later = [
        replace(said, received_at=max(said.received_at, resumed)).fact(world)
        for said in story
        if said.received_at >= stood
    ]
    world.tale.given(world.mql(T), *before, world.stalled(stood, resumed), *later).until(T + 2 * DAY)
    return world


@settings(max_examples=100, deadline=None)
@given(stories(), st.integers(1, 240), st.integers(11, 300))
def test_r30_a_stall_changes_no_verdict_in_the_end_but_whether_a_miss_was_announced(
    story: list[Said], after: int, minutes: int
) -> None:
    stood = T + after * MINUTE
    world = told(story, stood, stood + minutes * MINUTE)
    last = world.judged()[-1].verdict.value
    assert {"met": "met", "withdrawn": "met"}.get(last, last) == ("met" if in_time(story) else "missed")


@settings(max_examples=50, deadline=None)
@given(stories(), st.sampled_from([(T - 3 * DAY, T - 2 * DAY), (T + 30 * HOUR, T + 40 * HOUR)]))
def test_r30_a_stall_at_another_time_changes_nothing(story: list[Said], stall: tuple[datetime, datetime]) -> None:
    world = World()
    facts = [world.mql(T), *(said.fact(world) for said in story), world.stalled(*stall)]
    world.tale.given(*sorted(facts, key=lambda fact: fact.envelope.mark)).until(T + 2 * DAY)
    assert "unverified" not in world.verdicts()
    assert world.verdicts()[-1] == expected(story)
