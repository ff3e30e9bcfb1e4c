"""Who gets a lead: the round robin, night and nobody, leave, the CRM and people's word, what was missed."""

import msgspec
import pytest

from leadpact.contracts.events.control import Rep
from leadpact.contracts.events.qualification import CommandRefused
from leadpact.contracts.events.sla import Assigned, ClockKind, Queued
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

REALLOCATES = promising(msgspec.structs.replace(RESPONSE, reallocate=True))


def leads(world: World, number: int) -> None:
    for n in range(number):
        world.tale.given(world.mql(T + n * SECOND, lead=f"lead-{n}", engagement=f"run-{n}"))


def test_r33_the_round_robin_gives_each_their_weight_smoothly() -> None:
    world = World(reps=(Rep("ann", "Ann", weight=3), Rep("bob", "Bob", weight=1)))
    leads(world, 8)
    assert world.owners() == ["ann", "ann", "bob", "ann"] * 2


def test_r33_the_assignment_records_the_counters_that_decided() -> None:
    world = World(reps=(ANN, BOB))
    leads(world, 3)
    assert [(event.counters, event.loads) for event in world.tale.all(Assigned)] == [
        ({}, {}),
        ({"ann": -1, "bob": 1}, {"ann": 1, "bob": 0}),
        ({"ann": 0, "bob": 0}, {"ann": 1, "bob": 1}),
    ]


def test_r33_nobody_gets_more_than_their_capacity() -> None:
    world = World(reps=(Rep("ann", "Ann", capacity=1), BOB))
    leads(world, 3)
    assert world.owners() == ["ann", "bob", "bob"]


def test_r33_a_closed_run_makes_room() -> None:
    world = World(reps=(Rep("ann", "Ann", capacity=1),))
    world.tale.given(world.mql(T), world.closed(T + MINUTE), world.mql(T + HOUR, lead="lead-2", engagement="run-2"))
    assert world.owners() == ["ann", "ann"]


def test_r33_at_night_a_lead_waits_for_the_opening() -> None:
    world = World()
    world.tale.given(world.mql(ny(3, 6, 20)))  # Friday night, before the clocks spring forward
    (queued,) = world.tale.all(Queued)
    assert (queued.queue, queued.retry_at) == (None, ny(3, 9, 9))
    assert world.mails() == []
    world.tale.until(ny(3, 9, 9))
    assert world.owners() == ["ann"]
    (routed,) = world.judged(ClockKind.ROUTING)
    assert (routed.verdict.value, routed.elapsed_seconds) == ("met", 0)
    assert world.started()[0].due == ny(3, 9, 10)


def test_r33_with_nobody_there_the_fallback_queue_is_told_and_the_clock_goes_on() -> None:
    world = World()
    world.leave(ANN, T - HOUR, T + 2 * HOUR)
    world.tale.given(world.mql(T)).until(T + 3 * HOUR)
    assert {event.queue for event in world.tale.all(Queued)} == {"desk@us.example"}
    alarms = [(to, subject) for to, subject in world.mails() if to == "desk@us.example"]
    assert [subject.split(": ")[1] for _, subject in alarms] == ["nobody can take it", "owner missed"]
    missed, late = world.judged(ClockKind.ROUTING)
    assert (missed.verdict.value, late.verdict.value, late.answered_at) == ("missed", "missed", T + 2 * HOUR)
    assert world.owners() == ["ann"]


def test_r33_a_queued_lead_is_tried_again_less_and_less_often() -> None:
    world = World(reps=())
    world.tale.given(world.mql(T)).until(T + 3 * HOUR)
    waits = [(event.retry_at - T) // MINUTE for event in world.tale.all(Queued)]
    assert waits == [5, 10, 20, 40, 80, 160, 320]
    world.roster(T + 3 * HOUR, BOB)
    world.tale.until(T + DAY)
    assert world.owners() == ["bob"]


def test_r33_the_owner_that_the_crm_names_beats_our_routing() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.crm(T + 5 * MINUTE, "bob"))
    assert world.owners() == ["ann", "bob"]
    assert [(clock.owner, clock.segment, clock.due) for clock in world.started()] == [
        ("ann", 1, T + HOUR),
        ("bob", 2, T + HOUR + 5 * MINUTE),
    ]


