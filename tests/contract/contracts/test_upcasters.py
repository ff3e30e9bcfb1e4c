"""Events of older versions are read as today's; newer ones stop the reader; nothing is guessed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from leadpact.contracts import registry
from leadpact.contracts.envelope import Actor, ActorKind, Envelope, Lane, decode, encode
from leadpact.contracts.errors import Malformed, UnknownType, UnknownVersion
from leadpact.contracts.registry import Event, event, read, upcaster

NOW = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Declare an event that is at its third version, with both steps on the way; afterwards it never was."""
    for table in ("BY_NAME", "BY_KIND", "UPCASTERS", "_DECODERS"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))

    @event("test.planted", version=3)
    class Planted(Event):
        seconds: int
        whose: str = "nobody's"

    upcaster("test.planted", 1)(lambda data: {"minutes": data["hours"] * 60})
    upcaster("test.planted", 2)(lambda data: {**data, "seconds": data["minutes"] * 60})
    return iter(())


def envelope(version: int, data: bytes, type_: str = "test.planted") -> Envelope:
    """What a reader finds on the wire."""
    wire = Envelope(
        id="1",
        type=type_,
        version=version,
        lead="lead-1",
        lead_version=1,
        occurred_at=NOW,
        received_at=NOW,
        recorded_at=NOW,
        mark=NOW,
        actor=Actor("test", ActorKind.SYSTEM),
        correlation="1",
        causation="1",
        at=None,
        lane=Lane.LIVE,
        revision=0,
        data=msgspec.Raw(data),
    )
    return decode(encode(wire))


@pytest.mark.parametrize(
    ("version", "data"), [(1, b'{"hours": 2}'), (2, b'{"minutes": 120}'), (3, b'{"seconds": 7200, "later": true}')]
)
def test_every_version_is_read_as_todays(version: int, data: bytes) -> None:
    assert msgspec.to_builtins(read(envelope(version, data))) == {"seconds": 7200, "whose": "nobody's"}


def test_a_newer_version_stops_the_reader() -> None:
    with pytest.raises(UnknownVersion, match="version 4, known up to 3"):
        read(envelope(4, b"{}"))


def test_a_version_without_an_upcaster_is_malformed() -> None:
    del registry.UPCASTERS["test.planted", 1]
    with pytest.raises(Malformed, match="version 1: no upcaster"):
        read(envelope(1, b'{"hours": 2}'))


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (3, b'{"seconds": "many"}'),
        (3, b"{}"),
        (3, b"[]"),
        (2, b'{"minutes": null, "seconds": {}}'),
        (2, b'{"other": 1}'),
        (1, b"[]"),
        (1, b"7"),
    ],
)
def test_data_that_are_not_what_their_version_says_are_malformed(version: int, data: bytes) -> None:
    with pytest.raises(Malformed, match=r"test\.planted"):
        read(envelope(version, data))


def test_a_type_nobody_declared_is_unknown() -> None:
    with pytest.raises(UnknownType, match=r"test\.other"):
        read(envelope(1, b"{}", "test.other"))


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[]", b'{"id": 1}', b"[" * 100_000])
def test_what_is_no_envelope_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(raw)


def test_r1_an_instant_without_an_offset_is_malformed() -> None:
    raw = encode(envelope(3, b'{"seconds": 1}')).replace(b"2024-03-04T08:00:00Z", b"2024-03-04T08:00:00")
    with pytest.raises(Malformed):
        decode(raw)
