"""Ninth: who was tried as often as agreed, in vain, goes back to marketing; the closing goes round by the one door."""

import json
from datetime import date, datetime, time, timedelta

import pytest

from leadpact.contracts.events.lead import Disposed
from leadpact.contracts.events.qualification import Accepted, CommandRefused, EngagementClosed, EngagementOpened
from leadpact.contracts.events.sla import ClockKind
from leadpact.contracts.topics import RETURNS
from tests.tour.people import ADA, ANN, OPERATIONS
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
        "Tue 09:10 The cadence is exhausted: by the agreement the lead is recycled.",
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
    (refused,) = world.events(CommandRefused, ADA)
    (closing,) = [fact for fact in world.facts(Disposed, ADA) if fact.actor.id == "sla-monitor"]
    assert (refused.command, refused.reason) == (closing.id, "already_accepted")
    assert world.events(EngagementClosed) == []


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