def test_r33_an_owner_known_before_keeps_the_lead() -> None:
    world = World(reps=(ANN,))
    night = ny(3, 3, 22)
    world.tale.given(world.crm(T, "zoe"), world.mql(night))
    assert (world.owners(), world.tale.all(Assigned)[0].by) == (["zoe"], "crm")


def test_r33_an_owner_known_before_who_is_absent_does_not_get_the_lead() -> None:
    world = World(reps=(ANN, BOB))
    world.leave(ANN, T - DAY, T + DAY)
    world.tale.given(world.crm(T - HOUR, "ann"), world.mql(T))
    assert world.owners() == ["bob"]


def test_r33_the_crm_may_have_named_the_owner_before_the_lead_qualified() -> None:
    world = World(reps=())
    world.tale.given(world.mql(T), world.crm(T - HOUR, "zoe", received=T + MINUTE))
    assert [(v.verdict.value, v.answered_at, v.elapsed_seconds) for v in world.judged(ClockKind.ROUTING)] == [
        ("met", T, 0)
    ]


@pytest.mark.parametrize("hand", [False, True], ids=["the CRM", "a person"])
def test_r33_r49_a_late_older_word_of_the_crm_takes_no_lead_from_who_was_named_later(hand: bool) -> None:  # noqa: FBT001 - a parameter of the test
    world = World(reps=(ANN, BOB, CAT))
    named = world.by_hand(T + 10 * MINUTE, "bob") if hand else world.crm(T + 10 * MINUTE, "bob")
    world.tale.given(world.mql(T), named, world.crm(T + 5 * MINUTE, "cat", received=T + 15 * MINUTE))
    assert world.owners() == ["ann", "bob"]
    assert [clock.due for clock in world.started()] == [T + HOUR, T + HOUR + 10 * MINUTE]


def test_r33_r49_the_next_run_goes_to_whom_the_crm_named_last() -> None:
    world = World(reps=(ANN,))
    world.tale.given(world.crm(T - HOUR, "bob"), world.crm(T - 2 * HOUR, "cat", received=T - MINUTE), world.mql(T))
    assert world.owners() == ["bob"]


def test_r43_a_history_of_owners_takes_no_live_lead_from_its_owner() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.crm(T - 100 * DAY, "bob", received=T + MINUTE)).until(T + 2 * HOUR)
    assert world.owners() == ["ann"]
    assert [clock.segment for clock in world.started()] == [1]


def test_r33_the_verdict_on_routing_rests_on_the_assignment_or_on_who_named_the_owner() -> None:
    by_turn, known, named = World(), World(), World(reps=())
    crm = [known.crm(T - HOUR, "zoe"), named.crm(T + MINUTE, "zoe")]
    by_turn.tale.given(by_turn.mql(T))
    known.tale.given(crm[0], known.mql(T))
    named.tale.given(named.mql(T), crm[1])
    (assigned,) = (fact.envelope.id for fact in by_turn.tale.out if isinstance(fact.event, Assigned))
    found = [judged.evidence for world in (by_turn, known, named) for judged in world.judged(ClockKind.ROUTING)]
    assert found == [(assigned,), (crm[0].envelope.id,), (crm[1].envelope.id,)]


def test_r33_the_evidence_of_a_routing_at_the_opening_is_the_assignment_too() -> None:
    world = World()
    world.tale.given(world.mql(ny(3, 3, 20))).until(ny(3, 4, 9))
    (assigned,) = (fact.envelope.id for fact in world.tale.out if isinstance(fact.event, Assigned))
    assert [judged.evidence for judged in world.judged(ClockKind.ROUTING)] == [(assigned,)]


def test_r33_a_routing_that_nobody_did_cites_the_qualification_that_asked_for_it() -> None:
    world = World(reps=())
    qualified = world.mql(T)
    world.tale.given(qualified).until(T + HOUR)
    (missed,) = world.judged(ClockKind.ROUTING)
    assert (missed.verdict.value, missed.evidence) == ("missed", (qualified.envelope.id,))


