"""JSON as we accept it: what PostgreSQL could not store or readers would see differently is unreadable.

Refused beside malformed text: NUL, lone surrogates, NaN and numbers beyond a double, depth beyond the parser's, a key
twice in one object. Three passes in C decide the common case; only what does not come back byte by byte is looked at in
Python.
"""

import json
import re
from math import isinf
from typing import Any, Never

import msgspec

from leadpact.contracts.errors import complaint
from leadpact.intake.errors import Unreadable

_BYTE = re.compile(r"\(byte (\d+)\)")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_TYPE = re.compile(r"Expected `(.*)`, got `(.*)`")
_BOUND = re.compile(r"Expected `(.*)` (<=|>=) (\S+)")
_SURROGATE = "the text holds a lone surrogate"
_TOO_LARGE = "the number is too large to be kept"
_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def read(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The value that these bytes say; raises `Unreadable`."""
    try:
        value = msgspec.json.decode(body)
        if msgspec.json.format(body, indent=-1) != msgspec.json.encode(value) or b"\\u0000" in body:
            _closely(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise _better(body, unreadable(error)) from error
    return value


def storable(value: object) -> None:
    """Raise `Unreadable` if a text in a value that no JSON brought could not be stored."""
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise Unreadable(_SURROGATE) from error
    if b"\\u0000" in raw and _has_nul(value):
        raise Unreadable("the text holds a NUL character")


def unreadable(error: Exception) -> Unreadable:
    """The parser's complaint as ours, with a JSON pointer (or the byte) where it says one."""
    if not isinstance(error, msgspec.MsgspecError | UnicodeDecodeError | RecursionError):
        return Unreadable("malformed JSON")
    says, place = complaint(error)
    if byte := _BYTE.search(says):
        return Unreadable(f"malformed JSON at byte {byte[1]}")
    return Unreadable(_worded(says), "".join(f"/{escaped(name or number)}" for name, number in _STEP.findall(place)))


def _better(body: bytes, found: Unreadable) -> Unreadable:
    """The complaint about a whole body, where Python's parser, which takes more, tells us more."""
    try:
        value = json.loads(body, parse_constant=_constant)
    except Unreadable as constant:
        return constant
    except (ValueError, RecursionError):
        return found
    if (place := _beyond_a_double(value)) is not None:
        return Unreadable(_TOO_LARGE, place)
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return Unreadable(_SURROGATE)
    except (ValueError, RecursionError):
        pass
    return found


def _beyond_a_double(value: object) -> str | None:
    """The JSON pointer of the first number that is, if one is."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        place, each = waiting.pop()
        match each:
            case float() if isinf(each):
                return place
            case list():
                waiting += reversed([(f"{place}/{number}", part) for number, part in enumerate(each)])
            case dict():
                waiting += reversed([(f"{place}/{escaped(name)}", part) for name, part in each.items()])
            case _:
                pass
    return None


def _worded(says: str) -> str:
    """The parser's sentence as ours: a sender need not know what we parse with."""
    if says == "Input data was truncated":
        return "malformed JSON: it ends too early"
    if says in ("Number out of range", "Integer value out of range"):
        return _TOO_LARGE
    if bound := _BOUND.fullmatch(says):
        wanted = _TYPES.get(bound[1], bound[1])
        return f"{wanted} of {'at most' if bound[2] == '<=' else 'at least'} {bound[3]} is expected"
    if field := _MISSING.fullmatch(says):
        return f"the field {field[1]} is missing"
    if types := _TYPE.fullmatch(says):
        wanted, came = (" or ".join(_TYPES.get(name, name) for name in part.split(" | ")) for part in types.groups())
        return f"{wanted} is expected, not {came}"
    return says


def escaped(step: str) -> str:
    """A step of a JSON pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def _closely(body: bytes) -> None:
    """Look at every key and text: slow, and only for bodies that are written in an unusual way."""
    json.loads(body, object_pairs_hook=_pairs, parse_constant=_constant)
    if b"\\u0000" in body and _has_nul(json.loads(body)):
        raise Unreadable("the text holds a NUL character")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("a key stands twice in one object")
        found[key] = value
    return found


def _constant(name: str) -> Never:
    raise Unreadable(f"{name} is no JSON number")


def _has_nul(value: object) -> bool:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                if "\0" in text:
                    return True
            case list(items):
                waiting.extend(items)
            case dict(fields):
                waiting.extend(fields)
                waiting.extend(fields.values())
            case _:
                pass
    return False
