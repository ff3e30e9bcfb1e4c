"""A database of its own with a quarter of plausible facts in its read models, through reporting's own rows."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from leadpact.embedded.waiting import run
from leadpact.kit import roles
from leadpact.kit.ids import fresh
from leadpact.kit.migrate import migrate
from leadpact.reporting.domain import leads, qualification, sla
from leadpact.reporting.writing import write
from leadpact.testkit.history import History, quarter

if TYPE_CHECKING:
    from leadpact.kit.decider import Fact

NOW = datetime(2026, 11, 17, 15, 42, tzinfo=UTC)
"""A Tuesday, 10:42 in New York."""
MARK = datetime(2026, 11, 17, 15, 41, 39, tzinfo=UTC)
MASTER = bytes(range(32))
_BATCH = 500


@cache
def recent() -> History:
    """Six weeks of a team that gets some 400 MQLs a month."""
    return quarter(NOW, days=45, leads=1_500)


@contextmanager
def database(postgres: str) -> Iterator[str]:
    """Address of an empty reporting schema for its role; the database is dropped afterwards."""
    name = f"reporting_{fresh().replace('-', '')}"
    address = f"{postgres.rpartition('/')[0]}/{name}"
    run(_execute(postgres, f"create database {name} strategy file_copy"))
    try:
        run(roles.provision(address, MASTER, ["reporting"]))
        dsn = roles.dsn(address, "reporting", roles.password(address, "reporting", MASTER))
        run(_migrate(dsn))
        yield dsn
        run(roles.remove(address, ["reporting"]))
    finally:
        run(_execute(postgres, f"drop database {name} with (force)"))


@contextmanager
def seeded(postgres: str, history: History, mark: datetime = MARK) -> Iterator[str]:
    """The same with a history in it, read up to `mark`."""
    with database(postgres) as dsn:
        run(seed(dsn, history, mark))
        yield dsn


async def clear(dsn: str) -> None:
    """Empty every table, ours and the kit's, and keep what was migrated."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select tablename from pg_tables where schemaname = current_schema() and tablename <> 'migration'"
        )
        await connection.execute(f"truncate {', '.join(row[0] for row in rows)}")
    finally:
        await connection.close()


async def stands_at(dsn: str, mark: datetime) -> None:
    """Say up to when all three consumers have read."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("update fence set mark = $1", mark)
    finally:
        await connection.close()


async def seed(dsn: str, history: History, mark: datetime = MARK) -> None:
    """Write a history as the three consumers would, and say how far they have come."""
    async with pool(dsn) as connections, connections.acquire() as connection:
        readers: list[tuple[Sequence[Fact], Callable[[Fact], Iterable[NamedTuple]]]] = [
            (history.leads, lambda fact: leads.rows(fact, 0)),
            (history.qualification, lambda fact: qualification.rows(fact, "qualifier")),
            (history.sla, lambda fact: sla.rows(fact, "sla-monitor")),
        ]
        for facts, rows in readers:
            for start in range(0, len(facts), _BATCH):
                async with connection.transaction():
                    await write(connection, [row for fact in facts[start : start + _BATCH] for row in rows(fact)])
        await connection.execute(
            "insert into fence (consumer, slot, mark) select 'reporting.' || topic, slot, $1 "
            "from unnest(array['leads', 'qualification', 'sla']) topic, generate_series(0, 7) slot",
            mark,
        )
        await connection.execute("analyze")


@asynccontextmanager
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections as reporting's role."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as connections:
        yield connections


async def _migrate(dsn: str) -> None:
    await migrate(dsn, "leadpact.kit.migrations", "leadpact.reporting.migrations")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
