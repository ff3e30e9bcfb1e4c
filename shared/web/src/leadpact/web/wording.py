"""What pydantic says of a value in words that the person who wrote it understands; never the value itself."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_Words = Callable[[Mapping[str, Any]], str]

_WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        "missing": lambda _: "this is missing",
        "extra_forbidden": lambda _: "nothing of this name belongs here",
        "value_error": lambda told: str(told["error"]),
        "string_pattern_mismatch": lambda told: f"this is not of the form {_form(told['pattern'])}",
        "string_type": lambda _: "this is to be text",
        "string_too_short": lambda told: f"this has fewer than {told['min_length']} characters",
        "string_too_long": lambda told: f"this has more than {told['max_length']} characters",
        "int_type": lambda _: "this is to be a whole number",
        "int_parsing": lambda _: "this is to be a whole number",
        "int_from_float": lambda _: "this is to be a whole number",
        "float_type": lambda _: "this is to be a number",
        "float_parsing": lambda _: "this is to be a number",
        "bool_type": lambda _: "this is to be true or false",
        "bool_parsing": lambda _: "this is to be true or false",
        "list_type": lambda _: "this is to be a list",
        "dict_type": lambda _: "this is to be an object with fields",
        "model_type": lambda _: "this is to be an object with fields",
        "model_attributes_type": lambda _: "this is to be an object with fields",
        "too_short": lambda told: f"here are fewer than {told['min_length']}",
        "too_long": lambda told: f"here are more than {told['max_length']}",
        "literal_error": lambda told: f"this is to be {told['expected']}",
        "enum": lambda told: f"this is to be {told['expected']}",
        "uuid_parsing": lambda _: "this is no id of ours",
        "greater_than_equal": lambda told: f"this is to be at least {told['ge']}",
        "less_than_equal": lambda told: f"this is to be at most {told['le']}",
    }
)
_FORMS: Mapping[str, str] = MappingProxyType(
    {
        r"^[a-z0-9][a-z0-9_.-]{0,63}$": "of a name: up to 64 small letters, digits, . _ and -",
        r"^[a-z][a-z0-9_-]{0,63}$": "of a name: up to 64 small letters, digits, _ and -, a letter first",
        r"^[A-Z]{2}$": "of a country: two capital letters",
        r"^[A-Z]{3}$": "of a currency: three capital letters",
        r"^[0-9a-f]{64}$": "of a hash: 64 hexadecimal digits",
    }
)


def wording(error: Mapping[str, Any]) -> str:
    """The sentence for one of `ValidationError.errors()`; pydantic's own where none of ours is better."""
    words = _WORDS.get(error["type"])
    return words(error.get("ctx", {})) if words else str(error["msg"])


def _form(pattern: str) -> str:
    return _FORMS.get(pattern, pattern)
