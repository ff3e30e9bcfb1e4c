"""The normaliser reads every example of `agreements` and `returns`: what comes into force or goes is said in every
partition, a closing asked for becomes a fact about its lead."""

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.events.lead import Disposed, Verdict
from leadpact.contracts.registry import read
from leadpact.contracts.topics import AGREEMENTS, LEADS, RETURNS
from leadpact.intake.normaliser.state import Person
from leadpact.kit.decider import Fact
from leadpact.testkit.examples import examples, unread
from tests.unit.intake.desk import Desk

EXAMPLES = examples(AGREEMENTS.name)


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: f"{fact.envelope.type}-{fact.envelope.id[:8]}")
async def test_each_example_is_taken_in(fact: Fact) -> None:
    desk = Desk()
    desk.put_agreement(fact.envelope)
    await desk.run(drained=False)

    assert desk.buried == []
    match fact.event:
        case Activated():
            expected = ["agreement.in_force"]
        case Withdrawn():
            expected = ["agreement.retired"]
        case _:
            expected = []
    assert [envelope.type for envelope in desk.once()] == expected
    assert len(desk.out) == LEADS.partitions * len(expected)


@pytest.mark.parametrize(
    "fact", examples(RETURNS.name), ids=lambda fact: f"{fact.envelope.type}-{fact.envelope.id[:8]}"
)
async def test_each_example_of_what_goes_round_again_becomes_one_fact_of_its_lead(fact: Fact) -> None:
    desk = Desk()
    desk.books.people[fact.envelope.lead] = Person(fact.envelope.lead, version=7)
    desk.put_return(fact.envelope)
    await desk.run()

    (told,) = desk.envelopes(Disposed)
    assert (told.lead, told.lead_version, told.actor, told.causation) == (
        fact.envelope.lead,
        8,
        fact.envelope.actor,
        fact.envelope.id,
    )
    (disposed,) = desk.facts(Disposed)
    assert disposed.verdict is Verdict.RECYCLED and disposed.cadence is not None
    assert unread(wire.encode(told)) == []


async def test_all_examples_in_a_row_are_numbered_upwards_and_read_in_full_by_those_behind() -> None:
    desk = Desk()
    for fact in EXAMPLES:
        desk.put_agreement(fact.envelope)
    await desk.run()

    numbers = [msgspec.json.decode(envelope.data)["control"] for envelope in desk.once()]
    assert numbers == list(range(1, len(numbers) + 1)) != []
    assert [lost for envelope in desk.once() for lost in unread(wire.encode(envelope))] == []
    said = [read(envelope) for envelope in desk.once()]
    assert len(said) == sum(isinstance(fact.event, Activated | Withdrawn) for fact in EXAMPLES)
