"""Third: an MQL gets an owner who is there, and promises begin to run in the time in which people work."""

from leadpact.contracts.events.sla import Assigned, ClockKind, ClockStarted, Queued
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO, OPERATIONS
from tests.tour.world import World, when


async def test_r22_the_owner_owes_a_response_within_a_business_hour_and_a_week_of_attempts(world: World) -> None:
    await world.asks_for_a_demo("Tue 16:30", ADA)

    (assigned,) = world.events(Assigned, ADA)
    assert (assigned.owner, assigned.by) == (ANN, "round_robin")
    due = {clock.kind: clock.due for clock in world.events(ClockStarted, ADA)}
    assert due == {
        ClockKind.ROUTING: when("Tue 16:45"),
        ClockKind.FIRST_RESPONSE: when("Wed 09:30"),  # half an hour on Tuesday, half an hour on Wednesday
        ClockKind.CADENCE: when("+Tue 16:30"),  # seven days are seven days
    }
    assert world.verdicts(ADA, ClockKind.ROUTING) == ["met"]


async def test_r33_at_night_a_lead_waits_for_the_opening(world: World) -> None:
    await world.asks_for_a_demo("Tue 21:00", ADA)
    (waits,) = world.events(Queued, ADA)
    assert (waits.queue, waits.retry_at) == (None, when("Wed 09:00"))

    await world.until("Wed 09:30")
    (assigned,) = world.facts(Assigned, ADA)
    assert assigned.recorded_at == when("Wed 09:00")
    (response,) = [clock for clock in world.events(ClockStarted, ADA) if clock.kind is ClockKind.FIRST_RESPONSE]
    assert (response.started_at, response.due) == (when("Wed 09:00"), when("Wed 10:00"))


async def test_r33_leads_go_round_the_team(world: World) -> None:
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:20", BEN)
    await world.asks_for_a_demo("Tue 09:30", CLEO)

    first, second, third = world.events(Assigned)
    assert [first.owner, second.owner, third.owner] == [ANN, BOB, ANN]
    assert third.loads == {ANN: 1, BOB: 1}, "the decision writes down what it saw"


async def test_r4_nobody_absent_gets_a_lead(world: World) -> None:
    leave = {"rep": ANN, "from": when("Tue 00:00").isoformat(), "to": when("Wed 00:00").isoformat(), "reason": "leave"}
    await world.commands("Mon 10:00", OPERATIONS, command="leave", **leave)
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:20", BEN)

    assert [assigned.owner for assigned in world.events(Assigned)] == [BOB, BOB]
