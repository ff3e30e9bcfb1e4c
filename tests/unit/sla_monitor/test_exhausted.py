"""A cadence made in vain: when a closing is asked for, and when not (rule 27)."""

import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.agreement import Cadence, Exhausted, Unit
from leadpact.contracts.carried import CARRIED
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.contracts.events.sla import ClockKind
from leadpact.contracts.topics import RETURNS
from leadpact.kit.decider import Fact
from leadpact.testkit.examples import unread
from tests.unit.sla_monitor.world import DAY, HOUR, MINUTE, SECOND, T, World, promising

END = T + 7 * DAY


def world(exhausted: Exhausted = Exhausted.RECYCLE) -> World:
    return World(promising(cadence=Cadence(1, 2, 0, 7 * 86_400, Unit.ELAPSED, exhausted=exhausted)))


def full(told: World) -> list[Fact]:
    """A call and two mails."""
    return [told.touch(T + MINUTE, outcome=Outcome.NO_ANSWER), told.email(T + HOUR, "m1"), told.email(T + DAY, "m2")]


def asked(told: World) -> list[ClosingRequested]:
    return [fact.event for fact in told.tale.back if isinstance(fact.event, ClosingRequested)]


def test_r27_an_exhausted_cadence_asks_for_a_closing_when_its_time_is_over() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told)).until(END)
    assert asked(told) == [], "exactly at due is in time"
    told.tale.until(END + SECOND)
    (cadence,) = told.started(ClockKind.CADENCE)
    assert asked(told) == [ClosingRequested(engagement="run-1", reason="exhausted", cadence=cadence.clock)]
    (fact,) = told.tale.back
    assert (fact.envelope.lead, fact.envelope.lead_version, fact.envelope.actor.id) == ("lead-1", 0, "sla-monitor")
    assert fact.envelope.type in CARRIED[RETURNS.name] and unread(wire.encode(fact.envelope)) == []


def test_r27_asking_changes_nothing_before_it_has_come_round() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told)).until(END + DAY)
    assert told.tale.cells["lead-1"].state.engagements[0].closed_at is None
    told.tale.given(told.closed(END + DAY, "recycled", "exhausted"))
    assert told.tale.cells["lead-1"].state.engagements[0].closed_at == END + DAY
    assert told.verdicts(ClockKind.CADENCE) == ["met"], "its end takes nothing back"


def test_r27_an_agreement_that_says_nothing_keeps_the_lead() -> None:
    assert Cadence(1, 0, 0, 60, Unit.ELAPSED).exhausted is Exhausted.KEEP
    told = world(Exhausted.KEEP)
    told.tale.given(told.mql(T), *full(told)).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["met"] and asked(told) == []


def test_r27_a_cadence_that_sales_did_not_keep_is_missed_and_not_exhausted() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told)[:-1]).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["missed"] and asked(told) == []


@pytest.mark.parametrize("ending", ["reply", "accepted", "rejected", "opted out"])
def test_r27_what_ended_by_an_outcome_is_not_exhausted(ending: str) -> None:
    told = world()
    at = T + 3 * DAY
    outcome = {
        "reply": lambda: told.reply(at),
        "accepted": lambda: told.accepted(at),
        "rejected": lambda: told.closed(at),
        "opted out": lambda: told.opted_out(at),
    }[ending]()
    told.tale.given(told.mql(T), *full(told), outcome).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["met"] and asked(told) == []


def test_r29_an_attempt_told_late_shows_that_it_was_exhausted_after_all() -> None:
    told = world()
    *early, last = full(told)
    late = told.email(last.envelope.occurred_at, "m2", received=END + DAY)
    told.tale.given(told.mql(T), *early, late)
    assert told.verdicts(ClockKind.CADENCE) == ["missed", "withdrawn"]
    assert len(asked(told)) == 1