def test_r29_an_owner_fact_that_comes_late_withdraws_the_miss_of_routing() -> None:
    world = World(reps=())
    world.tale.given(world.mql(T), world.crm(T + 5 * MINUTE, "zoe", received=T + HOUR))
    assert world.verdicts(ClockKind.ROUTING) == ["missed", "withdrawn"]


def test_r04_nobody_absent_gets_a_lead() -> None:
    world = World(reps=(ANN, BOB))
    world.leave(ANN, T - DAY, T + DAY)
    leads(world, 3)
    assert world.owners() == ["bob"] * 3


def test_r04_leave_that_outlasts_the_budget_reassigns_the_lead_when_it_begins() -> None:
    world = World(reps=(ANN, BOB))
    world.leave(ANN, T + 20 * MINUTE, T + 3 * DAY)
    world.tale.given(world.mql(T)).until(T + 30 * MINUTE)
    assert [(event.owner, event.by, event.previous) for event in world.tale.all(Assigned)] == [
        ("ann", "round_robin", None),
        ("bob", "leave", "ann"),
    ]
    assert [(clock.owner, clock.started_at, clock.due) for clock in world.started()] == [
        ("ann", T, T + HOUR),
        ("bob", T + 20 * MINUTE, T + 80 * MINUTE),
    ]


def test_r04_leave_shorter_than_the_budget_that_remains_closes_the_calendar() -> None:
    world = World(reps=(ANN, BOB))
    world.leave(ANN, T + 20 * MINUTE, T + 40 * MINUTE)
    world.tale.given(world.mql(T)).until(T + 2 * HOUR)
    assert world.owners() == ["ann"]
    assert [verdict.due for verdict in world.judged()] == [T + 80 * MINUTE]


def test_r04_leave_with_nobody_else_there_queues_the_lead_and_the_owner_stays() -> None:
    world = World(reps=(ANN,))
    world.leave(ANN, T + 20 * MINUTE, T + 3 * DAY)
    world.tale.given(world.mql(T)).until(T + 2 * HOUR)
    assert {event.why for event in world.tale.all(Queued)} == {"leave"}
    assert world.owners() == ["ann"]
    assert world.verdicts() == ["missed"]


def test_r04_leave_after_the_answer_reassigns_only_if_it_outlasts_the_cadence() -> None:
    for days, owners in ((3, ["ann"]), (9, ["ann", "bob"])):
        world = World(reps=(ANN, BOB))
        world.leave(ANN, T + DAY, T + DAY + days * DAY)
        world.tale.given(world.mql(T), world.touch(T + MINUTE)).until(T + 6 * DAY)
        assert world.owners() == owners


def test_r31_reassignment_starts_a_segment_with_a_full_budget_and_the_elapsed_time_is_their_sum() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.by_hand(T + 50 * MINUTE, "bob"), world.touch(T + 90 * MINUTE, by="bob"))
    (verdict,) = world.judged()
    assert (verdict.verdict.value, verdict.due, verdict.elapsed_seconds) == ("met", T + 110 * MINUTE, 90 * 60)


def test_r31_the_miss_belongs_to_the_segment_that_used_up_the_budget() -> None:
    world = World(reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.by_hand(T + 50 * MINUTE, "bob")).until(T + 3 * HOUR)
    assert [(verdict.verdict.value, verdict.owner) for verdict in world.judged()] == [("missed", "bob")]


def test_r31_a_missed_response_goes_to_another_and_the_verdict_of_the_lead_stays() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(T)).until(T + HOUR + MINUTE)
    world.tale.given(world.touch(T + 80 * MINUTE, by="bob"))
    first, second = world.started()
    assert (second.owner, second.renews) == ("bob", first.clock)
    assert [(v.verdict.value, v.owner, v.renews) for v in world.judged()] == [
        ("missed", "ann", None),
        ("missed", "ann", None),  # now with the time of the answer
        ("met", "bob", first.clock),
    ]


