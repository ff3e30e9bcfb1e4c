"""The promise of a first human touch: when it runs, what answers it, what takes a verdict back."""

from datetime import date, datetime, timedelta

import msgspec
import pytest

from leadpact.calendar import resolve, to_dict
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.contracts.events.sla import ClockMoved, ClockWarned, Escalated
from tests.unit.sla_monitor.world import (
    AGREEMENT,
    ANN,
    AUTOMATION,
    BOB,
    DAY,
    HOUR,
    MINUTE,
    RESPONSE,
    SECOND,
    UNKNOWN,
    WEEK,
    T,
    World,
    ny,
    promising,
)


def test_r22_a_business_hour_runs_from_the_assignment() -> None:
    world = World()
    world.tale.given(world.mql(T))
    assert [(clock.started_at, clock.due, clock.owner) for clock in world.started()] == [(T, T + HOUR, "ann")]


@pytest.mark.parametrize(
    ("qualified", "due"),
    [
        (ny(3, 3, 16, 30), ny(3, 4, 9, 30)),
        (ny(3, 6, 16, 30), ny(3, 9, 9, 30)),  # over the weekend on which the clocks spring forward
        (ny(5, 22, 16, 30), ny(5, 26, 9, 30)),  # over Memorial Day
        (ny(10, 30, 16, 30), ny(11, 2, 9, 30)),  # over the weekend on which they fall back
    ],
    ids=["night", "weekend and 23 h day", "holiday", "25 h day"],
)
def test_r02_the_budget_skips_what_is_closed(qualified: datetime, due: datetime) -> None:
    world = World()
    world.tale.given(world.mql(qualified)).until(due)
    assert world.started()[0].due == due
    assert world.verdicts() == []
    world.tale.until(due + SECOND)
    assert world.verdicts() == ["missed"]


def test_r04_an_ad_hoc_closure_closes_the_day() -> None:
    world = World()
    world.closure(date(2026, 3, 4))
    world.tale.given(world.mql(ny(3, 3, 16, 30)))
    assert world.started()[0].due == ny(3, 5, 9, 30)


def test_r02_exactly_at_due_is_in_time_and_a_second_later_is_not() -> None:
    for late, verdicts in ((timedelta(0), ["met"]), (SECOND, ["missed", "missed"])):
        world = World()
        world.tale.given(world.mql(T), world.touch(T + HOUR + late))
        assert world.verdicts() == verdicts


def test_r04_a_closure_wins_over_special_hours() -> None:
    open_late = {date(2026, 3, 4): ("09:00-21:00",)}
    calendar = resolve("America/New_York", WEEK, first=date(2026, 1, 1), last=date(2026, 12, 31), special=open_late)
    world = World(msgspec.structs.replace(AGREEMENT, calendar=dict(to_dict(calendar))))
    world.closure(date(2026, 3, 4))
    world.tale.given(world.mql(ny(3, 3, 16, 30)))
    assert world.started()[0].due == ny(3, 5, 9, 30)


def test_r48_the_verdict_says_who_when_and_why_in_local_time() -> None:
    world = World()
    call = world.touch(T + 12 * MINUTE + 30 * SECOND)
    world.tale.given(world.mql(T), call)
    (verdict,) = world.judged()
    assert verdict.says == (
        "Ann called 12 min 30 s of business time after assignment; due was Tue 3 Mar 2026 11:00 America/New_York: met."
    )
    assert (verdict.evidence, verdict.elapsed_seconds, verdict.agreement_version) == ((call.envelope.id,), 750, 1)


def test_r48_seconds_are_shown_where_there_are_some() -> None:
    world = World()
    world.tale.given(world.mql(T + 5 * SECOND)).until(T + 2 * HOUR)
    assert "due was Tue 3 Mar 2026 11:00:05 America/New_York" in world.judged()[0].says


def test_r23_any_colleague_counts_and_gets_the_credit() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.touch(T + MINUTE, by="bob"))
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.owner, verdict.credit) == ("met", "ann", "bob")


