"""Reporting's read models in memory, for runs without a database."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from leadpact.kit.ports import Turn
from leadpact.reporting.domain.tables import coalesced

Key = tuple[object, ...]


class MemoryModels:
    """`tables` has the rows of each table, by key."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Key, NamedTuple]] = defaultdict(dict)

    async def write_in_turn(self, turn: Turn, rows: Iterable[NamedTuple]) -> None:
        """Write a batch at once, for lines in which every turn is committed."""
        del turn
        self.write(rows)

    def write(self, rows: Iterable[NamedTuple]) -> None:
        """Write a batch; what stands there counts as written before it."""
        for table, batch in coalesced(rows):
            kept = self.tables[table.name]
            for row in batch:
                key = tuple(getattr(row, column) for column in table.key)
                before = [kept[key]] if key in kept else []
                (kept[key],) = table.coalesce([*before, row])
