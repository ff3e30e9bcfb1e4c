"""A rebuild's tables on PostgreSQL: one connection, whose role may replace cells and timers and nothing else."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from leadpact.contracts.envelope import Lane
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.standing import PgOutbox, alone, halted, looking, stands
from leadpact.kit.rebuild.ports import Differences, Stands
from leadpact.kit.rows import Message, Slot, StoredCell, Stream, Timer

_SHOWN = 20
_AT_ONCE = 2_000
"""Rows that a statement takes."""
_BEGIN = ("delete from cell_next where consumer = $1", "delete from timer_next where consumer = $1")
# Nobody has counted what was just built: the server would take it for a handful, and look for each cell in all of them.
_BY_HASH = "set local enable_nestloop = off"
_CELLS = "select key, version, lane, data from cell_next where consumer = $1 and slot = $2 and key = any($3::text[])"
_DUE = """
select key from timer_next where consumer = $1 and slot = $2 and lane = 'live' and due <= $3
union select key from timer_next where consumer = $1 and slot = $2 and lane = 'backfill' and due <= $4
"""
_WRITE = """
insert into cell_next (consumer, slot, key, version, lane, data)
select $1, $2, * from unnest($3::text[], $4::bigint[], $5::text[], $6::bytea[])
on conflict (consumer, slot, key) do update
set version = excluded.version, lane = excluded.lane, data = excluded.data
"""
_DROP = "delete from timer_next where consumer = $1 and slot = $2 and key = any($3::text[])"
_SET = """
insert into timer_next (consumer, slot, key, name, due, lane)
select $1, $2, * from unnest($3::text[], $4::text[], $5::timestamptz[], $6::text[])
"""
_JOIN = (
    "update cell_next set lane = 'live' where consumer = $1 and slot = $2 and lane <> 'live'",
    "update timer_next set lane = 'live' where consumer = $1 and slot = $2 and lane <> 'live'",
)
_DIFFERENT_CELLS = """
select count(*) over () as all_of_them, key, l.version as lives, n.version as built,
    octet_length(l.data) as lives_bytes, octet_length(n.data) as built_bytes, l.lane as lives_lane, n.lane as built_lane