def test_r26_who_wrote_to_us_after_the_due_is_owed_an_answer_and_not_closed() -> None:
    told = world()
    *early, last = full(told)
    late = told.email(last.envelope.occurred_at, "m2", received=END + 2 * DAY)
    told.tale.given(told.mql(T), *early).until(END + DAY)
    told.tale.given(told.reply(END + DAY, Outcome.SENT), late)
    assert told.verdicts(ClockKind.CADENCE) == ["missed", "withdrawn"], "sales has kept its word after all"
    assert told.started()[-1].replies_to is not None and asked(told) == []


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (TouchKind.CALL, Outcome.CONNECTED),
        (TouchKind.MEETING, Outcome.BOOKED),
        (TouchKind.MEETING, Outcome.HELD),
        (TouchKind.EMAIL, Outcome.REPLIED),
    ],
)
def test_r27_a_lead_who_was_reached_is_not_given_back(kind: TouchKind, outcome: Outcome) -> None:
    told = world()
    reached = told.touch(T + 2 * HOUR, kind, outcome, reference="m9")
    told.tale.given(told.mql(T), *full(told), reached).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["met"], "sales has kept its word all the same"
    assert asked(told) == []


def test_r27_nor_is_one_who_was_reached_after_the_due() -> None:
    told = world()
    *early, last = full(told)
    late = told.email(last.envelope.occurred_at, "m2", received=END + 2 * DAY)
    told.tale.given(told.mql(T), *early).until(END + DAY)
    told.tale.given(told.touch(END + DAY, outcome=Outcome.CONNECTED), late)
    assert told.verdicts(ClockKind.CADENCE) == ["missed", "withdrawn"]
    assert asked(told) == []


@pytest.mark.parametrize("outcome", [Outcome.VOICEMAIL, Outcome.NO_ANSWER])
def test_r25_a_voicemail_is_nothing_that_came_of_it(outcome: Outcome) -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told), told.touch(T + 2 * HOUR, outcome=outcome)).until(END + DAY)
    assert len(asked(told)) == 1


@pytest.mark.parametrize("outcome", [Outcome.AUTO_REPLY, Outcome.BOUNCED])
def test_r26_what_a_machine_answers_is_nothing_that_came_of_it(outcome: Outcome) -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told), told.reply(T + 2 * DAY, outcome)).until(END + DAY)
    assert len(asked(told)) == 1


@pytest.mark.parametrize("hours", [0, 1])
def test_r30_while_the_due_is_in_doubt_nothing_is_asked_and_later_a_person_decides(hours: int) -> None:
    told = world()
    stood = END - MINUTE if hours == 0 else END - 2 * HOUR
    told.tale.given(told.mql(T), *full(told), told.stalled(stood, stood + HOUR + MINUTE)).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["met"] and asked(told) == []


def test_r30_a_reply_of_that_time_that_comes_within_the_freshness_finds_the_lead_open() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told), told.stalled(END - HOUR, END + HOUR)).until(END + HOUR + MINUTE)
    heard = END + HOUR + 2 * MINUTE
    reply = told.touch(END - MINUTE, TouchKind.EMAIL, by="lead-1", direction=Direction.IN, received=heard)
    told.tale.given(reply).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["met", "met"], "first by the attempts, then by the reply"
    assert asked(told) == [] and told.started()[-1].replies_to is not None


def test_r30_what_is_told_when_the_doubt_is_over_asks() -> None:
    told = world()
    *early, last = full(told)
    late = told.email(last.envelope.occurred_at, "m2", received=END + DAY)
    told.tale.given(told.mql(T), *early, told.stalled(END - HOUR, END + HOUR), late).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["unverified", "missed", "withdrawn"]
    assert len(asked(told)) == 1


def test_r27_more_evidence_of_the_same_asks_only_once() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told)).until(END + SECOND)
    told.tale.given(told.touch(T + 2 * DAY, outcome=Outcome.VOICEMAIL, received=END + DAY))
    assert told.verdicts(ClockKind.CADENCE) == ["met", "met"], "another call is evidence too"
    assert len(asked(told)) == 1


def test_r25_a_bounce_takes_it_back_and_asks_for_nothing() -> None:
    told = world()
    told.tale.given(told.mql(T), *full(told), told.bounce(T + 2 * DAY, "m1")).until(END + DAY)
    assert told.verdicts(ClockKind.CADENCE) == ["missed"] and asked(told) == []
