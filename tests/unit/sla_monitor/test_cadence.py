"""The promise of so many attempts: what is an attempt, when the cadence is judged, what ends it."""

from datetime import datetime, timedelta

import pytest

from leadpact.contracts.agreement import Agreement, Cadence, Unit
from leadpact.contracts.events.lead import Outcome, TouchKind
from leadpact.contracts.events.sla import AttemptCounted, ClockKind, ClockWarned
from leadpact.kit.decider import Fact
from tests.unit.sla_monitor.world import (
    ANN,
    AUTOMATION,
    BOB,
    CADENCE,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T,
    World,
    ny,
    promising,
)

KIND = ClockKind.CADENCE
END = T + 7 * DAY


def counts(world: World) -> tuple[int, int, int]:
    """The attempts counted last."""
    last = world.tale.all(AttemptCounted)[-1]
    return last.calls, last.emails, last.socials


def full(world: World) -> list[Fact]:
    """Three calls and three emails, a day apart."""
    calls = [world.touch(T + n * DAY + MINUTE) for n in range(3)]
    return sorted(
        [*calls, *(world.email(T + n * DAY + HOUR, f"m{n}") for n in range(3))],
        key=lambda fact: fact.envelope.occurred_at,
    )


def test_r05_seven_days_are_calendar_days() -> None:
    world = World()
    world.tale.given(world.mql(T))
    assert [clock.due for clock in world.started(KIND)] == [END]  # the same hour of UTC: elapsed time knows no DST


def test_r27_a_cadence_is_judged_at_its_deadline() -> None:
    world = World()
    world.tale.given(world.mql(T), *full(world)).until(END)
    assert world.verdicts(KIND) == []
    world.tale.until(END + SECOND)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.answered_at) == ("met", T + 2 * DAY + HOUR)
    assert verdict.says.startswith("3 of 3 calls, 3 of 3 emails within 7 d of assignment;")
    assert len(verdict.evidence) == 6


def test_r27_too_few_attempts_miss_it() -> None:
    world = World()
    qualified, *made = world.mql(T), *full(world)[:-1]
    world.tale.given(qualified, *made).until(END + SECOND)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.says.split(" within")[0]) == ("missed", "3 of 3 calls, 2 of 3 emails")
    assert verdict.evidence[0] == qualified.envelope.id
    assert set(verdict.evidence[1:]) == {each.envelope.id for each in made} and len(verdict.evidence) == 6


def test_r27_a_cadence_of_nothing_cites_the_qualification_that_asked_for_it() -> None:
    world = World()
    qualified = world.mql(T)
    world.tale.given(qualified).until(END + SECOND)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.evidence) == ("missed", (qualified.envelope.id,))


def test_r28_the_warning_comes_only_while_something_is_left_to_do() -> None:
    for done, warnings in ((False, [80]), (True, [])):
        world = World()
        world.tale.given(world.mql(T), *(full(world) if done else [])).until(END)
        warned = [event.percent for event in world.tale.all(ClockWarned) if event.kind is KIND]
        assert warned == warnings


def test_r29_a_late_told_attempt_withdraws_the_miss() -> None:
    world = World()
    *facts, _ = full(world)
    world.tale.given(world.mql(T), *facts).until(END + HOUR)
    world.tale.when(world.email(T + 3 * DAY, "m9", received=END + DAY))
    assert world.verdicts(KIND) == ["missed", "withdrawn"]


def test_r25_a_bounce_after_the_deadline_takes_the_met_back() -> None:
    world = World()
    world.tale.given(world.mql(T), *full(world)).until(END + HOUR)
    world.tale.when(world.bounce(END + DAY, "m1"))
    assert world.verdicts(KIND) == ["met", "voided", "missed"]
    assert counts(world) == (3, 2, 0)


def test_r25_a_bounce_told_before_its_mail_takes_it_back_too() -> None:
    world = World()
    world.tale.given(world.mql(T), world.bounce(T + HOUR, "m1"), world.email(T + MINUTE, "m1", received=T + 2 * HOUR))
    assert world.tale.all(AttemptCounted) == []


