"""The sla-monitor reads every example of its topic, plain, sparse and weird, and writes nothing that readers lose."""

import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.carried import CARRIED
from leadpact.contracts.events.control import InForce
from leadpact.contracts.events.qualification import Qualified
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.errors import UnknownAgreement
from leadpact.testkit.examples import examples, unread
from leadpact.testkit.tale import Tale

EXAMPLES = examples(SlaMonitor.input.name)
AGREEMENTS = [fact for fact in EXAMPLES if isinstance(fact.event, InForce)]
GOVERNED = {
    (fact.event.agreement.id, fact.event.agreement.version) for fact in AGREEMENTS if isinstance(fact.event, InForce)
}


def known(fact: Fact) -> bool:
    """Whether a control record of the examples brings the agreement that the fact names."""
    event = fact.event
    return not isinstance(event, Qualified) or (event.agreement, event.agreement_version) in GOVERNED


def test_there_is_something_to_read() -> None:
    assert {fact.envelope.type for fact in EXAMPLES} == CARRIED[SlaMonitor.input.name]


@pytest.mark.parametrize("fact", EXAMPLES, ids=lambda fact: f"{fact.envelope.type}-{fact.envelope.id[:8]}")
def test_each_example_is_handled_by_itself(fact: Fact) -> None:
    tale = Tale(SlaMonitor()).given(*AGREEMENTS)
    if known(fact):
        tale.given(fact)
    else:
        with pytest.raises(UnknownAgreement):
            tale.given(fact)


def test_all_examples_in_a_row_are_handled_and_what_is_written_is_read_in_full() -> None:
    tale = Tale(SlaMonitor()).given(*(fact for fact in EXAMPLES if known(fact)))
    written = {fact.envelope.type for fact in tale.out}
    assert {"clock.started", "lead.assigned"} <= written <= CARRIED[SlaMonitor.output.name]
    assert [lost for fact in tale.out for lost in unread(wire.encode(fact.envelope))] == []
