"""First: what somebody does on our website becomes facts about a lead, each once, nothing personal in the clear."""

from leadpact.contracts.events.lead import Behaved, Captured
from leadpact.contracts.topics import LEADS
from tests.tour.people import ADA
from tests.tour.world import World, when


async def test_r10_a_visitor_waits_until_they_tell_who_they_are(world: World) -> None:
    await world.opens("Tue 09:02", ADA, "/pricing")
    assert world.facts(Behaved) == [], "nobody knows yet whose visit this is"

    await world.fills_in("Tue 09:10", ADA, "demo")

    (captured,) = world.facts(Captured, ADA)
    (visit,) = world.facts(Behaved, ADA)
    assert visit.occurred_at == when("Tue 09:02"), "the visit keeps its own time"
    assert visit.recorded_at == captured.recorded_at == when("Tue 09:10"), (
        "and joins the story when we know whose it is"
    )


async def test_r7_a_form_that_is_delivered_three_times_is_one_fact(world: World) -> None:
    before = world.kept()
    answers = [await world.fills_in("Tue 09:10", ADA, "demo") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200], "each was taken: the sender may rest"
    assert world.kept() - before == 3, "raw bytes are kept as they came"
    assert len(world.facts(Captured)) == 1
    outcomes = [world.books.outcomes[answer.json()["ingest"], 0].outcome for answer in answers]
    assert outcomes == ["normalised", "duplicate", "duplicate"]


async def test_r13_what_definitions_may_read_is_clear_and_the_person_is_sealed(world: World) -> None:
    await world.fills_in("Tue 09:10", ADA, "demo")

    (captured,) = world.events(Captured, ADA)
    assert (captured.source, captured.channel, captured.form) == ("forms", "direct", "demo")
    assert captured.features["seniority"] == "director" and captured.features["department"] == "marketing"
    assert captured.features["employees"] == 220 and captured.features["business_email"] is True

    log = b"".join(record.value for record in world.line.records(LEADS.name))
    assert b"Ada" not in log and b"northwind" not in log
    contact = await world.contact(ADA)
    assert contact is not None and (contact["name"], contact["email"]) == (ADA.name, ADA.email)


async def test_r9_a_form_that_somebody_else_signed_is_refused_and_not_kept(world: World) -> None:
    before = world.kept()
    answer = await world.fills_in("Tue 09:10", ADA, "demo", signed_with="some other secret")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.kept() == before and world.facts(Captured) == []
