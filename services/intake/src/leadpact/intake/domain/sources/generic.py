"""Our own JSON: one object or an array of at most 1,000 in the shapes of the endpoint."""

from typing import Any

import msgspec

from leadpact.intake.domain import choices, strict
from leadpact.intake.domain.draft import Draft, Outcome, Refusal, place
from leadpact.intake.domain.shapes import KINDS, MOST_ITEMS, Item, Shape
from leadpact.intake.errors import Misshapen

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {door: msgspec.json.Decoder(kind) for door, kind in KINDS.items()}
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


def drafts(door: str, key: str, body: bytes) -> list[Draft]:
    """The items of a body; one of a wrong shape is refused alone. Raises `Unreadable` for the whole."""
    value = strict.read(body)
    if isinstance(value, dict):
        return [_draft(door, key, 0, body)]
    if not isinstance(value, list):
        raise Misshapen("an object or an array of objects is expected")
    if not 1 <= len(value) <= MOST_ITEMS:
        raise Misshapen(f"a batch holds 1 to {MOST_ITEMS} items, not {len(value)}")
    return [_draft(door, key, index, bytes(raw), f"/{index}") for index, raw in enumerate(_split(body))]


def _draft(door: str, key: str, index: int, raw: bytes, where: str = "") -> Draft:
    said: Shape | Refusal
    own: object = None
    try:
        said = _DECODERS[door].decode(raw)
        own = said.id if isinstance(said, Item) else None
    except (msgspec.MsgspecError, RecursionError) as error:
        found = strict.unreadable(error)
        reason = choices.worded(found.reason, KINDS[door], msgspec.json.decode(raw), found.pointer)
        said = Refusal(Outcome.REJECTED, reason, found.pointer)
    return Draft(index, f"id {own}" if own not in (None, "") else place(key, index), raw, said, where)