from (select * from cell where consumer = $1 and slot = $2) l
full join (select * from cell_next where consumer = $1 and slot = $2) n using (key)
where (l.version, l.lane) is distinct from (n.version, n.lane) or l.data is distinct from n.data
order by key limit $3
"""
_DIFFERENT_TIMERS = """
select count(*) over () as all_of_them, key, name, l.due as lives, n.due as built
from (select * from timer where consumer = $1 and slot = $2) l
full join (select * from timer_next where consumer = $1 and slot = $2) n using (key, name)
where (l.due, l.lane) is distinct from (n.due, n.lane) order by key, name limit $3
"""
_BUILT = "select count(*) from cell_next where consumer = $1 and slot = $2"
# What is the same is left as it is: a rebuild that finds nothing wrong writes next to nothing.
_CELLS_GO = """
delete from cell l where consumer = $1 and slot = $2
and not exists (select from cell_next n where (n.consumer, n.slot, n.key) = ($1, $2, l.key))
"""
_CELLS_COME = """
insert into cell as l (consumer, slot, key, version, lane, data)
select consumer, slot, key, version, lane, data from cell_next where consumer = $1 and slot = $2
on conflict (consumer, slot, key) do update
set version = excluded.version, lane = excluded.lane, data = excluded.data
where (l.version, l.lane, l.data) is distinct from (excluded.version, excluded.lane, excluded.data)
"""
_TIMERS_GO = """
delete from timer l where consumer = $1 and slot = $2
and not exists (select from timer_next n where (n.consumer, n.slot, n.key, n.name) = ($1, $2, l.key, l.name))
"""
_TIMERS_COME = """
insert into timer as l (consumer, slot, key, name, due, lane)
select consumer, slot, key, name, due, lane from timer_next where consumer = $1 and slot = $2
on conflict (consumer, slot, key, name) do update set due = excluded.due, lane = excluded.lane
where (l.due, l.lane) is distinct from (excluded.due, excluded.lane)
"""
_SWITCH = """
update fence set epoch = epoch + 1, owner = null, lease_until = '-infinity', shape = $3
where consumer = $1 and slot = $2
"""


@asynccontextmanager
async def rebuilding(dsn: str, consumer: str) -> AsyncIterator[asyncpg.Connection]:
    """The connection of a rebuild (`standing.alone`); what it has built of the consumer is gone at the end."""
    async with alone(dsn) as connection:
        yield connection
        for forget in _BEGIN:
            await connection.execute(forget, consumer)


class PgBeside:
    """The tables `cell_next` and `timer_next` of one slot."""

    def __init__(self, connection: asyncpg.Connection, slot: Slot, input_: Stream, output: Stream) -> None:
        self._connection = connection
        self._slot = slot
        self._input = input_
        self._output = output

    async def begin(self) -> None:
        """Forget what was built before."""
        with answering():
            for forget in _BEGIN:
                await self._connection.execute(forget, self._slot.consumer)

    async def stands(self) -> Stands:
        """How far the living slot is now."""
        with answering():
            return await stands(self._connection, self._slot, self._input, self._output)

    async def outbox(self, after: int, most: int) -> list[Message]:
        """Events behind a sequence that are not known to be published."""
        return await PgOutbox(self._connection, self._output).outbox(after, most)

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that were built."""
        with answering():
            rows = await self._connection.fetch(_CELLS, *self._slot, list(keys))
        return {key: StoredCell(key, version, Lane(lane), data) for key, version, lane, data in rows}

    async def due(self, live: datetime, lane_mark: datetime | None) -> list[str]:
        """Keys with a timer built that is due by now, on its lane."""
        with answering():
            rows = await self._connection.fetch(_DUE, *self._slot, live, lane_mark)
        return [row["key"] for row in rows]

    async def write(self, cells: Sequence[StoredCell], timers: Mapping[str, Sequence[Timer]]) -> None:
        """Put cells, and all the timers of these keys, in the place of what was built of them."""
        with answering():
            async with self._connection.transaction():
                await self._many(_WRITE, [(c.key, c.version, c.lane.value, c.data) for c in cells])
                await self._many(_DROP, [(key,) for key in timers])
                told = [(t.key, t.name, t.due, t.lane.value) for of_key in timers.values() for t in of_key]
                await self._many(_SET, told)

    async def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(rows), _AT_ONCE):
            columns = zip(*rows[start : start + _AT_ONCE], strict=True)
            await self._connection.execute(statement, *self._slot, *map(list, columns))

    async def join(self) -> None:
        """Every cell and timer built in a lane is live from here on."""
        with answering():
            for join in _JOIN:
                await self._connection.execute(join, *self._slot)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Stands]:
        """One snapshot of all tables; nobody waits for it."""
        async with looking(self._connection):
            yield await self.stands()

    @asynccontextmanager
    async def halted(self) -> AsyncIterator[Stands]:
        """Under the lock of the fence's row, which every turn of the slot begins with."""
        async with halted(self._connection, [self._slot]):
            yield await self.stands()

    async def compare(self) -> Differences:
        """What was built beside what lives."""
        cells = await self._connection.fetch(_DIFFERENT_CELLS, *self._slot, _SHOWN)
        timers = await self._connection.fetch(_DIFFERENT_TIMERS, *self._slot, _SHOWN)
        built: int = await self._connection.fetchval(_BUILT, *self._slot)
        first = [
            f"cell {row['key'] or '(control state)'}: lives {_seen(row, 'lives')}; built {_seen(row, 'built')}"
            for row in cells
        ]
        first += [
            f"timer {row['name']} of {row['key']}: lives {_at(row['lives'])}; built {_at(row['built'])}"
            for row in timers
        ]
        return Differences(built, _many(cells), _many(timers), tuple(first))

    async def switch(self, shape: int) -> tuple[int, int]:
        """Replace what differs, and bump the epoch: the live owner's next turn is fenced."""
        await self._connection.execute(_BY_HASH)
        cells = await self._done(_CELLS_GO) + await self._done(_CELLS_COME)
        timers = await self._done(_TIMERS_GO) + await self._done(_TIMERS_COME)
        await self._connection.execute(_SWITCH, *self._slot, shape)
        return cells, timers

    async def _done(self, statement: str) -> int:
        done: str = await self._connection.execute(statement, *self._slot)
        return int(done.rpartition(" ")[2])


def _many(rows: Sequence[asyncpg.Record]) -> int:
    return rows[0]["all_of_them"] if rows else 0


def _seen(row: asyncpg.Record, which: str) -> str:
    """A cell without its state."""
    if row[which] is None:
        return "none"
    return f"version {row[which]}, {row[f'{which}_bytes']} bytes, lane {row[f'{which}_lane']}"


def _at(instant: datetime | None) -> str:
    return instant.isoformat() if instant is not None else "none"
