"""Eighth: what ran out while our own intake stood still is nobody's miss, until we have listened long enough again."""

from leadpact.contracts.events.sla import ClockJudged, ClockKind
from tests.tour.people import ADA, ANN
from tests.tour.world import World, when

RESPONSE = ClockKind.FIRST_RESPONSE


async def test_r30_a_call_that_we_could_not_hear_is_not_missed(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 09:25")
    await world.resumes("Tue 10:30")

    assert world.verdicts(ADA, RESPONSE) == ["unverified"]
    assert world.story(ADA)[-1] == (
        "Tue 10:30 Nobody reached out within 1 h of business time of assignment, as far as we know: our intake stood "
        "still from Tue 5 May 2026 09:25 America/New_York to Tue 5 May 2026 10:30 America/New_York; due was Tue 5 May "
        "2026 10:10 America/New_York: unverified."
    )
    assert "first response missed" not in [subject for _, subject in world.mails()]

    await world.touches("Tue 09:35", ANN, ADA, told="Tue 11:10", kind="call", outcome="connected", seconds=180)

    assert world.verdicts(ADA, RESPONSE) == ["unverified", "met"], "the dialer tried again"
    assert world.events(ClockJudged, ADA)[-1].answered_at == when("Tue 09:35")


async def test_r30_it_is_missed_when_nothing_has_come_an_hour_after_we_went_on(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 09:25")
    await world.resumes("Tue 10:30")
    await world.until("Tue 11:30")
    assert world.verdicts(ADA, RESPONSE) == ["unverified"]

    await world.until("Tue 11:31")

    assert world.verdicts(ADA, RESPONSE) == ["unverified", "missed"]
    assert ("ann@us.example", "first response missed") in world.mails(), "now she hears of it"
    assert world.events(ClockJudged, ADA)[-1].due == when("Tue 10:10")


async def test_r30_ten_minutes_are_no_stall(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 10:05")
    await world.resumes("Tue 10:15")

    assert world.verdicts(ADA, RESPONSE) == ["missed"]
