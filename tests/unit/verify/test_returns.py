"""Check 12 goes red: closings that nobody asked for, that nobody sent, that became no fact or two (rules 27 and 43)."""

from dataclasses import replace

import pytest

from leadpact.kit.ids import derive
from leadpact.verify.standing import Position
from leadpact.verify.streams import Place
from tests.tour.people import ADA, ANN
from tests.tour.test_9_a_cadence_in_vain_goes_round import accepts_at_the_last_moment, tries_in_vain
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded


async def _in_vain() -> World:
    """Ada is tried in vain, and recycled."""
    world = await World().begins()
    await tries_in_vain(world)
    await world.until("+Wed 12:00")
    return world


async def _accepted() -> World:
    """Ada is tried in vain, and sales takes her all the same."""
    world = await World().begins()
    await tries_in_vain(world)
    await world.commands("Fri 09:00", ANN, command="dispose", email=ADA.email, verdict="accepted")
    await world.until("+Wed 12:00")
    return world


async def _too_late() -> World:
    """The closing comes when sales has accepted her."""
    world = await World().begins()
    await accepts_at_the_last_moment(world)
    return world


@pytest.fixture(scope="module")
def closed() -> Recorded:
    return recorded(_in_vain)


@pytest.fixture
def week(closed: Recorded) -> Recorded:
    return closed.copy()


def wrong(week: Recorded) -> list[str]:
    """What is wrong with returns; the story of a planted fault may break other rules too."""
    return [says for check, _, says in week.violations() if check == "returns"]


def test_what_the_services_write_is_clean_and_was_looked_at(closed: Recorded) -> None:
    found = closed.verified()
    assert found.violations == []
    assert found.figures["returns"] == 1


def test_r27_a_cadence_that_sales_ended_asks_for_nothing() -> None:
    found = recorded(_accepted).verified()
    assert found.violations == [] and found.figures["returns"] == 0


def test_r27_a_closing_that_comes_too_late_is_refused_and_not_lost() -> None:
    week = recorded(_too_late)
    found = week.verified()
    assert found.violations == [] and found.figures["returns"] == 1
    place, index = week.find("qualification", "command.refused")
    week.say(place, index, reason="no_open_engagement")
    assert {check for check, _, _ in week.violations()} >= {"mqls"}


def test_r27_a_closing_that_nobody_asked_for_is_found(week: Recorded) -> None:
    place, index = week.find("returns", "closing.requested")
    week.topics[place].pop(index)
    week.fence("normaliser", 0, lambda fence: replace(fence, positions={**fence.positions, place: Position(0, 0)}))
    says = wrong(week)
    assert any(each.startswith("nothing in returns is its cause") for each in says)
    assert "a cadence is exhausted, and nobody asks for it" in says


def test_a_return_that_became_no_fact_is_found(week: Recorded) -> None:
    place, index = week.find("leads", "lead.disposed")
    week.topics[place].pop(index)
    assert [says.partition(" came")[0] for says in wrong(week)] == ["0 facts"]


def test_a_return_that_became_two_facts_is_found(week: Recorded) -> None:
    place, index = week.find("leads", "lead.disposed")
    fact = week.event(place, index)
    last = week.topics[place][-1]
    again = week.topics[place][index]._replace(offset=last.offset + 1, seq=(last.seq or 0) + 1)
    week.topics[place].append(again)
    week.change(place, len(week.topics[place]) - 1, id=derive(fact.id, "again"))
    says = wrong(week)
    assert any(each.startswith("2 facts came of") for each in says)
    assert any(each.endswith("does not follow from its cause") for each in says)


def test_a_fact_that_says_something_else_than_was_asked_for_is_found(week: Recorded) -> None:
    place, index = week.find("leads", "lead.disposed")
    week.say(place, index, verdict="rejected")
    assert any("the fact says" in says for says in wrong(week))


def test_r27_a_closing_that_no_cadence_asks_for_is_found(week: Recorded) -> None:
    place, index = week.find("sla", "clock.judged", 2)
    assert b'"kind":"cadence"' in week.topics[place][index].value
    week.say(place, index, verdict="missed")
    assert any(says.startswith("no exhausted cadence asks for") for says in wrong(week))


def test_r27_a_closing_asked_for_though_the_agreement_keeps_the_lead_is_found(week: Recorded) -> None:
    for topic in ("leads", "qualification"):
        for number in range(8):
            place = Place(topic, number)
            for index, record in enumerate(week.topics[place]):
                kept = record.value.replace(b'"exhausted":"recycle"', b'"exhausted":"keep"')
                week.topics[place][index] = record._replace(value=kept)
    assert any(says.startswith("no exhausted cadence asks for") for says in wrong(week))


def test_a_closing_that_was_asked_for_twice_is_found(week: Recorded) -> None:
    place, index = week.find("returns", "closing.requested")
    week.topics[place].append(week.topics[place][index]._replace(offset=1, seq=2))
    assert any(says.endswith("was asked for before") for says in wrong(week))


def test_a_return_in_another_partition_or_under_another_key_is_found(week: Recorded) -> None:
    place, index = week.find("returns", "closing.requested")
    record = week.topics[place][index]
    week.topics[place][index] = record._replace(key=b"else")
    assert wrong(week) == [f"its key is not its id {record.key.decode()}"]
