"""Second: facts meet the agreement that both teams signed, and a lead becomes MQL, once, and says why."""

from leadpact.contracts.events.lead import Behaved, Captured
from leadpact.contracts.events.qualification import EngagementOpened, Qualified
from tests.tour.people import ADA, IVO
from tests.tour.world import World, when


async def test_r20_an_mql_carries_each_criterion_the_value_seen_and_the_facts_that_decided(world: World) -> None:
    await world.opens("Tue 09:02", ADA, "/pricing")
    await world.opens("Tue 09:06", ADA, "/pricing")
    await world.fills_in("Tue 09:10", ADA, "demo")

    (mql,) = world.events(Qualified, ADA)
    assert (mql.agreement, mql.agreement_version, mql.channel) == ("sample", 1, "direct")
    assert mql.recognised_at == when("Tue 09:10")
    assert [(seen.says, seen.result, seen.seen) for seen in mql.explanation.criteria] == [
        ("seniority is one of director, vp, c_level", "true", "director"),
        ("department is one of marketing, sales", "true", "marketing"),
        ("employees is at least 50", "true", "220"),
        ("form demo or pricing at least once", "true", "1"),
        ("page /pricing at least 2 times within 7 days", "true", "2"),
    ]
    (captured,) = world.facts(Captured, ADA)
    visits = world.facts(Behaved, ADA)
    *about_her, looked = mql.explanation.criteria
    assert all(seen.facts == (captured.id,) for seen in about_her)
    assert set(looked.facts) == {visit.id for visit in visits}


async def test_r18_a_lead_becomes_mql_when_the_last_criterion_holds_and_only_once(world: World) -> None:
    await world.opens("Tue 10:10", ADA, "/pricing")
    await world.fills_in("Tue 10:12", ADA, "demo")
    assert world.events(Qualified) == [], "she has looked at the prices only once"

    await world.opens("Wed 10:00", ADA, "/pricing")
    (mql,) = world.facts(Qualified, ADA)
    assert mql.occurred_at == when("Wed 10:00")

    await world.opens("Wed 10:05", ADA, "/pricing")
    await world.fills_in("Wed 10:06", ADA, "pricing")
    assert len(world.events(Qualified)) == len(world.events(EngagementOpened)) == 1


async def test_r5_what_lies_further_back_than_the_window_does_not_count(world: World) -> None:
    await world.opens("Tue 10:10", ADA, "/pricing")
    await world.fills_in("Tue 10:12", ADA, "demo")
    await world.opens("+Tue 10:10", ADA, "/pricing")
    assert world.events(Qualified) == [], "seven days to the second: the first visit has just left the window"

    await world.opens("+Tue 10:11", ADA, "/pricing")
    assert len(world.events(Qualified)) == 1


async def test_r14_whoever_does_not_fit_stays_a_lead_however_much_they_want(world: World) -> None:
    await world.opens("Tue 10:20", IVO, "/pricing")
    await world.opens("Tue 10:21", IVO, "/pricing")
    await world.fills_in("Tue 10:22", IVO, "demo")

    assert world.story(IVO)[0] == "Tue 10:22 Captured from forms via direct by the form “demo”."
    assert world.events(Qualified) == [], "a manager in a firm of thirty"
