"""JSON Schemas of the envelope and of every event, as committed files: what was written once stays readable.

`python -m leadpact.contracts.schema` checks them; with `--write` it brings them up to date, unless a change would break
readers of what was written before: such a change needs a new version of the event, and an upcaster. Files of older
versions stay as they are. Whoever must break a contract on purpose, before anybody relies on it, deletes its file.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

import leadpact.contracts.events  # noqa: F401 - declares the events
from leadpact.contracts.compat import Schema, breaks
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.registry import BY_NAME, UPCASTERS

FOLDER = Path(__file__).parent / "schemas"
ENVELOPE = "envelope.v1"


def current() -> dict[str, dict[str, Any]]:
    """Today's schemas by file name without `.json`, `lead.captured.v1`, as the structs say."""
    kinds: dict[str, type[msgspec.Struct]] = {ENVELOPE: Envelope}
    kinds |= {f"{name}.v{declared.version}": declared.kind for name, declared in BY_NAME.items()}
    return {name: _schema(name, kind) for name, kind in kinds.items()}


def committed(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """The schemas as files have them."""
    return {path.stem: msgspec.json.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def broken(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> Iterator[str]:
    """Why what was written by `old` schemas could not all be read by today's code; nothing if it can."""
    for name, schema in old.items():
        if name in new:
            yield from (f"{name}: {found}" for found in breaks(schema, new[name]))
        elif (stem := name.rpartition(".v")[0]) not in BY_NAME:
            yield f"{name}: nobody declares this event any more"
        elif (stem, int(name.rpartition(".v")[2])) not in UPCASTERS:
            yield f"{name}: no upcaster leads from it to the next version"


def stale(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[str]:
    """Names of schemas whose file is missing or tells something else."""
    return sorted(name for name, schema in new.items() if old.get(name) != schema)


def write(folder: Path = FOLDER) -> list[str]:
    """Bring the files up to date; returns what was written. Raises `ValueError` when that would break readers."""
    old, new = committed(folder), current()
    if found := list(broken(old, new)):
        raise ValueError("\n".join(["a new version is needed:", *found]))
    folder.mkdir(exist_ok=True)
    changed = stale(old, new)
    for name in changed:
        (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(new[name]), indent=2) + b"\n")
    return changed


def _schema(name: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:leadpact:{name}"}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({**head, **msgspec.json.schema(kind)}))
    _straighten(plain)
    return plain


def _straighten(node: object) -> None:
    """Put descriptions on one line, in place."""
    match node:
        case dict():
            if isinstance(text := node.get("description"), str):
                node["description"] = " ".join(text.split())
            for value in node.values():
                _straighten(value)
        case list():
            for value in node:
                _straighten(value)
        case _:
            pass


def main(arguments: list[str]) -> int:
    """Check or write the files; exit code 1 when something is to be done."""
    if arguments == ["--write"]:
        for name in write():
            print(f"written: {name}")  # noqa: T201 - a command
        return 0
    old, new = committed(), current()
    found = [*broken(old, new), *(f"{name}: not current, run with --write" for name in stale(old, new))]
    print("\n".join(found) or f"{len(new)} schemas are current")  # noqa: T201 - a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
