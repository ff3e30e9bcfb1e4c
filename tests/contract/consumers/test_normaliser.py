"""The normaliser reads every example of `agreements`: what comes into force or goes is said, in every partition."""

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.registry import read
from leadpact.contracts.topics import AGREEMENTS, LEADS
from leadpact.kit.decider import Fact
from leadpact.testkit.examples import examples, unread
from tests.unit.intake.desk import Desk

EXAMPLES = examples(AGREEMENTS.name)


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: f"{fact.envelope.type}-{fact.envelope.id[:8]}")
async def test_each_example_is_taken_in(fact: Fact) -> None:
    desk = Desk()
    desk.put_agreement(fact.envelope)
    await desk.run()

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
