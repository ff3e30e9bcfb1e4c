"""The read models in memory come to the same rows as those in PostgreSQL, whatever is written in whatever batches."""

import asyncio
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.reporting.domain.table import Json, Table
from leadpact.reporting.domain.tables import TABLES
from leadpact.reporting.writing import write
from tests.doubles.models import MemoryModels

FEW: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["", "a"]),
    int: st.integers(0, 2),
    bool: st.booleans(),
    date: st.sampled_from([date(2026, 3, 1), date(2026, 3, 2)]),
    datetime: st.sampled_from([datetime(2026, 3, 2, 12, minute, tzinfo=UTC) for minute in range(3)]),
    Json: st.sampled_from([Json('"x"'), Json('{"a":[1,2]}')]),
    NoneType: st.none(),
}
"""So few of each that keys meet, and what decides which row stays."""


def rows(table: Table) -> st.SearchStrategy[NamedTuple]:
    """Rows of a table."""
    hints = get_type_hints(table.row)
    columns = {name: st.one_of([FEW[each] for each in get_args(hint) or (hint,)]) for name, hint in hints.items()}
    return st.builds(table.row, **columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_models_in_memory_are_those_in_postgresql(empty: str, table: Table) -> None:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(empty))

        @settings(max_examples=40)
        @given(st.lists(st.lists(rows(table), max_size=6), max_size=4))
        def alike(batches: list[list[NamedTuple]]) -> None:
            memory = MemoryModels()
            for batch in batches:
                memory.write(batch)
            kept = memory.tables[table.name].values()
            found = runner.run(_written(connection, table, batches))
            assert sorted(map(_comparable, kept), key=repr) == sorted(map(_comparable, found), key=repr)

        try:
            alike()
        finally:
            runner.run(connection.close())


async def _written(
    connection: "asyncpg.Connection[asyncpg.Record]", table: Table, batches: list[list[NamedTuple]]
) -> list[NamedTuple]:
    """The rows that are there once each batch is; then they are gone again."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        for batch in batches:
            await write(connection, batch)
        return [table.row(**row) for row in await connection.fetch(f"select * from {table.name}")]  # noqa: S608 - our own names
    finally:
        await transaction.rollback()


def _comparable(row: NamedTuple) -> list[object]:
    """Its values; PostgreSQL writes JSON with spaces."""
    hints = get_type_hints(type(row))
    return [msgspec.json.decode(value) if hints[name] is Json else value for name, value in row._asdict().items()]
