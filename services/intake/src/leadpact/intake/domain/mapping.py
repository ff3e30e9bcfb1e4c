"""A mapping document: which column, expression or constant fills which field of our shapes, and as what type."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import jmespath
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from leadpact.intake.domain import strict, times
from leadpact.intake.domain.sources import bring
from leadpact.intake.errors import BadMapping, Unmappable, Unreadable

Kind = Literal["lead", "behaviour", "touch", "deal", "owner", "consent"]
Row = Mapping[str, str]
LONGEST = 20_000
"""Characters of a document: it rides with every part of a file."""
_DEEPEST = 3
_TRUE, _FALSE = frozenset(("true", "yes", "y", "1", "t")), frozenset(("false", "no", "n", "0", "f"))


class Field(BaseModel):
    """Where a field comes from: exactly one of `column`, `path` (JMESPath over the row) and `value`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    column: str | None = None
    path: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    value: str | int | float | bool | None = None
    type: Literal["text", "int", "float", "bool", "time"] = "text"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, told: object) -> object:
        """A bare text names a column."""
        return {"column": told} if isinstance(told, str) else told

    @model_validator(mode="after")
    def _one(self) -> "Field":
        if sum(each is not None for each in (self.column, self.path, self.value)) != 1:
            raise ValueError("give exactly one of column, path and value")
        return self


class Document(BaseModel):
    """The YAML of a mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    zone: str | None = None
    fields: dict[str, Field]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping ready for use: what a row becomes, target by target."""

    kind: Kind
    fields: tuple[tuple[str, Callable[[Row], Any]], ...]


class _Loader(yaml.SafeLoader):
    """What looks like a date is text, as it is in a file."""


_Loader.yaml_implicit_resolvers = {
    letter: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def document(text: str) -> Document:
    """The document that this YAML is; raises `BadMapping`."""
    try:
        told = Document.model_validate(_plain(text))
        strict.storable(told.model_dump())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = first["loc"][:3]  # what follows names a type, not a place
        raise BadMapping(first["msg"], "".join(f"/{strict.escaped(str(part))}" for part in place)) from error
    except Unreadable as error:
        raise BadMapping(error.reason) from error
    return told


def _plain(text: str) -> object:
    """The data of a text without tags, aliases and depth, which may be of any type, grow, or read for ever."""
    if len(text) > LONGEST:
        raise BadMapping(f"a mapping has at most {LONGEST} characters")
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
                raise BadMapping("tags and aliases are not for mappings: write it out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise BadMapping(f"a mapping is at most {_DEEPEST} levels deep")
        return _Loader(text).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:  # the latter two: odd numbers, escapes
        raise BadMapping(f"the mapping is no YAML{_line(error)}") from error


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""


def check(text: str, header: list[str]) -> None:
    """Raise `BadMapping` if the document is none, names a column that the file lacks, or fills what nobody reads."""
    compiled(text)
    told = document(text)
    for target, field in told.fields.items():
        if not bring.fits(told.kind, target):
            raise BadMapping(f"a {told.kind} has no such field", f"/fields/{strict.escaped(target)}")
        if field.column is not None and field.column not in header:
            raise BadMapping(f"the file has no column {field.column!r}", f"/fields/{strict.escaped(target)}")


@lru_cache(maxsize=64)
def compiled(text: str) -> Mapped:
    """The mapping that this YAML means; raises `BadMapping`."""
    told = document(text)
    try:
        zone = times.zone(told.zone) if told.zone is not None else None
    except Unmappable as error:
        raise BadMapping(error.reason, "/zone") from error
    return Mapped(told.kind, tuple((target, _getter(target, field, zone)) for target, field in told.fields.items()))


def _getter(target: str, field: Field, zone: ZoneInfo | None) -> Callable[[Row], Any]:
    typed = _TYPES[field.type]
    if zone is not None and (field.type == "time" or target == "occurred_at"):
        typed = _local(zone)
    if field.value is not None:
        constant = field.value
        return lambda _: constant
    if field.column is not None:
        column = field.column
        return lambda row: typed(row.get(column), target)
    try:
        search = jmespath.compile(field.path or "").search
    except (ValueError, RecursionError) as error:  # its own errors are ValueErrors
        raise BadMapping("this is no JMESPath expression", f"/fields/{strict.escaped(target)}/path") from error

    def found(row: Row) -> Any:  # noqa: ANN401 - any JSON
        try:
            return typed(search(row), target)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
            # not in its own words: they repeat the row
            raise Unmappable(f"the expression fails on this row: {type(error).__name__}", f"/{target}") from error

    return found


def _text(value: Any, target: str) -> str | None:  # noqa: ANN401 - any JSON
    del target
    return None if value is None else str(value).strip() or None


def _int(value: Any, target: str) -> int | None:  # noqa: ANN401 - any JSON
    number = _float(value, target)
    if number is not None and number != int(number):
        raise Unmappable("a whole number is expected", f"/{target}")
    return None if number is None else int(number)


def _float(value: Any, target: str) -> float | None:  # noqa: ANN401 - any JSON
    text = _text(value, target)
    try:
        number = None if text is None else float(text)
    except ValueError as error:
        raise Unmappable("a number is expected", f"/{target}") from error
    if number is not None and not math.isfinite(number):
        raise Unmappable("a finite number is expected", f"/{target}")
    return number


def _bool(value: Any, target: str) -> bool | None:  # noqa: ANN401 - any JSON
    text = (_text(value, target) or "").casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text:
        raise Unmappable("true or false is expected", f"/{target}")
    return None


def _local(zone: ZoneInfo) -> Callable[[Any, str], str | None]:
    """A time with its zone, where the document says which."""

    def typed(value: Any, target: str) -> str | None:  # noqa: ANN401 - any JSON
        text = _text(value, target)
        return None if text is None else times.read(text, zone, f"/{target}").isoformat()

    return typed


_TYPES: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "time": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
}
