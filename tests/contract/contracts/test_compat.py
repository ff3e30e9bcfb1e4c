"""Every kind of change to an event: those that may be made in place, and those that would break what was written."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from leadpact.contracts.compat import breaks


class Part(Struct):
    number: int


class Leaf(Struct, tag="leaf"):
    says: str


class Knot(Struct, tag="knot"):
    of: tuple["Leaf | Knot", ...]


class Old(Struct):
    """What was written."""

    name: str
    count: int
    colour: Annotated[str, Meta(extra_json_schema={"enum": ["blue", "red"]})]
    part: Part
    parts: tuple[Part, ...]
    by_name: dict[str, int]
    anything: dict[str, Any]
    tree: Leaf | Knot
    maybe: str | None = None
    kind: str = "plain"


def schema(**changes: tuple[Any, ...]) -> dict[str, Any]:
    """`Old` with fields replaced (type[, default]) or taken away (empty)."""
    fields: dict[str, tuple[Any, ...]] = {}
    for field in msgspec.structs.fields(Old):
        fields[field.name] = (field.type,) if field.required else (field.type, field.default)
    fields |= changes
    shape: list[Any] = [(name, *parts) for name, parts in fields.items() if parts]
    return msgspec.json.schema(msgspec.defstruct("Old", shape, kw_only=True))


class ThreadedPart(Struct):
    number: int
    colour: str


class RenamedPart(Struct):
    amount: int


class WiderPart(Struct):
    number: float
    colour: str = "red"


class NarrowKnot(Struct, tag="knot"):
    of: tuple[Leaf, ...]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"added": (str, "")},
        {"added": (int | None, None)},
        {"count": (float,)},
        {"name": (str | None,)},
        {"maybe": (str | int | None, None)},
        {"colour": (Annotated[str, Meta(extra_json_schema={"enum": ["blue", "green", "red"]})],)},
        {"colour": (str,)},
        {"part": (WiderPart,)},
        {"parts": (tuple[WiderPart, ...],)},
        {"by_name": (dict[str, float],)},
        {"name": (str, "nobody")},
        {"tree": (Leaf | Knot | None,)},
    ],
)
def test_these_changes_read_all_that_was_written(change: dict[str, tuple[Any, ...]]) -> None:
    assert breaks(schema(), schema(**change)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ()}, ["data.name: was removed or renamed"]),
        ({"maybe": ()}, ["data.maybe: was removed or renamed"]),
        (
            {"name": (), "called": (str,)},
            ["data.name: was removed or renamed", "data.called: needs a default, older events lack it"],
        ),
        ({"added": (str,)}, ["data.added: needs a default, older events lack it"]),
        ({"maybe": (str | None,)}, ["data.maybe: needs a default, older events lack it"]),
        (
            {"maybe": (str, "")},
            [
                "data.maybe: no longer takes null",
                "data.maybe: older events that lack it would be read with another default",
            ],
        ),
        ({"kind": (str, "fancy")}, ["data.kind: older events that lack it would be read with another default"]),
        ({"count": (str,)}, ["data.count: was integer, is string"]),
        ({"name": (int,)}, ["data.name: was string, is integer"]),
        ({"name": (Annotated[str, Meta(max_length=5)],)}, ["data.name: maxLength was None, is 5"]),
        ({"count": (Annotated[int, Meta(ge=0)],)}, ["data.count: minimum was None, is 0"]),
        ({"name": (Annotated[str, Meta(extra_json_schema={"format": "date"})],)}, ["data.name: must be a date now"]),
        (
            {"colour": (Annotated[str, Meta(extra_json_schema={"enum": ["red"]})],)},
            ["data.colour: no longer takes blue"],
        ),
        (
            {"name": (Annotated[str, Meta(extra_json_schema={"enum": ["ann"]})],)},
            ["data.name: only some values are taken now"],
        ),
        ({"colour": (int,)}, ["data.colour: was one of blue, red, is integer"]),
        ({"part": (ThreadedPart,)}, ["data.part.colour: needs a default, older events lack it"]),
        ({"parts": (tuple[ThreadedPart, ...],)}, ["data.parts[].colour: needs a default, older events lack it"]),
        (
            {"part": (RenamedPart,)},
            ["data.part.number: was removed or renamed", "data.part.amount: needs a default, older events lack it"],
        ),
        ({"by_name": (dict[str, str],)}, ["data.by_name{}: was integer, is string"]),
        ({"anything": (dict[str, str],)}, ["data.anything{}: was anything, is string"]),
        ({"tree": (Leaf,)}, ["data.tree: no longer takes Knot"]),
        ({"tree": (Leaf | NarrowKnot,)}, ["data.tree: no longer takes Knot"]),
    ],
)
def test_these_changes_break_what_was_written(change: dict[str, tuple[Any, ...]], says: list[str]) -> None:
    assert sorted(breaks(schema(), schema(**change))) == sorted(says)


def test_a_narrower_number_is_a_break() -> None:
    assert breaks(schema(count=(float,)), schema()) == ["data.count: was number, is integer"]


def test_what_may_be_nothing_must_stay_so() -> None:
    assert breaks(schema(name=(str | None,)), schema()) == ["data.name: no longer takes null"]
