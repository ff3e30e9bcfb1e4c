"""Fourth: a promise is kept, or broken; each verdict says so in one sentence, with its evidence."""

import pytest

from leadpact.contracts.events.lead import Touched
from leadpact.contracts.events.sla import AttemptCounted, ClockJudged, ClockKind, ClockWarned, Escalated
from tests.tour.people import ADA, ANN, BOB
from tests.tour.world import World, when

RESPONSE, CADENCE = ClockKind.FIRST_RESPONSE, ClockKind.CADENCE


def verdict(world: World, kind: ClockKind) -> ClockJudged:
    """The standing verdict on a promise to Ada."""
    return [judged for judged in world.events(ClockJudged, ADA) if judged.kind is kind][-1]


async def test_r22_an_answer_within_the_hour_is_in_time(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 09:32", ANN, ADA, kind="call", outcome="connected", seconds=240)

    met = verdict(world, RESPONSE)
    assert (met.verdict, met.answered_at, met.elapsed_seconds, met.credit) == ("met", when("Tue 09:32"), 22 * 60, ANN)
    (call,) = world.facts(Touched, ADA)
    assert met.evidence == (call.id,)
    assert met.says == (
        "Ann Lee called 22 min of business time after assignment; due was Tue 5 May 2026 10:10 America/New_York: met."
    )
    await world.until("Wed 17:00")
    assert world.events(ClockWarned, ADA) == [] and world.mails() == [], "nobody is bothered about a kept promise"


@pytest.mark.parametrize(("call", "found"), [("Tue 10:10", "met"), ("Tue 10:10:01", "missed")])
async def test_r2_exactly_at_due_is_in_time(world: World, call: str, found: str) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches(call, ANN, ADA, kind="call", outcome="connected")
    assert world.verdicts(ADA, RESPONSE)[-1] == found


async def test_r28_silence_is_warned_of_twice_then_missed_then_escalated_each_once(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Wed 17:00")

    warned = world.facts(ClockWarned, ADA)
    assert [each.occurred_at for each in warned] == [when("Tue 09:40"), when("Tue 09:58")]
    missed = verdict(world, RESPONSE)
    assert (missed.verdict, missed.due, missed.answered_at) == ("missed", when("Tue 10:10"), None)
    assert missed.says.startswith("Nobody reached out within 1 h of business time of assignment; due was Tue 5 May")
    assert [step.to for step in world.events(Escalated, ADA)] == ["sales-manager"]
    due_soon, is_missed = "first response is due soon", "first response missed"
    assert world.mails() == [("ann@us.example", due_soon), ("ann@us.example", due_soon), ("ann@us.example", is_missed)]


async def test_r23_a_colleague_may_answer_and_an_automatic_mail_never_does(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    robot = {"id": "mailer", "kind": "automation"}
    await world.touches("Tue 09:11", "mailer", ADA, actor=robot, kind="email", outcome="sent")
    assert world.verdicts(ADA, RESPONSE) == [], "a thank-you mail within a minute is no answer"

    await world.touches("Tue 09:50", BOB, ADA, kind="call", outcome="voicemail")
    answered = verdict(world, RESPONSE)
    assert (answered.verdict, answered.owner, answered.credit) == ("met", ANN, BOB)


async def test_r27_a_cadence_is_three_calls_and_three_mails_and_is_judged_when_its_week_is_over(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    for day in ("Tue", "Wed", "Thu"):
        await world.touches(f"{day} 14:00", ANN, ADA, kind="call", outcome="no_answer")
        await world.touches(f"{day} 14:05", ANN, ADA, kind="email", outcome="sent")

    last = world.events(AttemptCounted, ADA)[-1]
    assert (last.calls, last.emails) == (3, 3)
    await world.until("+Tue 09:09:59")
    assert world.verdicts(ADA, CADENCE) == [], "a mail may still bounce"

    await world.until("+Tue 09:10:01")
    assert world.verdicts(ADA, CADENCE) == ["met"]
    assert verdict(world, CADENCE).says.startswith("3 of 3 calls, 3 of 3 emails within 7 days of assignment")
