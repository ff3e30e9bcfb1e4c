"""Sixth: sales' verdict is a fact like any other; a valid rejection ends the engagement and all that was owed to it."""

from leadpact.contracts.events.lead import Disposed
from leadpact.contracts.events.qualification import Accepted, CommandRefused, EngagementClosed, EngagementOpened
from leadpact.contracts.events.sla import ClockKind
from tests.tour.people import ADA, ANN
from tests.tour.world import World


async def test_r35_a_rejection_without_what_its_reason_requires_is_refused(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    answer = await world.commands(
        "Tue 09:30", ANN, command="dispose", email=ADA.email, verdict="rejected", reason="not_a_fit"
    )

    assert answer.status_code == 202, "the door takes every command that it can read; the domain answers by an event"
    (said,) = world.events(CommandRefused, ADA)
    (command,) = world.facts(Disposed, ADA)
    assert (said.command, said.says) == (command.id, "the reason 'not_a_fit' needs note")
    assert world.events(EngagementClosed) == []


async def test_r22_after_a_rejection_nothing_is_owed(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    rejection = {"command": "dispose", "email": ADA.email, "verdict": "rejected", "reason": "not_a_fit"}
    await world.commands("Tue 09:30", ANN, **rejection, data={"note": "she buys for a friend"})
    await world.until("+Wed 12:00")

    assert world.story(ADA) == [
        "Tue 09:10 Captured from forms via direct by the form “demo”.",
        "Tue 09:10 Showed interest: page /pricing, as a visitor not yet known.",
        "Tue 09:10 Showed interest: page /pricing, as a visitor not yet known.",
        "Tue 09:10 Engagement 1 opened under sample v1.",
        "Tue 09:10 Became MQL by sample v1.",
        "Tue 09:10 The routing clock of inbound started.",
        "Tue 09:10 Assigned to ann of inbound by round robin.",
        (
            "Tue 09:10 Ann Lee got the lead 0 s of business time after qualification; "
            "due was Tue 5 May 2026 09:25 America/New_York: met."
        ),
        "Tue 09:10 The first response clock of ann started.",
        "Tue 09:10 The cadence clock of ann started.",
        "Tue 09:30 ann wants the lead rejected: not a fit. What they wrote is sealed.",
        "Tue 09:30 Engagement closed, rejected: not a fit.",
        "Tue 09:30 The lead was rejected (not_a_fit); due was Tue 5 May 2026 10:10 America/New_York: cancelled.",
        "Tue 09:30 The lead was rejected (not_a_fit); due was Tue 12 May 2026 09:10 America/New_York: met.",
    ], "the whole story, a week later: no warning, no miss; the cadence was ended by its outcome (rule 27)"
    assert world.mails() == []


async def test_r52_sales_may_claim_the_lead_instead(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 09:32", ANN, ADA, kind="call", outcome="connected", seconds=240)
    await world.commands("Tue 11:00", ANN, command="dispose", lead=world.lead(ADA), verdict="accepted")

    assert len(world.events(Accepted, ADA)) == 1
    assert world.verdicts(ADA, ClockKind.CADENCE) == ["met"], "a connect that led to an SQL ends the cadence (rule 27)"


async def test_r19_whoever_was_rejected_for_good_does_not_come_back(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    rejection = {"command": "dispose", "email": ADA.email, "verdict": "rejected", "reason": "not_a_fit"}
    await world.commands("Tue 09:30", ANN, **rejection, data={"note": "she buys for a friend"})
    await world.asks_for_a_demo("+Fri 10:00", ADA)

    assert len(world.events(EngagementOpened, ADA)) == 1
