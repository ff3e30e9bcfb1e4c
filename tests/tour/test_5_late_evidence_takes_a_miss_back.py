"""Fifth: what happened in time but was told late takes a miss back; what was true before stays in the story."""

from leadpact.contracts.events.sla import ClockJudged, ClockKind
from tests.tour.people import ADA, ANN
from tests.tour.world import World, when

RESPONSE = ClockKind.FIRST_RESPONSE


async def test_r29_a_call_in_time_that_the_dialer_tells_late_withdraws_the_miss(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 11:00")
    assert world.verdicts(ADA, RESPONSE) == ["missed"], "at 10:10 nobody knew better"

    await world.touches("Tue 09:35", ANN, ADA, told="Tue 11:30", kind="call", outcome="connected", seconds=180)

    assert world.verdicts(ADA, RESPONSE) == ["missed", "withdrawn"]
    withdrawn = world.events(ClockJudged, ADA)[-1]
    assert (withdrawn.answered_at, withdrawn.elapsed_seconds) == (when("Tue 09:35"), 25 * 60)
    assert withdrawn.says == (
        "Ann Lee called 25 min of business time after assignment, which we learned at Tue 5 May 2026 11:30 "
        "America/New_York; due was Tue 5 May 2026 10:10 America/New_York: the miss is withdrawn."
    )
    assert world.mails()[-1] == ("ann@us.example", "first response was kept after all"), "a correction is sent"


async def test_r29_a_call_that_came_too_late_changes_nothing_however_late_it_is_told(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 10:55", ANN, ADA, told="Tue 11:30", kind="call", outcome="connected")

    assert set(world.verdicts(ADA, RESPONSE)) == {"missed"}
    assert world.events(ClockJudged, ADA)[-1].elapsed_seconds == 105 * 60


async def test_r25_a_mail_that_bounces_takes_the_answer_back(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 09:20", ANN, ADA, kind="email", outcome="sent", reference="mail-1")
    assert world.verdicts(ADA, RESPONSE) == ["met"]

    robot = {"id": "mailer", "kind": "automation"}
    await world.touches("Tue 09:21", "mailer", ADA, actor=robot, kind="email", outcome="bounced", reference="mail-1")
    assert world.verdicts(ADA, RESPONSE) == ["met", "voided", "pending"], "there is still time for a real answer"

    await world.touches("Tue 09:40", ANN, ADA, kind="call", outcome="connected")
    assert world.verdicts(ADA, RESPONSE)[-1] == "met"
