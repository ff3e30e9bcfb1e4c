"""Rows into PostgreSQL: one statement per table and batch, each row touched once."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never, cast, get_args, get_type_hints

from leadpact.kit.ports import Turn
from leadpact.kit.rebuild.models import Connection
from leadpact.reporting.domain.table import How, Json, Table
from leadpact.reporting.domain.tables import coalesced

if TYPE_CHECKING:
    from leadpact.kit.pg.turn import PgTurn

_TYPES: Mapping[Any, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    date: "date",
    datetime: "timestamptz",
    Json: "jsonb",
}


async def write_in_turn(turn: Turn, rows: Iterable[NamedTuple]) -> None:
    """Write a batch within a turn on PostgreSQL."""
    await write(cast("PgTurn", turn).connection, rows)


async def write(connection: Connection, rows: Iterable[NamedTuple]) -> None:
    """Write a batch inside the caller's transaction; tables and keys always in the same order."""
    for table, batch in coalesced(rows):
        columns = [[_storable(value) for value in column] for column in zip(*batch, strict=True)]
        await connection.execute(statement(table), *columns)


@cache
def statement(table: Table) -> str:
    """The upsert of a table, one array parameter per column."""
    types = column_types(table.row)
    names = ", ".join(types)
    arrays = ", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(types.values(), 1))
    key = ", ".join(table.key)
    put = f"insert into {table.name} ({names}) select * from unnest({arrays}) on conflict ({key}) do"  # noqa: S608 - names of our own tables
    match table.how:
        case How.FIRST:
            return f"{put} nothing"
        case How.SUM:
            return f"{put} update set {table.by} = {table.name}.{table.by} + excluded.{table.by}"
        case How.LATEST | How.EARLIEST:
            changes = ", ".join(f"{name} = excluded.{name}" for name in types if name not in table.key)
            stands = ">=" if table.how is How.LATEST else "<="
            return f"{put} update set {changes} where excluded.{table.by} {stands} {table.name}.{table.by}"
        case _:
            assert_never(table.how)


def column_types(row: type[Any]) -> dict[str, str]:
    """The columns of a row's table with their types in PostgreSQL."""
    return {name: _TYPES[_present(hint)] for name, hint in get_type_hints(row).items()}


def _present(hint: Any) -> Any:  # noqa: ANN401 - a type or an optional one
    if isinstance(hint, UnionType):
        return next(kind for kind in get_args(hint) if kind is not NoneType)
    return hint


def _storable(value: Any) -> Any:  # noqa: ANN401 - a column's value
    """PostgreSQL's text holds everything but NUL, which senders may well send."""
    if isinstance(value, str) and ("\x00" in value or "\\u0000" in value):
        return value.replace("\x00", "\ufffd").replace("\\u0000", "\ufffd")
    return value
