"""Tenth: while the feed that would tell of it says nothing, nobody is accused; once it speaks, it has time to tell."""

import msgspec

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.sla import ClockJudged, ClockKind
from tests.tour.people import ADA, ANN, BOB, CLEO
from tests.tour.world import World, sample, when

RESPONSE = ClockKind.FIRST_RESPONSE


def listening() -> Agreement:
    """The sample, and both teams say: the CRM, which delivers as `api`, tells of calls, at least every two hours."""
    return msgspec.structs.replace(sample(), version=2, feeds={"api": 2 * 3_600})


async def test_r30_a_call_that_the_crm_did_not_tell_of_is_not_missed(world: World) -> None:
    await world.agree(listening())
    await world.touches("Tue 07:30", BOB, CLEO, kind="email", outcome="sent")
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 10:15")

    assert world.verdicts(ADA, RESPONSE) == ["unverified"]
    assert world.story(ADA)[-1] == (
        "Tue 10:10 Nobody reached out within 1 h of business time of assignment, as far as we know: the feed api has "
        "been silent since Tue 5 May 2026 07:30 America/New_York; due was Tue 5 May 2026 10:10 America/New_York: "
        "unverified."
    )
    assert "first response missed" not in [subject for _, subject in world.mails()]

    await world.touches("Tue 09:35", ANN, ADA, told="Tue 13:10", kind="call", outcome="connected", seconds=180)

    assert world.verdicts(ADA, RESPONSE) == ["unverified", "met"], "the CRM is back, and tells what it kept"
    assert world.events(ClockJudged, ADA)[-1].answered_at == when("Tue 09:35")


async def test_r30_it_is_missed_when_the_crm_has_spoken_for_two_hours_and_told_of_nothing(world: World) -> None:
    await world.agree(listening())
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 10:15")
    await world.touches("Tue 10:40", BOB, CLEO, kind="email", outcome="sent")
    await world.until("Tue 12:40")
    assert world.verdicts(ADA, RESPONSE) == ["unverified"]

    await world.until("Tue 12:41")

    assert world.verdicts(ADA, RESPONSE) == ["unverified", "missed"]
    assert ("ann@us.example", "first response missed") in world.mails(), "now she hears of it"
    assert world.events(ClockJudged, ADA)[-1].due == when("Tue 10:10")


async def test_r30_it_is_missed_at_once_where_the_crm_has_spoken_all_the_time(world: World) -> None:
    await world.agree(listening())
    for at in ("Tue 07:30", "Tue 09:00"):  # it was silent at night, and that has been over for two hours by half past
        await world.touches(at, BOB, CLEO, kind="email", outcome="sent")
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 10:11")

    assert world.verdicts(ADA, RESPONSE) == ["missed"]