def test_r23_automation_never_counts() -> None:
    world = World(promising(msgspec.structs.replace(RESPONSE, unknown_actor_counts=True)))
    world.tale.given(world.mql(T), world.touch(T + MINUTE, by="bot", actor=AUTOMATION)).until(T + DAY)
    assert world.verdicts() == ["missed"]


def test_r23_an_unknown_actor_counts_only_if_the_agreement_says_so() -> None:
    for counts, verdict in ((False, "missed"), (True, "met")):
        world = World(promising(msgspec.structs.replace(RESPONSE, unknown_actor_counts=counts)))
        world.tale.given(world.mql(T), world.touch(T + MINUTE, by="?", actor=UNKNOWN)).until(T + DAY)
        assert world.verdicts() == [verdict]


def test_r23_a_touch_before_the_mql_does_not_count() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T, received=T + MINUTE), world.touch(T - HOUR, received=T + MINUTE))
    assert world.verdicts() == []


def test_r23_a_meeting_booked_before_the_assignment_meets_it_at_once() -> None:
    night = ny(3, 3, 20)
    world = World()
    world.tale.given(world.mql(night), world.touch(night + HOUR, TouchKind.MEETING, Outcome.BOOKED, by="ann")).until(
        ny(3, 4, 9)
    )
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.elapsed_seconds) == ("met", 0)
    assert verdict.says.startswith("Ann booked a meeting before assignment;")


def test_r23_voicemail_reaches_out_but_an_automatic_reply_does_not() -> None:
    for outcome, verdicts in ((Outcome.VOICEMAIL, ["met"]), (Outcome.AUTO_REPLY, [])):
        world = World()
        world.tale.given(world.mql(T), world.touch(T + MINUTE, outcome=outcome))
        assert world.verdicts() == verdicts


def test_r28_each_warning_once_then_the_miss_then_the_steps_until_an_answer() -> None:
    world = World()
    world.tale.given(world.mql(T)).until(T + 4 * HOUR)
    assert [(warning.percent, warning.due) for warning in world.tale.all(ClockWarned)] == [
        (50, T + HOUR),
        (80, T + HOUR),
    ]
    assert world.verdicts() == ["missed"]
    assert [(step.step, step.to) for step in world.tale.all(Escalated)] == [
        (1, "boss@us.example"),
        (2, "head@us.example"),
    ]
    assert [to for to, _ in world.mails()] == ["ann@us.example"] * 3 + ["boss@us.example", "head@us.example"]


def test_r04_r28_a_closure_puts_a_step_off_too() -> None:
    world = World()
    world.tale.given(world.mql(ny(3, 3, 15, 30))).until(ny(3, 3, 16, 45))
    world.closure(date(2026, 3, 4), told=ny(3, 3, 16, 50))
    world.tale.until(ny(3, 4, 12))
    assert [step.step for step in world.tale.all(Escalated)] == [1]
    world.tale.until(ny(3, 5, 9, 30))
    assert [step.step for step in world.tale.all(Escalated)] == [1, 2]


def test_r28_an_answer_ends_the_escalation() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + HOUR + MINUTE)).until(T + DAY)
    assert [step.step for step in world.tale.all(Escalated)] == [1]


def test_r28_no_warning_after_the_answer() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + 29 * MINUTE)).until(T + 6 * HOUR)
    assert world.tale.all(ClockWarned) == []


def test_r29_late_evidence_withdraws_the_miss_and_keeps_both_times() -> None:
    world = World()
    called, told = T + 20 * MINUTE, T + 3 * HOUR
    world.tale.given(world.mql(T)).until(T + 2 * HOUR)
    world.tale.when(world.touch(called, received=told))
    missed, withdrawn = world.judged()
    assert (missed.verdict.value, missed.answered_at) == ("missed", None)
    assert (withdrawn.verdict.value, withdrawn.previous.value, withdrawn.answered_at) == ("withdrawn", "missed", called)
    assert withdrawn.elapsed_seconds == 20 * 60
    assert "learned at Tue 3 Mar 2026 13:00 America/New_York" in withdrawn.says
    kept = [to for to, subject in world.mails() if "kept after all" in subject]
    assert kept == ["ann@us.example", "boss@us.example", "head@us.example"]


