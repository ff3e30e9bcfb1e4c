"""What an item says that nothing will come of: fields nobody knows, and values that say nothing.

The sender is told; a typing error is found on the first day, and not by what is missing in a report.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from leadpact.intake.domain import features, shapes, strict
from leadpact.intake.domain.draft import Draft, Refusal
from leadpact.intake.domain.features import text

_FEWEST_DIGITS = 5
_UNKNOWN = "no field of this name is known here"


def ignored(draft: Draft) -> Iterator[tuple[str, str]]:
    """Pointers into the body, each with why; nothing for an item that is refused."""
    if isinstance(draft.said, Refusal):
        return
    for pointer in _unknown(draft.said, msgspec.json.decode(draft.raw), draft.place):
        yield pointer, _UNKNOWN
    if isinstance(draft.said, shapes.Lead):
        yield from ((draft.place + pointer, why) for pointer, why in _idle(draft.said))


def _unknown(said: msgspec.Struct, told: dict[str, Any], place: str) -> Iterator[str]:
    known = _fields(type(said))
    if not told.keys() <= known.keys():  # asked of all at once, because nearly nobody tells more
        yield from (f"{place}/{strict.escaped(name)}" for name in told if name not in known)
    for name, value in told.items():
        if not isinstance(value, dict | list) or name not in known:
            continue
        part, where = getattr(said, known[name]), f"{place}/{name}"
        if isinstance(value, list):
            for number, (each, of) in enumerate(zip(value, part, strict=True)):
                yield from _unknown(of, each, f"{where}/{number}")
        elif isinstance(part, msgspec.Struct):
            yield from _unknown(part, value, where)


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Attributes by their names on the wire; the tag has no attribute."""
    found = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    return found if tag is None else {tag: "", **found}


def _idle(lead: shapes.Lead) -> Iterator[tuple[str, str]]:
    if lead.employees not in (None, "") and features.employees(lead.employees) is None:
        yield "/employees", "no number of people that we can read"
    if text(lead.country) and features.country(lead.country, None, None) is None:
        yield "/country", "no country that we know"
    if (phone := text(lead.phone)) and sum(map(str.isdigit, phone)) < _FEWEST_DIGITS:
        yield "/phone", "too few digits for a number"
