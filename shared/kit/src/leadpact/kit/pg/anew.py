"""Tables made again on a rebuild's own connection: temporary ones that hide those that live behind their names.

So whoever writes rows there does it with the very statements that the service writes with; and nothing is left of them
when the connection is gone.
"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from leadpact.kit.pg.answering import answering
from leadpact.kit.rebuild.ports import Table, TableDifference

_SHOWN = 5
_ROOM = "set temp_buffers = '32MB'"
_COLUMNS = """
select array_agg(quote_ident(attname) order by attnum) from pg_attribute
where attrelid = format('%I.%I', $1::text, $2::text)::regclass and attnum > 0 and not attisdropped
"""
_SCHEMA = "select quote_ident(current_schema())"
# Nobody has counted what was just built: the server would take it for a handful, and look for each row in all of them.
_BY_HASH = "set local enable_nestloop = off"


class _Beside(NamedTuple):
    """Names for SQL of a table that lives and of the one beside it; `rest` are the columns outside its key."""

    name: str
    key: tuple[str, ...]
    lives: str
    built: str
    rest: tuple[str, ...]

    @property
    def same_key(self) -> str:
        """That a living row `l` and one that was built, `n`, have the same key."""
        return " and ".join(f"l.{column} = n.{column}" for column in self.key)

    @property
    def differs(self) -> str:
        """That they say something else, or that one of them is missing."""
        others = [f"l.{column} is distinct from n.{column}" for column in self.rest]
        return " or ".join([f"l.{self.key[0]} is null", f"n.{self.key[0]} is null", *others])


class PgAnew:
    """Tables of one schema beside those that live."""

    def __init__(self, connection: asyncpg.Connection, tables: Sequence[Table]) -> None:
        self._connection = connection
        self._tables = tables
        self._beside: list[_Beside] = []

    async def begin(self) -> None:
        """Make the tables, empty, with the columns and the key of those that live."""
        with answering():
            await self._connection.execute(_ROOM)
            schema: str = await self._connection.fetchval(_SCHEMA)
            for table in self._tables:
                columns: list[str] = await self._connection.fetchval(_COLUMNS, schema, table.name)
                lives, built = f"{schema}.{table.name}", f"pg_temp.{table.name}"
                key = ", ".join(table.key)
                await self._connection.execute(
                    f"create temp table {table.name} (like {lives} including defaults, primary key ({key}))"
                )
                rest = tuple(column for column in columns if column not in table.key)
                self._beside.append(_Beside(table.name, table.key, lives, built, rest))

    def lives(self, name: str) -> str:
        """How statements name the table that lives; by its own name they find the one beside it."""
        return next(each.lives for each in self._beside if each.name == name)

    async def counted(self) -> None:
        """Once most of it is built: tell the planner how much that is."""
        with answering():
            await self._connection.execute(f"analyze {', '.join(each.built for each in self._beside)}")

    async def compare(self) -> list[TableDifference]:
        """Within a transaction: what was built beside what lives."""
        await self._connection.execute(_BY_HASH)
        return [await self._compared(each) for each in self._beside]

    async def replace(self) -> list[TableDifference]:
        """Within a transaction that nobody else writes beside: what lives is what was built from its commit on.

        What is the same is left as it is: a rebuild that finds nothing wrong writes next to nothing.
        """
        await self._connection.execute(_BY_HASH)
        return [await self._replaced(each) for each in self._beside]

    async def _compared(self, each: _Beside) -> TableDifference:
        keys = ", ".join(f"{column}::text" for column in each.key)
        rows = await self._connection.fetch(
            f"select count(*) over () as all_of_them, concat_ws('/', {keys}) as key,"  # noqa: S608 - names of our own tables
            f" l.{each.key[0]} is not null as lives, n.{each.key[0]} is not null as built"
            f" from {each.lives} l full join {each.built} n using ({', '.join(each.key)})"
            f" where {each.differs} order by {', '.join(each.key)} limit {_SHOWN}"
        )
        first = tuple(f"{each.name} {row['key']}: {_how(row)}" for row in rows)
        return TableDifference(each.name, await self._built(each), rows[0]["all_of_them"] if rows else 0, first)

    async def _replaced(self, each: _Beside) -> TableDifference:
        gone = await self._done(
            f"delete from {each.lives} l where not exists (select from {each.built} n where {each.same_key})"  # noqa: S608 - names of our own tables
        )
        columns = ", ".join((*each.key, *each.rest))
        of_built = ", ".join(f"n.{column}" for column in (*each.key, *each.rest))
        changes = ", ".join(f"{column} = excluded.{column}" for column in each.rest)
        come = await self._done(
            f"insert into {each.lives} ({columns}) select {of_built}"  # noqa: S608 - names of our own tables
            f" from {each.built} n left join {each.lives} l on {each.same_key} where {each.differs}"
            f" on conflict ({', '.join(each.key)}) do {f'update set {changes}' if changes else 'nothing'}"
        )
        return TableDifference(each.name, await self._built(each), gone + come, ())

    async def _built(self, each: _Beside) -> int:
        number: int = await self._connection.fetchval(f"select count(*) from {each.built}")  # noqa: S608 - names of our own tables
        return number

    async def _done(self, statement: str) -> int:
        done: str = await self._connection.execute(statement)
        return int(done.rpartition(" ")[2])


def _how(row: asyncpg.Record) -> str:
    """What is said of a row that differs: nothing of what is in it."""
    if not row["lives"]:
        return "it is missing"
    return "it says something else than the log" if row["built"] else "the log knows nothing of it"
