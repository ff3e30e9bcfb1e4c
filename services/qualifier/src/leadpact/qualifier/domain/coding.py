"""State to bytes and back: signals as columns of 28 bytes each (time, id, index into the lead's own names).

The layout is friendly to arrays: sorted by time then id, fixed width, little-endian.
"""

from collections.abc import Iterable
from struct import Struct

import msgspec

from leadpact.contracts.agreement import Scalar
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.ledger import Capture, Ledger, Signal, Value
from leadpact.qualifier.domain.state import Engagement, Lead

_SIGNAL = Struct("<q16sI")


class _Coded(msgspec.Struct, array_like=True):
    key: str
    names: list[tuple[str, str]]
    signals: bytes
    attributes: dict[str, tuple[tuple[int, bytes, Scalar], ...]]
    capture: tuple[int, bytes, str, str] | None
    test: bool
    latest: int
    whole_from: int
    engagements: tuple[Engagement, ...]
    judged: int
    from_lane: bool | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Coded)
_control_decoder = msgspec.msgpack.Decoder(Control)


def dump(lead: Lead) -> bytes:
    """A lead's state as bytes, the same for equal states."""
    ledger = lead.ledger
    names = sorted({(signal.kind, signal.subject) for signal in ledger.signals})
    return _encoder.encode(
        _Coded(
            key=lead.key,
            names=names,
            signals=_pack(ledger.signals, names),
            attributes=dict(sorted(ledger.attributes.items())),
            capture=ledger.capture,
            test=ledger.test,
            latest=ledger.latest,
            whole_from=ledger.whole_from,
            engagements=lead.engagements,
            judged=lead.judged,
            from_lane=lead.from_lane,
        )
    )


def load(raw: bytes) -> Lead:
    """What `dump` wrote."""
    coded = _decoder.decode(raw)
    ledger = Ledger(
        signals=tuple(Signal(at, id_, *coded.names[name]) for at, id_, name in _SIGNAL.iter_unpack(coded.signals)),
        attributes={name: tuple(Value(*value) for value in values) for name, values in coded.attributes.items()},
        capture=None if coded.capture is None else Capture(*coded.capture),
        test=coded.test,
        latest=coded.latest,
        whole_from=coded.whole_from,
    )
    return Lead(coded.key, ledger, coded.engagements, coded.judged, coded.from_lane)


def dump_control(control: Control) -> bytes:
    """A partition's control state as bytes."""
    return _encoder.encode(control)


def load_control(raw: bytes) -> Control:
    """What `dump_control` wrote."""
    return _control_decoder.decode(raw)


def _pack(signals: Iterable[Signal], names: list[tuple[str, str]]) -> bytes:
    number = {name: index for index, name in enumerate(names)}
    return b"".join(_SIGNAL.pack(each.at, each.id, number[each.kind, each.subject]) for each in signals)
