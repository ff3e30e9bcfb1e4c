"""A bug of ours on one record stops that lead's story alone, here and downstream, until it is mended."""

import pytest

from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.events.lead import Touched
from leadpact.contracts.events.sla import ClockKind
from leadpact.contracts.topics import LEADS, partition
from leadpact.kit.decider import Decision, Fact, Scope
from leadpact.kit.rows import Message, Stream
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.qualifier.domain.state import Lead
from leadpact.sla_monitor.domain import control, state
from leadpact.sla_monitor.domain.decider import SlaMonitor
from tests.tour.people import ADA, ANN, BEN, BOB, Person
from tests.tour.world import World

RESPONSE = ClockKind.FIRST_RESPONSE


class FaultyQualifier(Qualifier):
    """Fails on a call of 13 seconds, until it is mended."""

    mended = False

    def decide(self, scope: Scope, control: Control, state: Lead, fact: Fact) -> Decision:
        stumble(fact, mended=self.mended)
        return super().decide(scope, control, state, fact)


class FaultySlaMonitor(SlaMonitor):
    """The same."""

    mended = False

    def decide(self, scope: Scope, control: control.Control, state: state.Lead, fact: Fact) -> Decision:
        stumble(fact, mended=self.mended)
        return super().decide(scope, control, state, fact)


def stumble(fact: Fact, *, mended: bool) -> None:
    if isinstance(fact.event, Touched) and fact.event.seconds == 13 and not mended:
        raise ZeroDivisionError("the planted bug")


async def morning(world: World) -> World:
    """Ada and Ben ask for a demo; Ada is called in time for 13 seconds and once more later, Ben never."""
    await world.begins()
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:20", BEN)
    await world.touches("Tue 09:32", ANN, ADA, kind="call", outcome="connected", seconds=13)
    await world.touches("Tue 09:50", BOB, ADA, kind="call", outcome="voicemail")
    await world.until("Tue 12:00")
    return world


def told(world: World, who: Person) -> list[str]:
    """The story sorted, without its times, which a repair moves, and without what tells of the repair."""
    sentences = [line.split(" ", 2)[2] for line in world.story(who)]
    repairs = ("Set aside: ", "qualifier handled", "sla-monitor handled")
    return sorted(each for each in sentences if not each.startswith(repairs))


@pytest.mark.parametrize(("consumer", "place"), [("qualifier", 0), ("sla-monitor", 1)])
async def test_after_the_repair_the_story_is_as_if_there_had_been_no_bug(consumer: str, place: int) -> None:
    without = await morning(World())
    qualifier, sla_monitor = FaultyQualifier(), FaultySlaMonitor()
    faulty = (qualifier, sla_monitor)[place]
    stages = (qualifier, SlaMonitor()) if place == 0 else (Qualifier(), sla_monitor)
    world = await morning(World(*stages))
    rows = world.line.store.rows

    (parked,) = world.events(Parked, ADA)
    assert parked.consumer == consumer and parked.reason.startswith("ZeroDivisionError at test_trouble.py:")
    assert world.verdicts(ADA, RESPONSE) == [], "her clock holds: nobody says missed while her evidence waits with us"
    assert told(world, BEN) == told(without, BEN), "others go on"
    held = {slot.consumer: list(kept.waiting[world.lead(ADA)]) for slot, kept in rows.slots.items() if kept.parked}
    assert len(held[consumer]) == 2, "the call, and in its order what came behind"

    assert await world.line.store.ask_unpark(consumer, world.lead(ADA))
    await world.line.settle()
    assert world.verdicts(ADA, RESPONSE) == [], "asked for too early: it fails again, and waits on"

    faulty.mended = True
    assert await world.line.store.ask_unpark(consumer, world.lead(ADA))
    await world.line.settle()
    assert [event.records for event in world.events(Unparked, ADA)] == [2]
    assert all(not kept.parked for kept in rows.slots.values()), "here and downstream"
    assert told(world, ADA) == told(without, ADA)
    assert world.verdicts(ADA, RESPONSE) == ["met"], "she was answered after 22 minutes, whatever happened to us"


async def test_a_record_that_nobody_can_read_is_buried_and_the_stories_around_it_go_on() -> None:
    world = await World().begins()
    await world.asks_for_a_demo("Mon 10:00", BEN)
    stream = Stream(LEADS.name, partition(world.lead(BEN)))
    await world.line.log.publish(stream, [Message(b"", b'{"id": "half an envel')])
    await world.touches("Mon 10:20", BOB, BEN, kind="call", outcome="connected", seconds=90)

    by_qualifier, by_reporting = world.line.store.rows.dead
    assert by_qualifier.record == by_reporting.record in world.line.records(LEADS.name)
    assert by_qualifier.reason.startswith("Malformed")
    assert world.verdicts(BEN, RESPONSE) == ["met"], "in the same partition, behind the broken record"
    assert not any(slot.parked for slot in world.line.store.rows.slots.values())
