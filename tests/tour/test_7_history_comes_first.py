"""Seventh: history is loaded into the past, judged as if we had been there, and joins live time without a sound."""

from datetime import UTC, datetime

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.lead import Captured, Touched
from leadpact.contracts.events.qualification import Qualified
from leadpact.contracts.events.sla import ClockJudged, ClockKind
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO, OPERATIONS, Person
from tests.tour.world import World, when

RESPONSE, CADENCE = ClockKind.FIRST_RESPONSE, ClockKind.CADENCE
LANE = "last week"


async def remembers_a_demo(world: World, at: str | datetime, who: Person) -> None:
    """What `World.asks_for_a_demo` would have brought, had we been there."""
    who_and_when = {"email": who.email, "occurred_at": (when(at) if isinstance(at, str) else at).isoformat()}
    visit = {**who_and_when, "type": "behaviour", "kind": "page", "subject": "/pricing"}
    form = {**who_and_when, "job_title": who.title, "employees": who.employees, "form": "demo"}
    await world.remembers(LANE, "/v1/leads", form)
    await world.remembers(LANE, "/v1/activities", {**visit, "id": f"{who.email} 1"}, {**visit, "id": f"{who.email} 2"})


async def remembers_a_call(world: World, at: str, rep: str, who: Person) -> None:
    call = {"type": "touch", "email": who.email, "kind": "call", "outcome": "connected"}
    by = {"id": rep, "kind": "human"}
    await world.remembers(LANE, "/v1/activities", {**call, "actor": by, "occurred_at": when(at).isoformat()})


@pytest.fixture
async def remembered(world: World) -> World:
    """Last week Ben was answered, Cleo was not, and Ada came in when the office closed for the weekend."""
    await world.until("Mon 10:00")
    await remembers_a_demo(world, "-Fri 16:30", ADA)
    await remembers_a_call(world, "-Tue 09:30", ANN, BEN)  # history may come in any order
    await remembers_a_demo(world, "-Tue 09:20", CLEO)
    await remembers_a_demo(world, "-Tue 09:10", BEN)
    assert world.facts(Captured) == [], "nothing is seen before all of it is there"
    await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    return world


async def test_r43_history_counts_as_received_when_it_occurred(remembered: World) -> None:
    captured = remembered.facts(Captured)
    assert [envelope.lead for envelope in captured] == [remembered.lead(who) for who in (BEN, CLEO, ADA)], "in order"
    for fact in (*captured, *remembered.facts(Touched)):
        assert fact.lane is Lane.BACKFILL
        assert fact.received_at == fact.recorded_at == fact.occurred_at < when("Mon 09:00")
    assert [mql.recognised_at for mql in remembered.events(Qualified)] == [
        when("-Tue 09:10"),
        when("-Tue 09:20"),
        when("-Fri 16:30"),
    ]


async def test_r43_history_is_judged_in_its_own_time_and_makes_no_sound(remembered: World) -> None:
    assert remembered.verdicts(BEN, RESPONSE) == ["met"]
    assert remembered.verdicts(CLEO, RESPONSE) == ["missed"]
    missed = remembered.facts(ClockJudged, CLEO)[-1]
    assert missed.lane is Lane.BACKFILL
    assert missed.occurred_at == when("-Tue 10:20") < missed.recorded_at < when("-Tue 10:21")
    assert remembered.mails() == [], "nobody wants to hear today of last week's miss"


async def test_r43_what_still_runs_goes_on_in_live_time(remembered: World) -> None:
    assert remembered.verdicts(ADA, RESPONSE) == ["missed"], "due on Monday at 9:30, before history had joined: silent"
    assert remembered.mails() == []

    await remembered.until("+Mon 12:00")
    assert remembered.verdicts(ADA, CADENCE) == ["missed"]
    subjects = [subject for _, subject in remembered.mails()]
    assert subjects == ["cadence missed", "cadence missed", "cadence is due soon", "cadence missed"], (
        "the weeks of Ben and Cleo end on Tuesday; Ada's is warned of on Thursday and ends on Friday"
    )


async def test_r43_the_same_history_twice_adds_nothing(remembered: World) -> None:
    before = {who.name: remembered.story(who) for who in (ADA, BEN, CLEO)}
    await remembers_a_demo(remembered, "-Tue 09:10", BEN)
    await remembers_a_call(remembered, "-Tue 09:30", ANN, BEN)
    await remembered.commands("Mon 10:05", OPERATIONS, command="backfill.close", lane=LANE)
    assert {who.name: remembered.story(who) for who in (ADA, BEN, CLEO)} == before


async def test_r43_a_lead_born_in_history_lives_on(remembered: World) -> None:
    """A late word about history is late evidence, like any other."""
    await remembered.touches("-Tue 10:00", BOB, CLEO, told="Mon 11:00", kind="call", outcome="connected")
    assert remembered.verdicts(CLEO, RESPONSE) == ["missed", "withdrawn"]


async def test_r03_history_older_than_the_agreements_calendar_is_kept_and_judged_by_nobody(world: World) -> None:
    await world.until("Mon 10:00")
    for year in range(1999, 2025):
        old = Person(f"Old {year}", f"old.{year}@northwind.example", "Director of Sales", 80)
        await remembers_a_demo(world, datetime(year, 6, 1, 12, tzinfo=UTC), old)
    await remembers_a_demo(world, "-Tue 09:10", BEN)
    await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    await world.asks_for_a_demo("Mon 11:00", CLEO)
    await world.until("Tue 11:00")
    assert len(world.facts(Captured)) == 26 + 2
    assert [envelope.lead for envelope in world.facts(Qualified)] == [world.lead(BEN), world.lead(CLEO)]
    assert (world.verdicts(BEN, RESPONSE), world.verdicts(CLEO, RESPONSE)) == (["missed"], ["missed"])