def test_a_miss_that_nobody_answered_cites_the_qualification_that_asked_for_it() -> None:
    world = World()
    qualified = world.mql(T)
    world.tale.given(qualified).until(T + 2 * HOUR)
    (missed,) = world.judged()
    assert (missed.verdict.value, missed.evidence) == ("missed", (qualified.envelope.id,))


def test_r31_so_does_the_miss_of_each_owner_after_that() -> None:
    world = World(promising(msgspec.structs.replace(RESPONSE, reallocate=True)), reps=(ANN, BOB))
    qualified = world.mql(T)
    world.tale.given(qualified).until(T + 3 * HOUR)
    assert [(judged.owner, judged.evidence) for judged in world.judged()] == [
        ("ann", (qualified.envelope.id,)),
        ("bob", (qualified.envelope.id,)),
    ]


def test_r26_a_reply_that_nobody_answered_is_cited_by_its_miss() -> None:
    world = World()
    reply = world.touch(T + HOUR, TouchKind.EMAIL, Outcome.REPLIED, direction=Direction.IN)
    world.tale.given(world.mql(T), world.touch(T + MINUTE), reply).until(T + 5 * HOUR)
    missed = world.judged()[-1]
    assert (missed.verdict.value, missed.evidence) == ("missed", (reply.envelope.id,))


def test_r29_an_answer_after_due_stays_missed_with_its_time() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + 90 * MINUTE))
    last = world.judged()[-1]
    assert (last.verdict.value, last.previous.value) == ("missed", "missed")
    assert (last.answered_at, last.elapsed_seconds) == (T + 90 * MINUTE, 90 * 60)


def test_r25_a_bounce_takes_a_met_back_to_pending_then_missed() -> None:
    world = World()
    world.tale.given(world.mql(T), world.email(T + MINUTE, "m1"), world.bounce(T + 5 * MINUTE, "m1"))
    assert world.verdicts() == ["met", "voided", "pending"]
    world.tale.until(T + 2 * HOUR)
    assert world.verdicts() == ["met", "voided", "pending", "missed"]


def test_r25_a_bounce_after_due_takes_a_met_back_to_missed() -> None:
    world = World()
    world.tale.given(world.mql(T), world.email(T + MINUTE, "m1")).until(T + 2 * HOUR)
    world.tale.when(world.bounce(T + 2 * HOUR, "m1"))
    assert world.verdicts() == ["met", "voided", "missed"]


def test_r25_a_bounce_takes_back_its_own_mail_and_not_another_sent_minutes_later() -> None:
    world = World()
    delivered = world.email(T + 13 * MINUTE, "m2")
    world.tale.given(world.mql(T), world.email(T + 10 * MINUTE, "m1"), delivered, world.bounce(T + 14 * MINUTE, "m1"))
    last = world.judged()[-1]
    assert (last.verdict.value, last.evidence) == ("met", (delivered.envelope.id,))


@pytest.mark.parametrize("references", [("m1", None), (None, "m1")], ids=["told after it", "told before it"])
def test_r25_a_bounce_takes_back_what_a_hand_log_told_of_the_same_mail(references: tuple[str | None, ...]) -> None:
    world = World()
    told = [world.email(T + n * MINUTE, reference) for n, reference in enumerate(references, 10)]
    world.tale.given(world.mql(T), *told, world.bounce(T + 20 * MINUTE, "m1"))
    assert world.verdicts() == ["met", "met", "voided", "pending"]


def test_r25_another_touch_in_time_keeps_the_verdict_when_one_bounces() -> None:
    world = World()
    call = world.touch(T + 20 * MINUTE)
    world.tale.given(world.mql(T), world.email(T + MINUTE, "m1"), call, world.bounce(T + 30 * MINUTE, "m1"))
    assert world.verdicts() == ["met", "met"]
    assert world.judged()[-1].evidence == (call.envelope.id,)


