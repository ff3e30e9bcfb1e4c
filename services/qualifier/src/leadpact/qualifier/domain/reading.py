"""What a fact adds to a ledger: signals, attributes, the capture; every fact moves its latest instant."""

from collections.abc import Mapping
from uuid import UUID

from leadpact.contracts.agreement import Scalar
from leadpact.contracts.events.lead import Behaved, Captured, Dealt, Profiled
from leadpact.kit.decider import Fact
from leadpact.qualifier.domain.instants import micros
from leadpact.qualifier.domain.ledger import Capture, Ledger, Signal

FORM = "form"
_MOST = 1 << 63
UNTOLD = "other"
"""The channel of a lead whose source says nothing better."""


def add(ledger: Ledger, fact: Fact) -> Ledger:
    """The ledger with one more fact; facts may come in any order."""
    at, id_ = micros(fact.envelope.occurred_at), UUID(fact.envelope.id).bytes
    match fact.event:
        case Captured() as captured:
            capture = Capture(at, id_, captured.source, captured.channel)
            ledger = ledger.with_capture(capture, test=captured.test)
            ledger = ledger.with_values(at, id_, _storable({**captured.features, **_told(captured)}))
            if captured.form is not None:
                ledger = ledger.with_signal(Signal(at, id_, FORM, captured.form))
        case Profiled() as profiled:
            ledger = ledger.with_values(at, id_, _storable(profiled.features))
        case Behaved() as behaved:
            ledger = ledger.with_signal(Signal(at, id_, behaved.kind, behaved.subject))
            if behaved.channel is not None:
                ledger = ledger.with_values(at, id_, {"visit_channel": behaved.channel})
        case Dealt() as dealt:
            ledger = ledger.with_values(at, id_, {"deal_status": dealt.status.value})
        case _:  # a fact that no definition reads; it only says that time has passed
            pass
    return ledger.upto(at)


def channel(ledger: Ledger) -> str:
    """How the lead found us: as captured, or as its earliest visit tells where the capture does not."""
    captured = UNTOLD if ledger.capture is None else ledger.capture.channel
    if captured != UNTOLD:
        return captured
    visits = (str(visit.value) for visit in ledger.attributes.get("visit_channel", ()))
    return next((told for told in visits if told != UNTOLD), UNTOLD)


def _storable(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Without numbers beyond 64 bits, which count nothing that exists."""
    return {name: value for name, value in values.items() if not isinstance(value, int) or abs(value) < _MOST}


def _told(captured: Captured) -> dict[str, Scalar]:
    told: dict[str, Scalar] = {"channel": captured.channel, "source": captured.source}
    if captured.form is not None:
        told["form"] = captured.form
    if captured.campaign is not None:
        told["campaign"] = captured.campaign
    return told