@pytest.mark.parametrize(
    ("second", "made"),
    [
        ({"seconds": 600}, 1),  # overlaps the first
        ({}, 1),  # no length: within five minutes
        ({"seconds": 600, "by": "bob"}, 2),
        ({"seconds": 600, "target": "other"}, 2),
        ({"seconds": 600, "target": None}, 1),  # a hand log knows no number
    ],
    ids=["overlap", "no length", "other actor", "other target", "unknown target"],
)
def test_r24_one_call_seen_twice_is_one_attempt(second: dict[str, object], made: int) -> None:
    world = World()
    described = {"target": "number", "by": "ann"} | second
    world.tale.given(
        world.mql(T),
        world.touch(T + MINUTE, seconds=600, target="number"),
        world.touch(T + 4 * MINUTE, **described),  # type: ignore[arg-type]  # a parameter of the test
    )
    assert counts(world)[0] == made


@pytest.mark.parametrize(("gap", "made"), [(5 * MINUTE, 1), (5 * MINUTE + SECOND, 2)])
def test_r24_without_a_length_five_minutes_tell_two_calls_apart(gap: timedelta, made: int) -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.touch(T + MINUTE + gap))
    assert counts(world)[0] == made


@pytest.mark.parametrize(
    ("reports", "made"),
    [
        ([None] * 6, 3),  # 0 and 4, 8 and 12, 16 and 20
        ([600, None, None, None, None, None], 2),  # the first lasts ten minutes: five more are fifteen
        ([None, None, 600, None, None, None], 2),  # the third opens another, which lasts until 18
    ],
    ids=["no lengths", "the first has one", "the third has one"],
)
def test_r24_five_minutes_count_from_the_attempts_first_report(reports: list[int | None], made: int) -> None:
    world = World()
    calls = [world.touch(T + MINUTE + n * 4 * MINUTE, seconds=seconds) for n, seconds in enumerate(reports)]
    world.tale.given(world.mql(T), *calls)
    assert counts(world)[0] == made


def test_r24_mails_with_different_references_are_different_attempts() -> None:
    world = World()
    world.tale.given(world.mql(T), world.email(T + MINUTE, "m1"), world.email(T + 4 * MINUTE, "m2"))
    assert counts(world) == (0, 2, 0)


def test_r24_a_call_is_one_whatever_number_each_feed_gives_it() -> None:
    world = World()
    feeds = [world.touch(T + n * MINUTE, reference=feed) for n, feed in ((1, "dialer 7"), (2, "crm 9"))]
    world.tale.given(world.mql(T), *feeds)
    assert counts(world)[0] == 1


def test_r24_calls_of_known_length_one_after_the_other_are_two() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE, seconds=60), world.touch(T + 2 * MINUTE, seconds=60))
    assert counts(world)[0] == 2


def test_r24_the_earliest_time_wins_though_it_is_told_last() -> None:
    world = World()
    late = world.touch(T + 2 * MINUTE, received=T + 20 * MINUTE)
    world.tale.given(world.mql(T), world.touch(T + 4 * MINUTE), late)
    assert counts(world)[0] == 1
    assert [verdict.answered_at for verdict in world.judged()] == [T + 4 * MINUTE, T + 2 * MINUTE]


def test_r25_voicemail_is_an_attempt() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE, outcome=Outcome.VOICEMAIL))
    assert counts(world) == (1, 0, 0)


def test_r23_meetings_and_automation_are_no_attempts() -> None:
    world = World()
    world.tale.given(
        world.mql(T),
        world.touch(T + MINUTE, TouchKind.MEETING, Outcome.HELD),
        world.touch(T + 2 * MINUTE, TouchKind.EMAIL, by="sequence", actor=AUTOMATION),
    )
    assert world.tale.all(AttemptCounted) == []


def test_r26_a_human_reply_ends_the_cadence_as_met() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), reply := world.reply(T + DAY)).until(END + DAY)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.evidence) == ("met", (reply.envelope.id,))
    assert verdict.says.startswith("The lead replied 1 d after assignment;")


def test_r26_a_reply_after_the_deadline_changes_nothing() -> None:
    world = World()
    world.tale.given(world.mql(T), world.reply(END + MINUTE)).until(END + DAY)
    assert world.verdicts(KIND) == ["missed"]


@pytest.mark.parametrize("outcome", ["rejected", "recycled", "lost", "won"])
def test_r27_a_closing_ends_the_cadence_by_outcome(outcome: str) -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.closed(T + DAY, outcome, None)).until(END + DAY)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.says.split(";")[0]) == ("met", f"The lead was {outcome}")


def test_r27_an_opt_out_cancels_the_cadence() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.opted_out(T + DAY)).until(END + DAY)
    assert world.verdicts(KIND) == ["cancelled"]


