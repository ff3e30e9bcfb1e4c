"""The qualifier reads every example of its topic, plain, sparse and weird, and writes nothing that readers lose."""

import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.carried import CARRIED
from leadpact.contracts.events.control import InForce
from leadpact.kit.decider import Fact
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.testkit.examples import examples, unread
from leadpact.testkit.tale import Tale

EXAMPLES = examples(Qualifier.input.name)
AGREEMENTS = [fact for fact in EXAMPLES if isinstance(fact.event, InForce)]


def test_there_is_something_to_read() -> None:
    assert {fact.envelope.type for fact in EXAMPLES} == CARRIED[Qualifier.input.name]


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: f"{fact.envelope.type}-{fact.envelope.id[:8]}")
def test_each_example_is_handled_by_itself(fact: Fact) -> None:
    Tale(Qualifier()).given(*AGREEMENTS, fact)


def test_all_examples_in_a_row_are_handled_and_what_is_written_is_read_in_full() -> None:
    tale = Tale(Qualifier()).given(*EXAMPLES)
    assert {fact.envelope.type for fact in tale.out} <= CARRIED[Qualifier.output.name]
    forwarded = {fact.envelope.id for fact in EXAMPLES}
    decided = [fact.envelope for fact in tale.out if fact.envelope.id not in forwarded]
    assert decided
    assert [lost for envelope in decided for lost in unread(wire.encode(envelope))] == []
