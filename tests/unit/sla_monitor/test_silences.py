"""Rule 30: what ran out while a feed that would prove it was silent is unverified, until it has spoken long enough."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.agreement import Cadence, Exhausted, Unit
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, InForce, RosterChanged
from leadpact.contracts.events.lead import Outcome
from leadpact.contracts.events.sla import ClockJudged, ClockKind, Escalated
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.playing import Played
from tests.unit.sla_monitor.test_properties import Said, in_time, stories
from tests.unit.sla_monitor.world import AGREEMENT, ANN, BOB, DAY, HOUR, MINUTE, RESPONSE, TEAM, T, World, promising

DUE = T + HOUR
HEARD = T - 30 * MINUTE
SILENT = HEARD + HOUR
"""Half an hour before the due it has said nothing for the hour that is agreed."""
INSTANT = timedelta(microseconds=1)
LISTENS = msgspec.structs.replace(AGREEMENT, feeds={"dialer": 3_600})


def _silence(world: World, *tellings: datetime, source: str = "dialer", since: datetime = HEARD) -> list[Fact]:
    """A feed is told silent each hour, the first time before time passes an hour after it was heard."""
    return [world.silent(since, at + HOUR, passed=at, source=source) for at in tellings]


def test_r30_what_ran_out_while_a_feed_was_silent_is_unverified_not_missed() -> None:
    world = World(LISTENS)
    (silent,) = _silence(world, SILENT)
    world.tale.given(world.mql(T), silent).until(SILENT + HOUR)
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.previous.value, verdict.answered_at) == ("unverified", "pending", None)
    assert (verdict.evidence, verdict.elapsed_seconds) == ((silent.envelope.id,), None)
    assert verdict.says == (
        "Nobody reached out within 1 h of business time of assignment, as far as we know: the feed dialer has been "
        "silent since Tue 3 Mar 2026 09:30 America/New_York; due was Tue 3 Mar 2026 11:00 America/New_York: unverified."
    )
    assert not any("missed" in subject for _, subject in world.mails())
    assert world.tale.all(Escalated) == []


def test_r30_it_stays_so_and_is_not_said_again_while_the_feed_is_silent() -> None:
    world = World(LISTENS)
    hours = [SILENT + n * HOUR for n in range(48)]
    world.tale.given(world.mql(T), *_silence(world, *hours)).until(hours[-1] + HOUR)
    assert world.verdicts() == ["unverified"]
    assert world.tale.next_due() == hours[-1] + HOUR + INSTANT, "it is looked at again each hour"


def test_r30_it_is_missed_once_the_feed_has_spoken_for_its_freshness() -> None:
    world = World(LISTENS)
    back = SILENT + 80 * MINUTE
    told = [*_silence(world, SILENT, SILENT + HOUR), world.resumed(HEARD, back)]
    world.tale.given(world.mql(T), *told).until(back + HOUR)
    assert world.verdicts() == ["unverified"]
    world.tale.until(back + HOUR + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]
    assert world.tale.all(Escalated)[0].step == 1
    assert [to for to, subject in world.mails() if subject.endswith("missed")] == ["ann@us.example"]
    assert "silent" not in world.judged()[-1].says


def test_r30_r29_what_it_tells_when_it_speaks_again_meets_it_and_nothing_is_withdrawn() -> None:
    world = World(LISTENS)
    called, back = T + 50 * MINUTE, SILENT + 80 * MINUTE
    told = [*_silence(world, SILENT, SILENT + HOUR), world.resumed(HEARD, back), world.touch(called, received=back)]
    world.tale.given(world.mql(T), *told).until(T + DAY)
    assert world.verdicts() == ["unverified", "met"]
    assert world.judged()[-1].answered_at == called


@pytest.mark.parametrize(
    ("heard", "back", "verdict"),
    [
        (DUE - HOUR, None, "unverified"),
        (DUE - HOUR + INSTANT, None, "missed"),  # it had said nothing for less than agreed
        (T - 2 * HOUR, T + INSTANT, "unverified"),
        (T - 2 * HOUR, T, "missed"),  # an hour of it is enough
        (T - HOUR, T, "missed"),  # an hour is no silence
    ],
    ids=["silent at due", "an instant later", "an instant too late", "just long enough", "not for longer than agreed"],
)
def test_r30_in_doubt_is_what_is_due_from_the_silence_to_its_end_and_the_freshness(
    heard: datetime, back: datetime | None, verdict: str
) -> None:
    world = World(LISTENS)
    first = heard + HOUR
    told = [*_silence(world, first, first + HOUR, since=heard)] if back is None else _silence(world, first, since=heard)
    if back is not None:
        told.append(world.resumed(heard, back))
    world.tale.given(*sorted([world.mql(T), *told], key=lambda fact: fact.envelope.mark)).until(DUE + MINUTE)
    assert world.verdicts()[0] == verdict


def test_r30_a_feed_that_the_agreement_does_not_count_on_may_be_silent() -> None:
    world = World(LISTENS)
    world.tale.given(world.mql(T), *_silence(world, SILENT, source="website")).until(DUE + MINUTE)
    assert world.verdicts() == ["missed"]


def test_r30_each_agreement_judges_by_its_own_freshness() -> None:
    world = World(msgspec.structs.replace(AGREEMENT, feeds={"dialer": 5_400}))
    told = _silence(world, SILENT - 30 * MINUTE, DUE - INSTANT, since=HEARD - 30 * MINUTE)
    world.tale.given(*told[:1], world.mql(T), *told[1:]).until(DUE + MINUTE)
    assert world.verdicts() == ["unverified"], "90 minutes are over half an hour before it is due"
    world = World(msgspec.structs.replace(AGREEMENT, feeds={"dialer": 5_401}))
    told = _silence(world, SILENT, DUE - INSTANT)
    world.tale.given(world.mql(T), *told).until(DUE + MINUTE)
    assert world.verdicts() == ["missed"], "they are over a second behind it"


def test_r30_a_feed_that_nobody_listens_to_any_more_keeps_nothing_open() -> None:
    world = World(LISTENS)
    world.tale.given(world.mql(T), *_silence(world, SILENT)).until(SILENT + HOUR)
    assert world.verdicts() == ["unverified"]
    world.tale.until(SILENT + HOUR + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]


def test_r30_any_of_several_feeds_that_is_silent_is_enough_and_the_last_of_them_to_end_it() -> None:
    world = World(msgspec.structs.replace(AGREEMENT, feeds={"dialer": 3_600, "crm": 3_600}))
    dialer, crm = _silence(world, SILENT)[0], _silence(world, SILENT + MINUTE, source="crm", since=HEARD + MINUTE)[0]
    later = world.silent(HEARD + MINUTE, SILENT + 2 * HOUR, passed=SILENT + HOUR, source="crm")
    last = world.silent(HEARD + MINUTE, SILENT + 3 * HOUR, passed=SILENT + 2 * HOUR, source="crm")
    back = [world.resumed(HEARD, DUE + 5 * MINUTE), later, last]
    world.tale.given(
        world.mql(T), dialer, crm, *back, world.resumed(HEARD + MINUTE, SILENT + 150 * MINUTE, source="crm")
    )
    world.tale.until(SILENT + 210 * MINUTE)
    assert [each.evidence for each in world.judged()] == [(dialer.envelope.id,), (crm.envelope.id,)]
    world.tale.until(SILENT + 210 * MINUTE + INSTANT)
    assert world.verdicts() == ["unverified", "unverified", "missed"]


def test_r30_a_stall_while_the_feed_has_just_come_back_begins_the_time_anew() -> None:
    world = World(LISTENS)
    back = DUE + 5 * MINUTE
    stall = world.stalled(back + 10 * MINUTE, back + 2 * HOUR)
    world.tale.given(world.mql(T), *_silence(world, SILENT), world.resumed(HEARD, back), stall).until(back + 3 * HOUR)
    assert world.verdicts() == ["unverified"]
    world.tale.until(back + 3 * HOUR + INSTANT)
    assert world.verdicts() == ["unverified", "missed"]


def test_r30_touches_prove_no_routing_so_that_no_feed_leaves_one_open() -> None:
    world = World(LISTENS, reps=())
    world.tale.given(world.mql(T), *_silence(world, T + MINUTE, since=T - 59 * MINUTE)).until(T + 20 * MINUTE)
    assert world.verdicts(ClockKind.ROUTING) == ["missed"]


def test_r30_r27_a_cadence_is_unverified_too_and_asks_for_no_closing() -> None:
    recycles = Cadence(1, 0, 0, 3_600, Unit.ELAPSED, exhausted=Exhausted.RECYCLE)
    for feeds, asked in (({}, 1), ({"dialer": 3_600}, 0)):
        world = World(msgspec.structs.replace(promising(cadence=recycles), feeds=feeds))
        world.tale.given(world.mql(T), world.touch(T + MINUTE, outcome=Outcome.VOICEMAIL), *_silence(world, SILENT))
        world.tale.until(DUE + MINUTE)
        assert world.verdicts(ClockKind.CADENCE) == ["met"]
        assert len(world.tale.back) == asked
    world = World(LISTENS)
    due = T + 7 * DAY
    silent = world.silent(due - 2 * HOUR, due + HOUR, passed=due - HOUR)
    world.tale.given(world.mql(T), world.touch(T + MINUTE), silent).until(due + MINUTE)
    assert world.verdicts(ClockKind.CADENCE) == ["unverified"]


def test_r30_r31_nobody_loses_a_lead_by_what_cannot_be_verified() -> None:
    agreement = msgspec.structs.replace(
        promising(msgspec.structs.replace(RESPONSE, reallocate=True)), feeds=LISTENS.feeds
    )
    world = World(agreement, reps=(ANN, BOB))
    world.tale.given(world.mql(T), *_silence(world, SILENT)).until(SILENT + HOUR)
    assert world.owners() == ["ann"]
    world.tale.until(T + DAY)
    assert world.owners()[:2] == ["ann", "bob"]


def test_r30_a_silence_is_forgotten_when_nothing_can_be_in_doubt_by_it() -> None:
    world = World(LISTENS)
    for day in range(30):
        at = T + day * DAY
        told = _silence(world, at + HOUR, at + 2 * HOUR, since=at)
        world.tale.given(*told, world.resumed(at, at + 150 * MINUTE))
    (gap,) = world.tale.control.gaps
    assert (gap.from_at, gap.to_at, gap.over) == (T + 29 * DAY, T + 29 * DAY + 150 * MINUTE, True)


def test_r30_what_is_told_of_a_feed_in_the_wrong_order_says_nothing() -> None:
    world = World(LISTENS)
    world.tale.given(world.mql(T), world.silent(DUE, HEARD, passed=SILENT), world.resumed(DUE, HEARD)).until(T + DAY)
    assert world.verdicts() == ["missed"] and world.tale.control.gaps == ()


async def test_r30_r43_history_was_told_by_no_feed_that_day() -> None:
    world, stage = World(LISTENS), Played(SlaMonitor(), ManualClock(T - DAY))
    now = T + 10 * DAY
    lane = [
        world.facts(BackfillOpened(control=4, lane="l"), at=now),
        world.facts(world.mql(T).event, at=T, lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=5, lane="l", facts=1, until=T + DAY), at=now + MINUTE),
    ]
    rules = [
        world.facts(InForce(control=1, agreement=LISTENS, hash="h"), at=T - DAY),
        world.facts(RosterChanged(control=2, team=TEAM, reps=(ANN, BOB), reason="tests"), at=T - DAY),
        world.silent(HEARD, now + HOUR, passed=SILENT),
    ]
    await stage.play([*rules, *lane], idle=now + 30 * MINUTE)
    judged = [event for event in stage.events if isinstance(event, ClockJudged)]
    assert [event.verdict.value for event in judged if event.kind is ClockKind.FIRST_RESPONSE] == ["missed"]
    live = [event.verdict.value for event in judged if event.kind is ClockKind.CADENCE]
    assert live == ["unverified"], "it ran out behind the lane's end"
    assert stage.rows.parked == {}


def told(story: list[Said], spoke: list[datetime]) -> tuple[World, list[tuple[datetime, datetime]]]:
    """The story with a feed that speaks at these instants, as intake tells it; and from when to when it was silent."""
    world = World(LISTENS)
    facts = [world.mql(T), *(said.fact(world) for said in story)]
    silences = []
    for heard, again in zip(spoke, [*spoke[1:], T + 3 * DAY], strict=True):
        if again - heard > HOUR:
            hours = -(-(again - heard) // HOUR)
            facts += [world.silent(heard, heard + (n + 1) * HOUR, passed=heard + n * HOUR) for n in range(1, hours)]
            facts.append(world.resumed(heard, again))
            silences.append((heard + HOUR, again))
    world.tale.given(*sorted(facts, key=lambda fact: fact.envelope.mark)).until(T + 4 * DAY)
    return world, silences


@settings(max_examples=100, deadline=None)
@given(stories(), st.lists(st.integers(-180, 300), max_size=8))
def test_r30_a_feed_that_speaks_when_it_likes_changes_no_verdict_in_the_end_and_nobody_is_accused_too_soon(
    story: list[Said], minutes: list[int]
) -> None:
    world, silences = told(story, sorted({T - 4 * HOUR, *(T + minute * MINUTE for minute in minutes)}))
    judged = [
        (event.verdict.value, fact.envelope.recorded_at)
        for fact in world.tale.out
        if isinstance(event := fact.event, ClockJudged) and event.kind is ClockKind.FIRST_RESPONSE
    ]
    last = judged[-1][0]
    assert {"met": "met", "withdrawn": "met"}.get(last, last) == ("met" if in_time(story) else "missed")
    open_until = max((back + HOUR for since, back in silences if since <= DUE < back + HOUR), default=DUE)
    assert all(at > open_until for verdict, at in judged if verdict == "missed")
    assert all(DUE < at <= open_until for verdict, at in judged if verdict == "unverified")
