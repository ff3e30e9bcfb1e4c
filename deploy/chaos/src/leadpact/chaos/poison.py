"""Letters of no use, by what is wrong with them; and one that is only large."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leadpact.chaos.letters import HOOK, LEADS, End, Letter, Maker, Told, filled, ours, signed

_LARGE, _TOO_LARGE = 600_000, 1_100_000
_LONG = 501
_DEEP = 20_000
_FORM = {"name": "Nobody", "form": "demo"}


def _unmappable(**more: Any) -> Maker:  # noqa: ANN401 - JSON
    """Readable, but no fact can be made of it: accepted, then quarantined."""
    return lambda told: replace(ours(told, LEADS, more), end=End.QUARANTINED)


def _unreadable(spoil: Callable[[bytes], bytes], status: int = 400) -> Maker:
    """Kept as it came, and refused."""

    def made(told: Told) -> Letter:
        letter = ours(told, LEADS, _FORM)
        return replace(letter, body=spoil(letter.body), status=status, end=End.REJECTED)

    return made


def _saying(status: int, **more: Any) -> Maker:  # noqa: ANN401 - JSON
    return lambda told: replace(ours(told, LEADS, more), status=status, end=End.REJECTED)


def _nested(told: Told) -> Letter:
    item = json.dumps({**told.item, "attributes": 0})[:-2]
    return Letter(told.id, LEADS, f"{item}{'[' * _DEEP}{']' * _DEEP}}}".encode(), status=400, end=End.REJECTED)


def _stranger(told: Told) -> Letter:
    headers = {"Authorization": f"Bearer nobody-{told.id}"}
    return replace(ours(told, LEADS, _FORM), headers=headers, status=401, end=End.UNKEPT)


def _forged(told: Told) -> Letter:
    """Signed, but another body than this one."""
    headers = signed(told, b"something else").headers
    return Letter(told.id, HOOK, filled(told, _FORM), headers, status=401, end=End.UNKEPT)


def _cut_though_signed(told: Told) -> Letter:
    return signed(told, filled(told, _FORM)[:-5], status=400, end=End.REJECTED)


def _signed_nothing(told: Told) -> Letter:
    return signed(told, json.dumps({"event_id": told.id}).encode(), end=End.QUARANTINED)


def _too_large(told: Told) -> Letter:
    huge = {"attributes": {"note": "x" * _TOO_LARGE}}
    return replace(ours(told, LEADS, huge), status=413, end=End.UNKEPT)


def _large(told: Told) -> Letter:
    return ours(told, LEADS, _FORM | {"attributes": {"note": "x" * _LARGE}})


POISON: dict[str, Maker] = {
    "before 1990": _unmappable(occurred_at="1980-01-01T00:00:00Z"),
    "about nobody": _unmappable(email=None),
    "a field too long": _unmappable(form="x" * _LONG),
    "cut short": _unreadable(lambda body: body[:-10]),
    "no UTF-8": _unreadable(lambda body: body.replace(b"Nobody", b"\xff\xfe")),
    "NUL": _unreadable(lambda body: body.replace(b"Nobody", rb"No\u0000body")),
    "no object": _unreadable(lambda body: json.dumps(body.decode()).encode(), status=422),
    "nested": _nested,
    "of a wrong type": _saying(422, email=7),
    "a structure as an attribute": _saying(422, attributes={"budget": {"from": 1}}),
    "a stranger's": _stranger,
    "forged": _forged,
    "signed and cut short": _cut_though_signed,
    "signed, saying nothing": _signed_nothing,
    "too large": _too_large,
    "large": _large,
}