def test_r26_a_human_reply_opens_a_response_to_it() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), reply := world.reply(T + DAY))
    _, to_reply = world.started()
    assert (to_reply.replies_to, to_reply.started_at, to_reply.due) == (reply.envelope.id, T + DAY, T + DAY + HOUR)
    world.tale.when(world.email(T + DAY + 10 * MINUTE))
    assert world.judged()[-1].clock == to_reply.clock
    assert world.verdicts() == ["met", "met"]


def test_r26_automatic_replies_count_for_nothing() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.reply(T + DAY, Outcome.AUTO_REPLY))
    assert len(world.started()) == 1


def test_r26_a_call_taken_at_once_is_answered_and_asks_for_no_response() -> None:
    world = World()
    world.tale.given(world.mql(T), world.reply(T + MINUTE, Outcome.CONNECTED, kind=TouchKind.CALL))
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.credit, len(world.started())) == ("met", None, 1)


def test_r04_short_leave_known_later_moves_the_due() -> None:
    world = World()
    world.tale.given(world.mql(T))
    world.leave(ANN, T + 10 * MINUTE, T + 40 * MINUTE, told=T + 5 * MINUTE)
    world.tale.until(T + HOUR)
    assert [event.due for event in world.tale.all(ClockMoved)] == [T + 90 * MINUTE]
    assert world.verdicts() == []
    world.tale.until(T + 91 * MINUTE)
    assert [(verdict.verdict.value, verdict.elapsed_seconds) for verdict in world.judged()] == [("missed", 3600)]


def test_the_lead_writes_first_and_nobody_answers_either() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE, TouchKind.EMAIL, Outcome.REPLIED, direction=Direction.IN))
    world.tale.until(T + DAY)
    assert world.verdicts() == ["missed", "missed"]


def test_r04_a_warning_moves_with_the_leave_that_became_known() -> None:
    world = World()
    world.tale.given(world.mql(T))
    world.leave(ANN, T + 10 * MINUTE, T + 40 * MINUTE, told=T + 5 * MINUTE)
    world.tale.until(T + 59 * MINUTE)
    assert world.tale.all(ClockWarned) == []
    world.tale.until(T + 61 * MINUTE)
    assert [(warning.percent, warning.due) for warning in world.tale.all(ClockWarned)] == [(50, T + 90 * MINUTE)]


def test_r28_a_new_owner_is_warned_of_their_own_budget() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.by_hand(T + 40 * MINUTE, "bob")).until(T + 75 * MINUTE)
    assert [(warning.owner, warning.percent) for warning in world.tale.all(ClockWarned)] == [("ann", 50), ("bob", 50)]


def test_r26_what_was_done_at_the_instant_of_the_reply_is_no_answer_to_it() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.reply(T + MINUTE))
    assert [verdict.clock for verdict in world.judged()] == [world.started()[0].clock]


def test_r22_evidence_belongs_to_the_run_in_which_it_happened() -> None:
    world = World()
    world.tale.given(world.mql(T), world.closed(T + 2 * HOUR, "recycled", None))
    world.tale.given(world.mql(T + DAY, engagement="run-2"), world.touch(T + DAY + MINUTE))
    assert [(verdict.engagement, verdict.verdict.value) for verdict in world.judged()] == [
        ("run-1", "missed"),
        ("run-2", "met"),
    ]


def test_r26_a_late_told_reply_belongs_to_the_run_in_which_it_came() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.closed(T + HOUR, "recycled", None))
    reply = world.touch(T + 30 * MINUTE, TouchKind.EMAIL, Outcome.REPLIED, direction=Direction.IN, received=T + 2 * DAY)
    world.tale.given(world.mql(T + DAY, engagement="run-2"), reply)
    assert [clock.replies_to for clock in world.started()] == [None, None]
