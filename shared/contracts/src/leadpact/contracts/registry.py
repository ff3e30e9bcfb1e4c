"""Wire names: each event struct is declared once with its stable name, version and topic."""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

import msgspec

from leadpact.contracts.envelope import Envelope
from leadpact.contracts.errors import Malformed, UnknownType, UnknownVersion, unquoted


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event: past tense, frozen, readers ignore unknown fields."""


E = TypeVar("E", bound=type[Event])
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Declared(msgspec.Struct, frozen=True):
    """What the registry knows of one event; `control` ones go to every partition."""

    name: str
    version: int
    kind: type[Event]
    control: bool


BY_NAME: dict[str, Declared] = {}
BY_KIND: dict[type[Event], Declared] = {}
UPCASTERS: dict[tuple[str, int], Upcaster] = {}
_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {}


def event(name: str, *, version: int = 1, control: bool = False) -> Callable[[E], E]:
    """Declare an event struct under its wire name."""

    def declare(kind: E) -> E:
        declared = Declared(name, version, kind, control)
        BY_NAME[name] = declared
        BY_KIND[kind] = declared
        _DECODERS[name] = msgspec.json.Decoder(kind)
        return kind

    return declare


def upcaster(name: str, from_version: int) -> Callable[[Upcaster], Upcaster]:
    """Declare how data of an older version become those of the next."""

    def declare(step: Upcaster) -> Upcaster:
        UPCASTERS[name, from_version] = step
        return step

    return declare


def read(envelope: Envelope) -> Event:
    """The event inside an envelope, brought to today's version.

    Raises `UnknownType`, `UnknownVersion` (newer than this code: the partition stops), `Malformed`.
    """
    declared = BY_NAME.get(envelope.type)
    if declared is None:
        raise UnknownType(envelope.type)
    if envelope.version > declared.version:
        raise UnknownVersion(f"{envelope.type} version {envelope.version}, known up to {declared.version}")
    try:
        if envelope.version == declared.version:
            return _DECODERS[envelope.type].decode(envelope.data)
        return msgspec.convert(_upcast(envelope, declared), declared.kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{envelope.type}: {unquoted(error)}") from error


def _upcast(envelope: Envelope, declared: Declared) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(envelope.data)
    for version in range(envelope.version, declared.version):
        step = UPCASTERS.get((envelope.type, version))
        if step is None:
            raise Malformed(f"{envelope.type} version {version}: no upcaster")
        try:
            data = step(data)
        except (LookupError, TypeError, ValueError, AttributeError) as error:  # not what that version says
            raise Malformed(f"{envelope.type} version {version}: {type(error).__name__} in its upcaster") from error
    return data
