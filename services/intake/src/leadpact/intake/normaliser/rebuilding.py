"""Identity made again from topic `leads`, beside the one that lives; all else that intake keeps stays as it is."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from leadpact.contracts.envelope import Envelope
from leadpact.contracts.errors import ContractError
from leadpact.contracts.topics import LEADS
from leadpact.intake.normaliser.handler import CONSUMER
from leadpact.intake.normaliser.pg import PgBooks
from leadpact.intake.normaliser.retelling import about, retold
from leadpact.kit.errors import Unbuildable
from leadpact.kit.pg.anew import PgAnew
from leadpact.kit.pg.standing import PgOutbox, alone, shapes
from leadpact.kit.ports import Log
from leadpact.kit.rebuild.listening import Told, from_the_start
from leadpact.kit.rebuild.ports import Table
from leadpact.kit.rebuild.remaking import CHUNK, remade
from leadpact.kit.rebuild.told import TableRebuilt, Tell
from leadpact.kit.rows import Stream

_TABLES = (
    Table("identity_key", ("hash",)),
    Table("person", ("lead",)),
    Table("conflict", ("lead", "other")),
    Table("control", ("single",)),
)
_ALL = sys.maxsize
_UNDATED = datetime.min.replace(tzinfo=UTC)
_STANDS = "select partition, next_seq - 1 from stream where topic = $1"
_BEGIN = """
insert into control (number) values (0);
create temp table older (lead uuid primary key)
"""
_OLDER = "insert into older select * from unnest($1::uuid[]) on conflict do nothing"
# Before keys rode in `leads` nothing but these tables said whom a key names.
_KEEP = """
insert into identity_key select * from {} l
where exists (select from older o where o.lead = l.lead) or (l.lead is null and exists (select from older))
on conflict do nothing
"""
_STAYS = "update control set moved_at = l.moved_at, listening = l.listening from {} l"


class Identity:
    """Whom keys name, what is kept of people, who is linked, and the number of the last control record."""

    async def outdated(self, dsn: str) -> bool:
        """Never: migrations change the layout of columns."""
        del dsn
        return False

    async def rebuild(self, dsn: str, log: Log, *, check: bool, tell: Tell) -> list[TableRebuilt]:
        """Rebuild it, or `check` whether that would change anything.

        `dsn` is that of the schema's role for rebuilds. Raises `Unbuildable`, `Unavailable`: then nothing that lives
        was changed, and doing it again is harmless.
        """
        async with alone(dsn) as connection, AsyncExitStack() as stack:
            slots = list(await shapes(connection, CONSUMER))
            if not slots:
                raise Unbuildable(f"{CONSUMER} has no slot: intake's worker has never run here")
            tables = PgAnew(connection, _TABLES)
            await tables.begin()
            await connection.execute(_BEGIN)
            told: list[Told] = []
            for number in range(LEADS.partitions):
                stream = Stream(LEADS.name, number)
                reader = await from_the_start(log, stream)
                stack.push_async_callback(reader.close)
                told.append(Told(reader, PgOutbox(connection, stream), stream))
            return await remade(connection, tables, slots, _Retelling(connection, tables, told, tell), check=check)


class _Retelling:
    """Partition after partition of `leads`, what is not published yet from the outbox."""

    def __init__(self, connection: asyncpg.Connection, tables: PgAnew, told: Sequence[Told], tell: Tell) -> None:
        self._connection = connection
        self._tables = tables
        self._told = told
        self._tell = tell
        self._folded = 0

    async def go_on(self) -> int:
        """Tell again what was told by now."""
        before = self._folded
        stands = dict(map(tuple, await self._connection.fetch(_STANDS, LEADS.name)))
        for number, last in sorted(stands.items()):
            while facts := await self._told[number].before(_ALL, last, CHUNK):
                await self._write(facts)
                self._folded += len(facts)
                self._tell(0, 1, self._folded, max(self._folded, sum(stands.values())))
        return self._folded - before

    async def end(self) -> None:
        """What the log never said stays as it is."""
        await self._connection.execute(_KEEP.format(self._tables.lives("identity_key")))
        await self._connection.execute(_STAYS.format(self._tables.lives("control")))

    async def _write(self, facts: Sequence[Envelope]) -> None:
        async with self._connection.transaction():
            books = PgBooks(self._connection)
            try:
                found = retold(facts, await books.known(about(facts)))
            except ContractError as error:
                message = f"a fact of our own cannot be read: {type(error).__name__}: {error}"
                raise Unbuildable(message) from error
            await books.write(found.changes, _UNDATED)
            await self._connection.execute(_OLDER, list(map(UUID, found.older)))
