"""Which words a field may hold, read from the shapes, so that whoever sent another one is told them.

A parser says that a value is none of those known, and must not say which value it was.
"""

from functools import cache
from typing import Any

from msgspec import inspect

from leadpact.contracts.errors import NONE_OF_THOSE


def worded(reason: str, kind: Any, value: object, pointer: str) -> str:  # noqa: ANN401 - a struct, or a union of them
    """The reason with the words that could have stood there; `value` is the item that is not of the kind `kind`."""
    if reason != NONE_OF_THOSE:
        return reason
    words = _at(_of(kind), value, pointer.split("/")[1:])
    return f"this is to be one of {', '.join(words)}" if words else reason


@cache
def _of(kind: Any) -> inspect.Type:  # noqa: ANN401 - what msgspec takes
    return inspect.type_info(kind)


def _at(kind: inspect.Type, value: object, steps: list[str]) -> list[str]:
    match kind:
        case inspect.UnionType(types=types):
            tagged = [each for each in types if isinstance(each, inspect.StructType) and each.tag is not None]
            if tagged and steps == [tagged[0].tag_field]:
                return [str(each.tag) for each in tagged]
            found = [_at(each, value, steps) for each in types if _is(each, value)]
            return next((words for words in found if words), [])
        case inspect.StructType(fields=fields) if steps and isinstance(value, dict):
            field = next((each for each in fields if each.encode_name == steps[0]), None)
            return _at(field.type, value.get(steps[0]), steps[1:]) if field else []
        case inspect.EnumType(cls=cls) if not steps:
            return [str(each.value) for each in cls]
        case _:
            return []


def _is(kind: inspect.Type, value: object) -> bool:
    """Whether a value is meant to be of this part of a union: its tag says so, if it has one."""
    if not isinstance(kind, inspect.StructType) or kind.tag is None:
        return True
    return isinstance(value, dict) and value.get(str(kind.tag_field)) == kind.tag
