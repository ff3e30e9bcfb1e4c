"""What must go round again becomes a fact of its lead, once, in live time, and holds no mark back (rules 27 and 50)."""

from datetime import timedelta

import msgspec

from leadpact.contracts.envelope import Actor, ActorKind, At, Envelope, Lane
from leadpact.contracts.events.lead import Disposed, Touched, Verdict
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.intake.normaliser.handler import Normaliser, duty
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.vault import Hasher
from leadpact.testkit.facts import Facts
from leadpact.testkit.memory import MemorySafe
from tests.unit.intake.desk import NOON, Desk

MONITOR = Actor("sla-monitor", ActorKind.SYSTEM)
ASKED = ClosingRequested(engagement="run-1", reason="exhausted", cadence="clock-1")
DUTY = duty(lambda _: Normaliser(lambda _: MemoryBooks(), MemorySafe(), Hasher(bytes(32)), lambda _, __: None))
LEAD = {"email": "ada@acme.example", "form": "demo"}


def closing(lead: str, number: int = 0) -> Envelope:
    """One that the sla-monitor asked for a minute before noon."""
    facts = Facts()
    for _ in range(number):
        facts(ASKED, at=NOON)
    return facts(ASKED, lead=lead, at=NOON - timedelta(minutes=1), actor=MONITOR).envelope


async def captured() -> tuple[Desk, str]:
    """A desk with one known lead."""
    desk = Desk()
    await desk.deliver("leads", LEAD)
    (lead,) = desk.books.people
    return desk, lead


async def test_r27_a_closing_asked_for_becomes_a_verdict_in_its_askers_name() -> None:
    desk, lead = await captured()
    asked = msgspec.structs.replace(closing(lead), correlation="what began it")
    desk.put_return(asked, number=5)
    desk.later(seconds=3)
    await desk.run()

    (fact,) = desk.envelopes(Disposed)
    assert (fact.lead, fact.lead_version, fact.actor, fact.lane) == (lead, 2, MONITOR, Lane.LIVE)
    assert (fact.correlation, fact.causation, fact.at) == ("what began it", asked.id, At("returns", 5, 0))
    assert fact.occurred_at == fact.recorded_at == desk.now, "it happens when it enters the log (rule 19)"
    (said,) = desk.facts(Disposed)
    assert said == Disposed(verdict=Verdict.RECYCLED, reason="exhausted", engagement="run-1", cadence="clock-1")


async def test_r7_the_same_event_again_makes_no_second_fact() -> None:
    desk, lead = await captured()
    desk.put_return(closing(lead))
    desk.put_return(closing(lead))
    await desk.run()
    desk.put_return(closing(lead))
    await desk.run()
    assert len(desk.envelopes(Disposed)) == 1
    desk.put_return(closing(lead, number=1))
    await desk.run()
    assert [fact.lead_version for fact in desk.envelopes(Disposed)] == [2, 3], "another event is another fact"


async def test_a_lead_that_nobody_knows_is_buried_and_everything_else_goes_on() -> None:
    desk, lead = await captured()
    desk.put_return(closing("00000000-0000-4000-8000-000000000000"))
    desk.put_return(closing("no id"))
    desk.put_return(Facts()(ASKED, lead=lead, at=NOON, actor=MONITOR).envelope)
    await desk.run()
    assert desk.buried == ["its lead is no id of ours", "nobody knows this lead"]
    assert len(desk.envelopes(Disposed)) == 1


async def test_what_does_not_go_round_is_buried() -> None:
    desk, lead = await captured()
    desk.put_return(Facts()(Disposed(verdict=Verdict.ACCEPTED), lead=lead, at=NOON).envelope)
    await desk.run()
    assert desk.buried == ["lead.disposed does not go round again"]
    assert desk.envelopes(Disposed) == []


async def test_point7_what_goes_round_again_does_not_hold_the_mark_back() -> None:
    desk, lead = await captured()
    desk.later(minutes=30)
    await desk.run()
    before = desk.mark
    desk.later(minutes=1)
    desk.put_return(closing(lead))
    await desk.put("activities", {"type": "touch", "email": LEAD["email"], "kind": "call", "outcome": "connected"})
    await desk.run()

    probed = {stream.topic for stream in DUTY.probed}
    assert probed == {"raw", "agreements"}, "nor is it asked for when the inputs are said to be drained"
    assert desk.mark == desk.now > before, "though it was asked for half an hour ago"
    closed, touched = desk.envelopes(Disposed), desk.envelopes(Touched)
    assert before <= closed[0].mark <= touched[0].mark