def test_r31_never_back_to_one_who_missed_it_and_never_in_a_circle() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB, CAT))
    world.tale.given(world.mql(T)).until(T + 30 * DAY)
    assert world.owners() == ["ann", "bob", "cat"]
    assert world.verdicts() == ["missed"] * 3


def test_r31_a_miss_that_comes_by_a_bounce_is_given_to_another_too() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.email(T + 10 * MINUTE, "m1")).until(T + 2 * HOUR)
    world.tale.given(world.bounce(T + 2 * HOUR, "m1"))
    assert world.owners() == ["ann", "bob"]
    missed, renewed = world.started()
    assert (renewed.owner, renewed.renews, renewed.due) == ("bob", missed.clock, T + 3 * HOUR)
    world.tale.given(world.bounce(T + 2 * HOUR + MINUTE, "m1"))
    assert world.owners() == ["ann", "bob"]


def test_r31_a_late_answer_that_bounces_sends_the_lead_on_at_the_opening() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 3, 16)), world.email(ny(3, 3, 18), "m1"), world.bounce(ny(3, 3, 19), "m1"))
    world.tale.until(ny(3, 4, 9))
    assert world.owners() == ["ann", "bob"]


def test_r47_a_miss_of_who_opted_out_since_is_given_to_nobody() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(T), world.email(T + 10 * MINUTE, "m1"), world.opted_out(T + 90 * MINUTE))
    world.tale.given(world.bounce(T + 2 * HOUR, "m1"))
    assert world.verdicts()[-1] == "missed"
    assert world.owners() == ["ann"]


def test_r31_what_is_missed_at_closing_time_is_given_away_at_the_opening() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 3, 16))).until(ny(3, 4, 9))
    assert [(event.owner, event.by) for event in world.tale.all(Assigned)][-1] == ("bob", "missed")
    assert world.started()[-1].started_at == ny(3, 4, 9)


def test_r31_who_waits_waits_on_when_only_those_are_left_who_missed_it() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 3, 16))).until(ny(3, 3, 17, 30))
    world.roster(ny(3, 3, 18), ANN)
    for opens in (ny(3, 4, 9), ny(3, 4, 9, 5)):
        assert world.tale.next_due() == opens
        world.tale.until(opens)
        assert world.tale.all(Queued)[-1].queue == "desk@us.example"
    world.roster(ny(3, 4, 9, 6), ANN, BOB)
    world.tale.until(ny(3, 4, 10))
    assert world.owners() == ["ann", "bob"]


def test_r31_an_answer_that_comes_before_the_opening_keeps_the_owner() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 3, 16)), world.touch(ny(3, 3, 18))).until(ny(3, 5, 9))
    assert world.owners() == ["ann"]


def test_r31_a_late_answer_ends_the_waiting_for_another_owner() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 3, 16))).until(ny(3, 3, 17, 30))
    (run,) = world.tale.cells["lead-1"].state.engagements
    assert run.waiting is not None
    world.tale.given(world.touch(ny(3, 3, 18)))
    (run,) = world.tale.cells["lead-1"].state.engagements
    assert run.waiting is None


def test_r04_leave_after_a_late_answer_still_reassigns() -> None:
    world = World(REALLOCATES, reps=(ANN, BOB))
    world.leave(ANN, ny(3, 5, 0), ny(3, 20, 0))
    world.tale.given(world.mql(ny(3, 3, 16)), world.touch(ny(3, 3, 18))).until(ny(3, 6, 9))
    assert world.owners() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("owner", "says"),
    [("zoe", "zoe is in no team."), ("bob", "bob is on leave: nobody absent gets a lead.")],
)
def test_r50_a_reassignment_that_cannot_be_is_refused(owner: str, says: str) -> None:
    world = World(reps=(ANN, BOB))
    world.leave(BOB, T - DAY, T + DAY)
    world.tale.given(world.mql(T), command := world.by_hand(T + MINUTE, owner))
    (refused,) = world.tale.all(CommandRefused)
    assert (refused.command, refused.says) == (command.envelope.id, says)
    assert world.owners() == ["ann"]
