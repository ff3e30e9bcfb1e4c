"""Lists in pages that stay right while rows come in: a cursor names the last row seen, not how many were."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, TypeAdapter, ValidationError

from leadpact.web.errors import Fault, Problem

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200)]
"""The type of a `limit` parameter; give it a default."""


class Page(BaseModel, Generic[T]):
    """One page, and the cursor of the next if there is one."""

    items: list[T]
    next: str | None


class Cursors(Generic[T]):
    """Opaque texts for positions of one type, such as `tuple[datetime, str]`: the sort key of a row."""

    def __init__(self, kind: type[T]) -> None:
        """Take the positions' type, which pydantic must know."""
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def encode(self, position: T) -> str:
        """Give the cursor of a position."""
        return urlsafe_b64encode(self._adapter.dump_json(position)).decode().rstrip("=")

    def decode(self, cursor: str) -> T:
        """Give the position of a cursor; Problem 400 for a text that is none of ours."""
        try:
            position = self._adapter.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            _check(position)
        except (ValueError, OverflowError, ValidationError) as error:
            detail = "not a cursor of this list: take it from the page before"
            raise Problem(400, "Bad Request", detail=detail, errors=(Fault("cursor", detail, "parameter"),)) from error
        return position


def page(rows: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """Make a page of `limit` items from the rows after a position, of which one more than `limit` was asked for."""
    items = list(rows[:limit])
    return Page(items=items, next=cursor(items[-1]) if len(rows) > limit else None)


def _check(position: object) -> None:
    """Raise `ValueError` or `OverflowError` for what no row can hold, though it is of the right type."""
    for part in position if isinstance(position, tuple) else (position,):
        if isinstance(part, str) and "\x00" in part:
            raise ValueError("NUL")
        if isinstance(part, datetime):
            if part.tzinfo is None:
                raise ValueError("a time without a zone")
            part.astimezone(UTC)
