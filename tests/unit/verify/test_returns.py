"""Check 12 goes red: closings that nobody asked for, that nobody sent, that became no fact or two (rules 27 and 43)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from leadpact.kit.ids import derive
from leadpact.verify.standing import Position
from leadpact.verify.streams import Place
from tests.tour.people import ADA, ANN
from tests.tour.test_9_a_cadence_in_vain_goes_round import (
    accepts_at_the_last_moment,
    has_an_open_deal,
    tries_in_vain,
    writes_after_the_due,
    writes_while_intake_stands,
)
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


async def _reached() -> World:
    """She takes a call of twenty minutes."""
    world = await World().begins()
    await tries_in_vain(world)
    await world.touches("Fri 10:00", ANN, ADA, kind="call", outcome="connected", seconds=1200)
    await world.until("+Wed 12:00")
    return world


def _story(tell: Callable[[World], Awaitable[None]]) -> Callable[[], Awaitable[World]]:
    """A story of the tour's."""

    async def told() -> World:
        world = await World().begins()
        await tell(world)
        return world

    return told


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


@pytest.mark.parametrize(
    "story",
    [_reached, _story(writes_after_the_due), _story(writes_while_intake_stands)],
    ids=["call", "reply", "stall"],
)
def test_r27_r30_a_cadence_that_something_came_of_or_that_is_in_doubt_asks_for_nothing(
    story: Callable[[], Awaitable[World]],
) -> None:
    found = recorded(story).verified()
    assert found.violations == [] and found.figures["returns"] == 0


@pytest.mark.parametrize("said", [{"outcome": "connected"}, {"outcome": "replied"}, {"direction": "in"}], ids=str)
def test_r27_a_closing_though_the_lead_was_reached_is_found(week: Recorded, said: dict[str, str]) -> None:
    for topic in ("leads", "qualification"):
        place, index = week.find(topic, "lead.touched")
        week.say(place, index, **said)
    assert any(says.startswith("no exhausted cadence asks for") for says in wrong(week))


def test_r26_a_closing_though_the_lead_wrote_after_the_due_is_found() -> None:
    week = recorded(_story(writes_after_the_due))
    for topic in ("leads", "qualification"):
        (at,) = [
            at for n in range(6) if b'"in"' in week.topics[(at := week.find(topic, "lead.touched", n))[0]][at[1]].value
        ]
        week.say(*at, outcome="auto_reply")
    assert "a cadence is exhausted, and nobody asks for it" in wrong(week), "a machine's answer is none"


def test_r30_a_closing_that_was_not_asked_for_is_found_where_nothing_was_in_doubt() -> None:
    week = recorded(_story(writes_while_intake_stands))
    for topic in ("leads", "qualification"):
        for number in range(8):
            place = Place(topic, number)
            for index in range(len(week.topics[place])):
                if week.event(place, index).type == "intake.stalled":
                    week.say(place, index, to_at="2020-01-01T00:00:00Z")
    assert "a cadence is exhausted, and nobody asks for it" in wrong(week)


def test_r27_an_open_deal_holds_the_closing_back_and_the_reason_is_looked_at() -> None:
    week = recorded(_story(has_an_open_deal))
    found = week.verified()
    assert found.violations == [] and found.figures["returns"] == 1
    for topic in ("leads", "qualification"):
        week.say(*week.find(topic, "lead.dealt"), status="lost")
    assert {check for check, _, _ in week.violations()} >= {"mqls"}, "then it had to be closed"


def test_r50_a_refused_closing_that_reporting_lists_is_found() -> None:
    week = recorded(_story(has_an_open_deal))
    week.say(*week.find("qualification", "command.refused"), cadence=None)
    assert {check for check, _, _ in week.violations()} >= {"mqls", "read_models"}


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
    assert wrong(week) == [f"its key is not its lead {record.key.decode()}"]
