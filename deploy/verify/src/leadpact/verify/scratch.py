"""Where what does not fit into memory waits: an SQLite database in a file that goes with the process."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_SHARED = {
    "delivery": """(
        id text primary key, handled integer, expected integer, lane text, door text, entry text, source text,
        at integer
    ) without rowid""",
    "hush": "(place text, source text, since integer, until integer)",
    "outcome": "(delivery text, item integer, outcome text)",
    "fact": "(delivery text, seq integer, id text, type text, lead text, other text, place text)",
    "expected": "(shelf text, key text, row text)",
    "held": "(shelf text, key text, row text)",
    "returned": "(id text, lead text, place text, handled integer, told text)",
    "came": "(id text, cause text, place text, follows text, told text)",
    "wanted": "(id text primary key, told text, quiet integer) without rowid",
    "unjudged": "(lead text primary key) without rowid",
    "arrived": "(key text, facts integer)",
    "asked": "(cause text, quiet integer)",
    "turn": "(team text, seen text, behind text)",
    "owning": "(team text, rep text)",
    "known": "(consumer text, slot integer, told text)",
}
_OWN = {
    "story": "(lead text, topic integer, seq integer, place integer, value blob)",
    "stood": "(topic integer, id blob, place integer, print integer)",
    "sought": "(topic integer, id blob, print integer, place text, missing text, other text)",
    "person": "(agreement text, month text, lead text, seq integer)",
}
"""A partition's own, out of the file that others take."""
_SPANNING = {
    "announced": "(topic text, partition integer, seq integer, mark integer)",
    "effect": "(id text, kind text)",
    "allowed": "(id text primary key, quiet integer) without rowid",
    "waits": "(id text primary key) without rowid",
    "standing_turn": "(team text, credits text)",
    "standing_load": "(team text, rep text, load integer)",
}
"""What spans partitions and waits for nobody else."""
_AT_ONCE = 2_000
_MEGABYTES = 8
"""Of pages that are kept in memory; and of rows, by each of the sorts (two at once at most) that go on meanwhile."""


class Scratch:
    """Rows in, rows in order out; nothing here is kept, but in a file that was asked for: another one takes it."""

    def __init__(self, file: Path | None = None) -> None:
        # "": a file of its own, removed by SQLite
        self._db = sqlite3.connect("" if file is None else file, isolation_level=None)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive;")
        self._db.executescript(f"pragma cache_size = -{_MEGABYTES * 1024};")
        for name, columns in _SHARED.items():
            self._db.execute(f"create table {name} {columns}")
        for name, columns in (_OWN | _SPANNING).items():
            self._db.execute(f"create temp table {name} {columns}")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        self._db.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._written()
            self._db.execute("commit")
        self._db.close()

    def put(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows to a table; of those with the same key the first one stays."""
        waiting = self._waiting.setdefault(table, [])
        waiting.extend(rows)
        if len(waiting) >= _AT_ONCE:
            self._write(table)

    def take(self, file: Path) -> None:
        """Add the rows of another scratch, which is closed."""
        self._written()
        self._db.execute("commit")  # nothing is attached within a transaction
        self._db.execute("attach ? as part", (str(file),))
        self._db.execute("begin")
        for table in _SHARED:
            self._db.execute(f"insert or ignore into main.{table} select * from part.{table}")  # noqa: S608 - our own table
        self._db.execute("commit")
        self._db.execute("detach part")
        self._db.execute("begin")

    def rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """What a query finds, a row at a time."""
        self._written()
        return iter(self._db.execute(query, values))

    def run(self, statement: str) -> None:
        """Do something else."""
        self._written()
        self._db.execute(statement)

    def clear(self) -> None:
        """Forget what is one partition's own."""
        for table in _OWN:
            self._waiting.pop(table, None)
            self._db.execute(f"delete from {table}")  # noqa: S608 - our own table

    def _written(self) -> None:
        for table in self._waiting:
            self._write(table)

    def _write(self, table: str) -> None:
        rows = self._waiting[table]
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"insert or ignore into {table} values ({marks})", rows)  # noqa: S608 - our own table
            rows.clear()
