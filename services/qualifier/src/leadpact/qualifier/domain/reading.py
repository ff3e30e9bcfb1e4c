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
VISIT = "visit_channel"
STATUS = "deal_status"
FOUND = ("channel", "source", FORM, "campaign")
"""What the capture alone says of how the lead found us."""
UNTOLD = "other"
"""The channel of a lead whose source says nothing better."""


def add(ledger: Ledger, fact: Fact) -> Ledger:
    """The ledger with one more fact; facts may come in any order."""
    at, id_ = micros(fact.envelope.occurred_at), UUID(fact.envelope.id).bytes
    match fact.event:
        case Captured() as captured:
            ledger = _captured(ledger, at, id_, captured)
        case Profiled() as profiled:
            ledger = ledger.with_values(at, id_, _storable(profiled.features))
        case Behaved() as behaved:
            ledger = ledger.with_signal(Signal(at, id_, behaved.kind, behaved.subject))
            if behaved.channel is not None:
                ledger = ledger.with_values(at, id_, {VISIT: behaved.channel})
        case Dealt() as dealt:
            ledger = ledger.with_values(at, id_, {STATUS: dealt.status.value})
        case _:  # a fact that no definition reads; it only says that time has passed
            pass
    return ledger.upto(at)


def channel(ledger: Ledger) -> str:
    """How the lead found us: as captured, or as its earliest visit tells where the capture does not."""
    captured = UNTOLD if ledger.capture is None else ledger.capture.channel
    if captured != UNTOLD:
        return captured
    visits = (str(visit.value) for visit in ledger.attributes.get(VISIT, ()))
    return next((told for told in visits if told != UNTOLD), UNTOLD)


def _captured(ledger: Ledger, at: int, id_: bytes, captured: Captured) -> Ledger:
    """The earliest capture says how the lead found us; any other is a visit, by the form it came with (rule 49)."""
    former, capture = ledger.capture, Capture(at, id_, captured.source, captured.channel)
    ledger = ledger.with_capture(capture, test=captured.test)
    features = {name: value for name, value in captured.features.items() if name not in FOUND}
    ledger = ledger.with_values(at, id_, _storable(features))
    if captured.form is not None:
        ledger = ledger.with_signal(Signal(at, id_, FORM, captured.form))
    if ledger.capture == capture:
        if former not in (None, capture):
            ledger = _visit(ledger, former)
        return ledger.with_values(at, id_, _told(captured))
    return ledger if captured.form is None else ledger.with_values(at, id_, {VISIT: captured.channel})


def _visit(ledger: Ledger, former: Capture) -> Ledger:
    """The ledger where what was the earliest capture is so no longer."""
    by_form = any(value.id == former.id for value in ledger.attributes.get(FORM, ()))
    ledger = ledger.without(former.id, FOUND)
    return ledger.with_values(former.at, former.id, {VISIT: former.channel}) if by_form else ledger


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
