"""The tables on PostgreSQL: one connection per schema, all of them on one exported snapshot."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import asyncpg
import msgspec

from leadpact.verify import models
from leadpact.verify.deliveries import Known, Outcome
from leadpact.verify.effects import Effect
from leadpact.verify.errors import Unreachable
from leadpact.verify.shelves import Row
from leadpact.verify.slots import Slot
from leadpact.verify.standing import Fence, Outgoing, Position, Standing
from leadpact.verify.state import Cell
from leadpact.verify.streams import Place
from leadpact.verify.timers import Timers
from leadpact.verify.turns import Shared
from leadpact.verify.volume import Tally

if TYPE_CHECKING:
    from types import TracebackType

SERVICES = ("intake", "qualifier", "sla_monitor", "reporting")
_BATCH = 1_000
_OUTCOMES_KEPT = timedelta(days=45)
_UNLIMITED = "set transaction_timeout = 0; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0"
_FENCES = "select consumer, slot, positions, mark, lane_mark, tallied_since from {0}.fence order by consumer, slot"
_OUTGOING = """
select s.topic, s.partition, s.next_seq - 1, coalesce(r.published, 0),
       (select coalesce(sum(messages), 0)::bigint from {0}.outbox o
        where (o.topic, o.partition) = (s.topic, s.partition) and o.last > coalesce(r.published, 0))
from {0}.stream s left join {0}.relayed r using (topic, partition) order by 1, 2
"""
_WAITS = """
select id::text from intake.unidentified
union all select id::text from intake.staged where lane like '%-aside'
"""
_ASIDE = """
select (select count(*) from {0}.parked where by = consumer) as "parked keys",
       (select count(*) from {0}.waiting) as "waiting records",
       (select count(*) from {0}.dead_letter) as "dead letters"
