"""What verify holds of a lead is what the qualifier holds, though they share no code: in every order (rule 49)."""

from itertools import permutations

import msgspec

from leadpact.contracts.events.lead import Behaved, Captured, Profiled
from leadpact.qualifier.domain.ledger import Ledger
from leadpact.qualifier.domain.reading import add, channel
from leadpact.testkit.facts import Facts
from leadpact.verify.judging import facts as judging
from leadpact.verify.stories import Told
from tests.unit.qualifier.world import HOUR, T

EVENTS = (
    Captured(
        source="web", channel="other", form="demo", campaign="spring", features={"seniority": "vp", "channel": "x"}
    ),
    Captured(source="fair", channel="event", form="pricing", features={"seniority": "manager"}),
    Captured(source="crm", channel="partner", features={"employees": 5}),
    Profiled(source="crm", features={"seniority": "vp"}),
    Behaved(source="web", kind="form", subject="demo", channel="organic"),
)


def test_r49_captures_in_any_order_leave_the_same_here_and_there() -> None:
    make = Facts()
    story = [make(event, at=T + number // 2 * HOUR) for number, event in enumerate(EVENTS)]
    first = None
    for order in permutations(story):
        held, ledger = judging.Facts(), Ledger()
        for fact in order:
            held.add(Told(0, fact.envelope, msgspec.json.decode(fact.envelope.data)))
            ledger = add(ledger, fact)
        here = {name: [(v.at, v.value) for v in values] for name, values in held.values.items() if values}
        there = {name: [(v.at, v.value) for v in values] for name, values in ledger.attributes.items()}
        assert here == there and held.channel() == channel(ledger)
        assert held.capture is not None and ledger.capture is not None
        assert held.capture[2:] == (ledger.capture.source, ledger.capture.channel)
        assert [signal[2:] for signal in held.signals] == [(s.kind, s.subject) for s in ledger.signals]
        first = first or here
        assert here == first
