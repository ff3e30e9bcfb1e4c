"""What may be said of a record to who repairs: its place, times, ids, the names and shapes of its fields, no value.

Sealed or not, a value may be anybody's address; so may a name that no programmer would have chosen.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from leadpact.kit.rows import Record

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_CLEAR = {
    "id": re.compile(r"[0-9a-f-]{36}"),
    "lead": re.compile(r"[0-9a-f-]{36}|"),
    "type": re.compile(r"[a-z_]+(\.[a-z_]+)+"),
    "lane": re.compile(r"live|backfill"),
    **dict.fromkeys(("occurred_at", "received_at", "recorded_at"), re.compile(r"[0-9T:.+Z-]{20,40}")),
}
"""Fields of the envelope that are shown where they look like what they are to be."""
_DEEP, _MANY = 6, 100


def described(record: Record) -> dict[str, Any]:
    """Place, size, what the envelope says in the clear, and the shape of each field by its path."""
    value = _json(record.value)
    told = value if isinstance(value, dict) else {}
    clear = {name: told[name] for name, form in _CLEAR.items() if _is(told.get(name), form)}
    if isinstance(told.get("version"), int):
        clear["version"] = told["version"]
    fields = list(_fields(value, "", _DEEP))
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "bytes": len(record.value),
        "event": clear,
        "fields": dict(fields[:_MANY]) if value is not None else {"": "no JSON"},
        **({"more_fields": len(fields) - _MANY} if len(fields) > _MANY else {}),
    }


def _json(raw: bytes) -> Any:  # noqa: ANN401 - whatever stands there
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _is(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _fields(value: Any, path: str, deep: int) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever stands there
    if isinstance(value, dict) and value and deep:
        for number, (name, inner) in enumerate(value.items()):
            shown = name if _NAME.fullmatch(name) else f"({number}, a name of {len(name)} characters)"
            yield from _fields(inner, f"{path}.{shown}" if path else shown, deep - 1)
    else:
        yield path, _shape(value)


def _shape(value: Any) -> str:  # noqa: ANN401 - whatever stands there, one answer each
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case list():
            kinds = sorted({_shape(each).split(" of ")[0] for each in value})
            return f"a list of {len(value)}" + (f": {', '.join(kinds)}" if kinds else "")
        case _:
            return f"an object of {len(value)}"