"""
_TEXTS = """
select 'dead_letter', reason from {0}.dead_letter union all select 'parked', reason from {0}.parked
union all select 'effect', coalesce(error, '') from {0}.effect
"""
_TIMERS = """
select consumer, key, array_agg(name order by name), array_agg(due order by name)
from {0}.timer where key <> '' group by consumer, slot, key
"""
_SLOTS = """
select consumer, slot, version, data from {0}.cell
where key = '' and consumer in ('qualifier', 'sla-monitor') and data <> '' order by consumer, slot
"""
_REFUSALS = """
select 'quarantine', reason || ' ' || pointer from intake.quarantine
union all select distinct 'outcome', reason || ' ' || pointer from intake.outcome where reason <> ''
"""


class Snapshot:
    """An instant of all schemas; `dsns` are addresses by schema."""

    def __init__(self, dsns: Mapping[str, str]) -> None:
        self._dsns = dsns
        self._connections: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Connect; raises `Unreachable`."""
        shared: str | None = None
        try:
            for schema in SERVICES:
                connection = await asyncpg.connect(self._dsns[schema], timeout=10)
                self._stack.push_async_callback(connection.close)
                await connection.execute(_UNLIMITED)
                transaction = connection.transaction(isolation="repeatable_read", readonly=True)
                await transaction.start()
                self._stack.push_async_callback(transaction.rollback)
                if shared is None:
                    shared = await connection.fetchval("select pg_export_snapshot()")
                else:
                    await connection.execute(f"set transaction snapshot '{shared}'")
                self._connections[schema] = connection
        except (OSError, asyncpg.PostgresError) as error:
            await self._stack.aclose()
            raise Unreachable(f"PostgreSQL does not let us in: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        await self._stack.aclose()

    async def fetch(self, schema: str, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows of a small table; raises `Unreachable` where a table is missing."""
        try:
            return await self._connections[schema].fetch(query, *values)
        except asyncpg.UndefinedTableError as error:
            raise Unreachable(f"there is no installation here: {error}") from error

    async def stream(self, schema: str, query: str, *values: object) -> AsyncIterator[list[asyncpg.Record]]:
        """Rows of a table of any size, in batches."""
        cursor = await self._connections[schema].cursor(query, *values)
        while batch := await cursor.fetch(_BATCH):
            yield batch

    async def standing(self) -> Standing:
        """Where every consumer stands."""
        fences: list[Fence] = []
        outgoing: list[Outgoing] = []
        aside: dict[str, int] = {}
        for schema in SERVICES:
            fences += [_fence(*row) for row in await self.fetch(schema, _FENCES.format(schema))]
            for topic, partition, *rest in await self.fetch(schema, _OUTGOING.format(schema)):
                outgoing.append(Outgoing(Place(topic, partition), *rest))
            for what, number in (await self.fetch(schema, _ASIDE.format(schema)))[0].items():
                aside[what] = aside.get(what, 0) + number
        return Standing(fences, outgoing, aside)

    async def known(self) -> Known:
        """What intake knows of deliveries besides their outcomes."""
        mark: datetime | None = await self._connections["intake"].fetchval(
            "select mark from intake.fence where consumer = 'normaliser'"
        )
        lanes = await self.fetch("intake", "select name, state from intake.lane")
        oldest = None if mark is None or mark.year <= 1970 else mark - _OUTCOMES_KEPT + timedelta(days=1)  # noqa: PLR2004 - marks begin there
        return Known(oldest, dict(map(tuple, lanes)))

    async def waiting(self) -> AsyncIterator[list[tuple[str]]]:
        """Ids of facts that wait for something and become none until then."""
        async for batch in self.stream("intake", _WAITS):
            yield [tuple(row) for row in batch]

    async def outcomes(self) -> AsyncIterator[list[Outcome]]:
        """What became of items."""
        async for batch in self.stream("intake", "select delivery::text, item, outcome from intake.outcome"):
            yield [Outcome(*row) for row in batch]

    async def cells(self) -> AsyncIterator[list[Cell]]:
        """The state of every lead in the qualifier and the sla-monitor."""
        for schema in ("qualifier", "sla_monitor"):
            query = f"select consumer, key, version, lane, data from {schema}.cell where key <> ''"  # noqa: S608 - our schemas
            async for batch in self.stream(schema, query):
                yield [Cell(*row) for row in batch]

    async def timers(self) -> AsyncIterator[list[Timers]]:
        """What leads wait for."""
        for schema in ("qualifier", "sla_monitor"):
            async for batch in self.stream(schema, _TIMERS.format(schema)):
                yield [Timers(*row) for row in batch]

    async def slots(self) -> list[Slot]:
        """The control state of every slot of the qualifier and the sla-monitor."""
        rows = [
            each for schema in ("qualifier", "sla_monitor") for each in await self.fetch(schema, _SLOTS.format(schema))
        ]
        return [Slot(*row) for row in rows]

    async def shared(self) -> list[Shared]:
        """What all slots of the sla-monitor share."""
        return [Shared(*row) for row in await self.fetch("sla_monitor", "select name, data from sla_monitor.shared")]

    async def models(self) -> AsyncIterator[list[Row]]:
        """Rows of the read models."""
        for table, (keys, names) in models.COLUMNS.items():
            columns = ", ".join((*keys, *names))
            async for batch in self.stream("reporting", f"select {columns} from reporting.{table}"):  # noqa: S608 - our tables
                yield [models.held(table, dict(row)) for row in batch]

    async def tallies(self) -> list[Tally]:
        """What the sla-monitor has counted."""
        rows = await self.fetch("sla_monitor", "select slot, name, number, seq from sla_monitor.slot_tally")
        return [Tally(*row) for row in rows]

    async def effects(self) -> AsyncIterator[list[Effect]]:
        """The ledgers of effects of all services."""
        for schema in SERVICES:
            async for batch in self.stream(schema, f"select id, kind from {schema}.effect"):  # noqa: S608 - our schemas
                yield [Effect(*row) for row in batch]

    async def texts(self) -> AsyncIterator[list[tuple[str, str]]]:
        """What tables say of errors."""
        for schema, query in (*((schema, _TEXTS.format(schema)) for schema in SERVICES), ("intake", _REFUSALS)):
            async for batch in self.stream(schema, query):
                yield [(f"{schema}.{table}", text) for table, text in batch]


def _fence(
    consumer: str, slot: int, positions: str, mark: datetime, lane_mark: datetime | None, counted_since: datetime
) -> Fence:
    rows: list[Any] = msgspec.json.decode(positions)
    stands = {Place(topic, partition): Position(offset, seq) for topic, partition, offset, seq in rows}
    return Fence(consumer, slot, stands, mark.astimezone(UTC), lane_mark, counted_since.astimezone(UTC))
