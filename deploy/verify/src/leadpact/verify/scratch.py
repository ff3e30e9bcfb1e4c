"""Where what does not fit into memory waits: an SQLite database in a file that goes with the process."""

import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

_TABLES = """
create table story (lead text, topic integer, seq integer, place integer, value blob);
create table delivery (
    id text primary key, handled integer, expected integer, lane text, door text, entry text, source text, at integer
) without rowid;
create table hush (place text, source text, since integer, until integer);
create table outcome (delivery text, item integer, outcome text);
create table fact (delivery text, seq integer, id text, type text, lead text, other text, place text);
create table waits (id text primary key) without rowid;
create table expected (shelf text, key text, row text);
create table held (shelf text, key text, row text);
create table returned (id text, lead text, place text, handled integer, told text);
create table came (id text, cause text, place text, follows text, told text);
create table wanted (id text primary key, told text, quiet integer) without rowid;
create table unjudged (lead text primary key) without rowid;
create table asked (id text primary key, quiet integer) without rowid;
"""


class Scratch:
    """Rows in, rows in order out; nothing here is kept."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # "": a file of its own, removed by SQLite
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -65536;")
        self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def put(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows to a table."""
        batch = list(rows)
        if batch:
            marks = ", ".join("?" * len(batch[0]))
            self._db.execute("begin")
            self._db.executemany(f"insert or ignore into {table} values ({marks})", batch)  # noqa: S608 - our own table
            self._db.execute("commit")

    def rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """What a query finds, a row at a time."""
        return iter(self._db.execute(query, values))

    def run(self, statement: str) -> None:
        """Do something else."""
        self._db.execute(statement)

    def clear(self, table: str) -> None:
        """Forget a table's rows."""
        self._db.execute(f"delete from {table}")  # noqa: S608 - our own table
