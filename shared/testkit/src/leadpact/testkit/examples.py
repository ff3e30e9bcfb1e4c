"""Example payloads of every event and version, plain, sparse and weird: what every reader must be able to read."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from leadpact.contracts.carried import CARRIED
from leadpact.contracts.envelope import decode, encode
from leadpact.contracts.registry import read
from leadpact.kit.decider import Fact


@cache
def files() -> Mapping[str, bytes]:
    """The files by name without `.json`: `lead.captured.v1.weird`."""
    folder = resources.files("leadpact.contracts") / "examples"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return {name.removesuffix(".json"): (folder / name).read_bytes() for name in found}


def examples(topic: str) -> list[Fact]:
    """Every example of an event that occurs in this topic, by name; `weird` ones hold what no sender should send."""
    envelopes = (decode(raw) for raw in files().values())
    return [Fact(found, read(found)) for found in envelopes if found.type in CARRIED[topic]]


def unread(raw: bytes) -> list[str]:
    """Paths of the fields in an encoded envelope that its reader does not know.

    Readers ignore unknown fields, so a writer's misspelled one would vanish silently: writers' tests ask for `[]` here.
    """
    envelope = decode(raw)
    kept = msgspec.json.decode(encode(envelope))
    kept["data"] = msgspec.to_builtins(read(envelope))
    return _lost(msgspec.json.decode(raw), kept, envelope.type)


def _lost(written: Any, kept: Any, path: str) -> list[str]:  # noqa: ANN401 - what JSON can hold
    match written, kept:
        case dict(), dict():
            gone = [f"{path}.{name}" for name in written if name not in kept]
            both = (name for name in kept if name in written)
            return gone + [lost for name in both for lost in _lost(written[name], kept[name], f"{path}.{name}")]
        case list(), list() | tuple():
            pairs = zip(written, kept, strict=True)
            return [lost for index, (a, b) in enumerate(pairs) for lost in _lost(a, b, f"{path}[{index}]")]
        case _:
            return []