def test_r27_an_accepted_sql_ends_the_cadence_as_met() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.accepted(T + DAY)).until(END + DAY)
    (verdict,) = world.judged(KIND)
    assert (verdict.verdict.value, verdict.says.split(";")[0]) == ("met", "Sales accepted the lead as SQL")


def test_r27_an_acceptance_dated_back_takes_no_miss_back() -> None:
    world = World()
    world.tale.given(world.mql(T), world.accepted(T + DAY, received=END + DAY))
    assert world.verdicts(KIND) == ["missed"]


def test_r27_a_cadence_that_was_complete_when_the_lead_opted_out_is_met() -> None:
    world = World()
    world.tale.given(world.mql(T), *full(world), world.opted_out(T + 3 * DAY))
    assert world.verdicts(KIND) == ["met"]


def test_r05_a_cadence_may_count_business_time() -> None:
    hours = Cadence(CADENCE.calls, CADENCE.emails, 0, 16 * 3600, Unit.BUSINESS)
    world = World(promising(cadence=hours))
    world.tale.given(world.mql(T))
    assert [clock.due for clock in world.started(KIND)] == [T + 2 * DAY]


DAYS = promising(cadence=Cadence(CADENCE.calls, CADENCE.emails, 0, 7 * 86_400, Unit.DAYS))
BUSINESS_DAYS = promising(cadence=Cadence(CADENCE.calls, CADENCE.emails, 0, 5 * 86_400, Unit.BUSINESS_DAYS))


def test_r05_seven_days_end_at_the_same_local_time_though_the_clock_was_put_forward() -> None:
    world = World(DAYS)
    world.tale.given(world.mql(ny(3, 5, 10)))
    assert [clock.due for clock in world.started(KIND)] == [ny(3, 12, 10)]
    world.tale.until(ny(3, 12, 10))
    assert world.verdicts(KIND) == []
    world.tale.until(ny(3, 12, 10) + MINUTE)
    (verdict,) = world.judged(KIND)
    assert verdict.says.startswith("0 of 3 calls, 0 of 3 emails within 7 days of assignment;")
    assert (verdict.verdict.value, verdict.elapsed_seconds) == ("missed", 167 * 3600)


def test_r05_business_days_end_with_the_closing_of_the_last_one_and_skip_holidays() -> None:
    world = World(BUSINESS_DAYS)
    world.tale.given(world.mql(ny(5, 21, 10))).until(ny(6, 1, 17))  # Monday the 25th is a holiday
    (verdict,) = world.judged(KIND)
    assert (verdict.due, verdict.elapsed_seconds) == (ny(5, 29, 17), (7 + 5 * 8) * 3600)
    assert "within 5 business days of assignment" in verdict.says


def test_r05_a_day_of_the_owners_leave_is_none_of_their_business_days() -> None:
    world = World(BUSINESS_DAYS)
    world.leave(ANN, ny(3, 5, 0), ny(3, 6, 0))
    world.tale.given(world.mql(T))
    assert [clock.due for clock in world.started(KIND)] == [ny(3, 11, 17)]


@pytest.mark.parametrize(("agreement", "due"), [(DAYS, ny(3, 12, 10)), (BUSINESS_DAYS, ny(3, 12, 17))])
def test_r28_a_share_of_days_is_one_of_the_time_until_they_are_over(agreement: Agreement, due: datetime) -> None:
    world = World(agreement)
    start = ny(3, 5, 10)
    warned = start + (due - start) * 80 / 100
    world.tale.given(world.mql(start)).until(warned - SECOND)
    assert [warning for warning in world.tale.all(ClockWarned) if warning.kind is KIND] == []
    world.tale.until(warned)
    (warning,) = (warning for warning in world.tale.all(ClockWarned) if warning.kind is KIND)
    assert (warning.percent, warning.due) == (80, due)


def test_r31_a_new_owner_has_all_the_days_again() -> None:
    world = World(DAYS, reps=(ANN, BOB))
    world.tale.given(world.mql(ny(3, 5, 10)), world.by_hand(ny(3, 6, 11), "bob"))
    assert [clock.due for clock in world.started(KIND)] == [ny(3, 12, 10), ny(3, 13, 11)]


def test_r26_what_has_passed_of_days_is_told_in_elapsed_time() -> None:
    world = World(DAYS)
    world.tale.given(world.mql(T), world.reply(T + DAY + 90 * MINUTE))
    (verdict,) = world.judged(KIND)
    assert verdict.says.startswith("The lead replied 1 d 1 h 30 min after assignment;")
