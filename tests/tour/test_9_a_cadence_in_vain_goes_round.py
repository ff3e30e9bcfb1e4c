"""Ninth: who was tried as often as agreed, in vain, goes back to marketing; the closing goes round by the one door."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.lead import Disposed
from leadpact.contracts.events.qualification import Accepted, CommandRefused, EngagementClosed, EngagementOpened
from leadpact.contracts.events.sla import ClockJudged, ClockKind
from leadpact.contracts.topics import RETURNS
from tests.tour.people import ADA, ANN, CRM, OPERATIONS
from tests.tour.test_7_history_comes_first import LANE, remembers_a_demo
from tests.tour.world import ZONE, World, when


async def tries_in_vain(world: World) -> None:
    """Ann calls and writes three times each, as the sample agreement promises; nobody answers."""
    await world.asks_for_a_demo("Tue 09:10", ADA)
    for day in ("Tue", "Wed", "Thu"):
        await world.touches(f"{day} 09:40", ANN, ADA, kind="call", outcome="no_answer")
        await world.touches(f"{day} 15:00", ANN, ADA, kind="email", outcome="sent", reference=f"m-{day}")


async def accepts_at_the_last_moment(world: World) -> None:
    """Ann accepts her while nobody has looked at the clock yet: time passes, then comes her word, then the closing."""
    await tries_in_vain(world)
    await world.until("+Tue 09:00")
    world.clock.step_to(when("+Tue 09:30"))
    accepted = json.dumps({"command": "dispose", "email": ADA.email, "verdict": "accepted"}).encode()
    await world.send("/v1/commands", accepted, {"Authorization": f"Bearer {ANN}"})
    await world.until("+Wed 12:00")


async def writes_after_the_due(world: World) -> None:
    """The sixth attempt is told a week late; by then she has written to us."""
    await world.asks_for_a_demo("Tue 09:10", ADA)
    for day in ("Tue", "Wed", "Thu"):
        await world.touches(f"{day} 09:40", ANN, ADA, kind="call", outcome="no_answer")
        if day != "Thu":
            await world.touches(f"{day} 15:00", ANN, ADA, kind="email", outcome="sent", reference=f"m-{day}")
    await world.touches("+Wed 09:50", "ada", ADA, kind="email", direction="in", outcome="replied")
    await world.touches("Thu 15:00", ANN, ADA, told="+Wed 10:00", kind="email", outcome="sent", reference="m-Thu")
    await world.until("+Wed 16:00")


async def deals(world: World, at: str, status: str) -> None:
    """The CRM tells of an opportunity of hers."""
    told = {"type": "deal", "email": ADA.email, "opportunity": "o-1", "status": status}
    await world.post(at, "/v1/activities", told, {"Authorization": f"Bearer {CRM}"})


async def has_an_open_deal(world: World) -> None:
    """Nobody reaches her, but a deal is under way."""
    await tries_in_vain(world)
    await deals(world, "Fri 10:00", "open")
    await world.until("+Wed 12:00")


async def writes_while_intake_stands(world: World) -> None:
    """She writes an hour before the due; our intake stands, and her mail system tries again when it goes on."""
    await tries_in_vain(world)
    await world.until("+Tue 06:00")
    await world.resumes("+Tue 10:00")
    await world.touches("+Tue 08:00", "ada", ADA, told="+Tue 10:20", kind="email", direction="in", outcome="sent")
    await world.until("+Wed 12:00")


def closing_of(world: World) -> str:
    """The clock by which the closing was asked for."""
    (asked,) = [event.clock for event in world.events(ClockJudged, ADA) if event.kind is ClockKind.CADENCE]
    return asked


async def test_r27_an_exhausted_cadence_recycles_the_lead_as_the_agreement_says(world: World) -> None:
    await tries_in_vain(world)
    await world.until("+Tue 09:10")
    assert world.events(EngagementClosed) == [], "exactly at due a rep may still reach her"
    await world.until("+Tue 09:11")

    (closed,) = world.events(EngagementClosed, ADA)
    assert (closed.outcome, closed.reason) == ("recycled", "exhausted")
    (verdict,) = world.facts(Disposed, ADA)
    assert (verdict.actor.id, verdict.actor.kind) == ("sla-monitor", "system")
    assert world.verdicts(ADA, ClockKind.CADENCE) == ["met"], "sales has kept its word all the same"
    assert world.story(ADA)[-3:] == [  # of one instant the page tells facts first
        "Tue 09:10 The cadence is exhausted: by the agreement the lead is to be recycled.",
        "Tue 09:10 Engagement closed, recycled: exhausted.",
        (
            "Tue 09:10 3 of 3 calls, 3 of 3 emails within 7 days of assignment; "
            "due was Tue 12 May 2026 09:10 America/New_York: met."
        ),
    ]


async def test_r19_whoever_was_recycled_so_needs_the_cool_down_and_shows_interest_anew(world: World) -> None:
    await tries_in_vain(world)
    await world.until("+Wed 09:00")
    await world.asks_for_a_demo("+Thu 09:00", ADA)

    assert len(world.events(EngagementOpened, ADA)) == 1, "the sample wants thirty days"


async def test_r27_what_sales_ended_before_is_not_asked_for(world: World) -> None:
    await tries_in_vain(world)
    await world.commands("Fri 09:00", ANN, command="dispose", email=ADA.email, verdict="accepted")
    await world.until("+Wed 12:00")

    assert world.line.records(RETURNS.name) == []
    assert world.events(EngagementClosed) == []


async def test_r27_what_sales_accepts_while_the_closing_is_under_way_is_left_alone(world: World) -> None:
    await accepts_at_the_last_moment(world)

    assert len(world.line.records(RETURNS.name)) == len(world.events(Accepted, ADA)) == 1
    (asked,) = (wire.decode(record.value) for record in world.line.records(RETURNS.name))
    (refused,) = world.events(CommandRefused, ADA)
    (closing,) = [fact for fact in world.facts(Disposed, ADA) if fact.actor.id == "sla-monitor"]
    assert (refused.command, refused.reason) == (closing.id, "already_accepted")
    assert (closing.correlation, closing.causation) == (asked.correlation, asked.id), "one chain, all the way round"
    assert world.events(EngagementClosed) == []
    assert any("The closing for the exhausted cadence was refused" in line for line in world.story(ADA))


async def test_r26_whoever_writes_after_the_due_keeps_the_lead_and_the_answer_owed(world: World) -> None:
    await writes_after_the_due(world)

    assert world.verdicts(ADA, ClockKind.CADENCE) == ["missed", "withdrawn"]
    assert world.line.records(RETURNS.name) == [] and world.events(EngagementClosed) == []
    assert world.verdicts(ADA, ClockKind.FIRST_RESPONSE)[-1] == "missed", "she waits for Ann, and that shows"


@pytest.mark.parametrize(
    "reached",
    [
        {"kind": "call", "outcome": "connected", "seconds": 1200},
        {"kind": "meeting", "outcome": "booked"},
        {"kind": "meeting", "outcome": "held"},
        {"kind": "email", "outcome": "replied", "reference": "m-Thu"},
    ],
    ids=["call", "meeting booked", "meeting held", "mail answered"],
)
async def test_r27_a_lead_in_conversation_is_not_given_back(world: World, reached: dict[str, Any]) -> None:
    await tries_in_vain(world)
    await world.touches("Fri 10:00", ANN, ADA, **reached)
    await world.until("+Wed 12:00")

    assert world.verdicts(ADA, ClockKind.CADENCE) == ["met"]
    assert world.line.records(RETURNS.name) == [] and world.events(EngagementClosed) == []


async def test_r27_a_deal_under_way_is_not_ended_by_a_cadence_but_by_what_becomes_of_it(world: World) -> None:
    await has_an_open_deal(world)

    (refused,) = world.events(CommandRefused, ADA)
    (closing,) = world.facts(Disposed, ADA)
    assert (refused.command, refused.reason, refused.cadence) == (closing.id, "open_opportunity", closing_of(world))
    assert world.events(EngagementClosed) == []
    await deals(world, "+Fri 10:00", "won")
    assert [closed.outcome for closed in world.events(EngagementClosed, ADA)] == ["won"]


async def test_r30_what_we_did_not_hear_because_our_intake_stood_still_ends_no_lead(world: World) -> None:
    await writes_while_intake_stands(world)

    assert world.verdicts(ADA, ClockKind.CADENCE) == ["met", "met"], "by the attempts, then by her reply"
    assert world.line.records(RETURNS.name) == [] and world.events(EngagementClosed) == []


@pytest.mark.parametrize(("began", "asked"), [(date(2026, 4, 21), 0), (date(2026, 4, 28), 1)], ids=["over", "running"])
async def test_r43_history_asks_for_no_closing_of_what_was_over_when_it_joined(
    world: World, began: date, asked: int
) -> None:
    nine = datetime.combine(began, time(9), ZONE)
    await world.until("Mon 10:00")
    await remembers_a_demo(world, nine, ADA)
    by = {"type": "touch", "email": ADA.email, "actor": {"id": ANN, "kind": "human"}}
    for hours in (1, 25, 49):
        at = (nine + timedelta(hours=hours)).isoformat()
        await world.remembers(
            LANE,
            "/v1/activities",
            {**by, "kind": "call", "outcome": "no_answer", "occurred_at": at},
            {**by, "kind": "email", "outcome": "sent", "reference": f"m-{hours}", "occurred_at": at},
        )
    await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    await world.until("+Wed 12:00")

    assert world.verdicts(ADA, ClockKind.CADENCE) == ["met"]
    assert len(world.line.records(RETURNS.name)) == len(world.events(EngagementClosed)) == asked
