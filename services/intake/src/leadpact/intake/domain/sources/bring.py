"""Bringing what vendors say into our shapes: a plain dictionary of our names, checked by the shape itself."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from leadpact.intake.domain import choices, shapes, strict
from leadpact.intake.errors import Unmappable, Unreadable

SHAPES: dict[str, type[shapes.Shape]] = {
    "lead": shapes.Lead,
    "behaviour": shapes.Behaviour,
    "touch": shapes.Touch,
    "deal": shapes.Deal,
    "owner": shapes.Owner,
    "consent": shapes.Consent,
}
_PARTS: dict[str, type[msgspec.Struct]] = {"utm": shapes.Utm, "actor": shapes.By, "amount": shapes.Amount}


def into(kind: str, told: Mapping[str, Any]) -> shapes.Shape:
    """The shape that these fields make; blank text means null; raises `Unmappable` with the field's pointer."""
    filled = {name: value for name, value in told.items() if value is not None and value != ""}
    if kind != "lead":
        filled["type"] = kind
    try:
        strict.storable(filled)
        found: shapes.Shape = msgspec.convert(filled, SHAPES[kind], strict=True)
    except Unreadable as error:
        raise Unmappable(error.reason) from error
    except msgspec.ValidationError as error:
        wrong = strict.unreadable(error)
        raise Unmappable(choices.worded(wrong.reason, SHAPES[kind], filled, wrong.pointer), wrong.pointer) from error
    return found


def put(told: dict[str, Any], target: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Set a field named as in a mapping: `email`, `utm.source`, `attributes.budget`; raises `Unmappable`."""
    name, dot, rest = target.partition(".")
    if not dot:
        told[name] = value
        return
    if "." in rest:
        raise Unmappable("no field lies so deep", f"/{name[:60]}")
    inner = told.setdefault(name, {})
    if not isinstance(inner, dict):
        raise Unmappable(f"{name} is filled twice in different ways", f"/{name}")
    inner[rest] = value


def known(target: str) -> bool:
    """Whether a lead has this field."""
    return target.partition(".")[0] in _fields(shapes.Lead)


def fits(kind: str, target: str) -> bool:
    """Whether what is put there will be seen."""
    name, _, rest = target.partition(".")
    if name not in _fields(SHAPES[kind]):
        return False
    return not rest or name == "attributes" or (name in _PARTS and rest in _fields(_PARTS[name]))


@cache
def _fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.name for field in msgspec.structs.fields(kind))
