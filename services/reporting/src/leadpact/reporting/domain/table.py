"""What a read model's table is: a row's type, its key, and what becomes of a second row with the same key."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NewType

Json = NewType("Json", str)
"""JSON text for a jsonb column."""


class How(StrEnum):
    """What becomes of a second row with the same key."""

    FIRST = "first"
    """The first one stays."""
    LATEST = "latest"
    """The one with the highest `by` stays; of equals the later written."""
    EARLIEST = "earliest"
    """The one with the lowest `by` stays; of equals the later written."""
    SUM = "sum"
    """`by` is added up."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `by` is the column that `how` looks at. Each table is written from one topic only."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    how: How = How.FIRST
    by: str = ""

    def coalesce(self, rows: Iterable[Any]) -> list[Any]:
        """Give one row per key, as if each had been written after the other, sorted by key so that writers who meet
        lock in one order."""
        kept: dict[tuple[Any, ...], Any] = {}
        for row in rows:
            key = tuple(getattr(row, column) for column in self.key)
            kept[key] = self._second(kept[key], row) if key in kept else row
        return [kept[key] for key in sorted(kept)]

    def _second(self, old: Any, new: Any) -> Any:  # noqa: ANN401 - rows of this table's type
        if self.how is How.FIRST:
            return old
        before, after = getattr(old, self.by), getattr(new, self.by)
        if self.how is How.SUM:
            return new._replace(**{self.by: before + after})
        if self.how is How.EARLIEST:
            return new if after <= before else old
        return new if after >= before else old
