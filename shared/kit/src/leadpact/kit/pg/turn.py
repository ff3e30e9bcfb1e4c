"""A turn on PostgreSQL: reads by key, and the connection itself for handlers with tables of their own.

Every question costs a small turn as much as a dozen facts, so the parked keys come with the fence.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.kit.pg.writes import positions
from leadpact.kit.rows import Lease, ParkedKey, Record, SlotTallies, StoredCell, Tallied, Tally, Timer
from leadpact.kit.turn import WritingTurn

if TYPE_CHECKING:
    from asyncpg import Record as Row
    from asyncpg.pool import PoolConnectionProxy

_CELLS = "select key, version, lane, data from cell where consumer = $1 and slot = $2 and key = any($3::text[])"
_TIMERS = "select due, key, name, lane from timer where consumer = $1 and slot = $2 and key = any($3::text[])"
_DUE = """
select due, key, name, lane from timer t where consumer = $1 and slot = $2 and lane = $3 and due <= $4
and not exists (select from parked p where (p.consumer, p.slot, p.key) = (t.consumer, t.slot, t.key))
order by due, key, name limit $5
"""
_SHARE = "insert into shared (name, data) select name, '' from unnest($1::text[]) as n (name) on conflict do nothing"
_LOCK = "select name, data from shared where name = any($1::text[]) order by name for update"
_WAITING = """
select topic, partition, "offset", record_key, value, seq from waiting
where consumer = $1 and slot = $2 and key = $3 order by number limit $4
"""
_TALLIED = """
select f.slot, f.positions::text, f.mark, f.lane_mark is not null as in_lane, f.tallied_since,
       coalesce(c.version, 0) as controls, t.names, t.numbers, t.seqs, t.firsts,
       case when f.slot = 0 then c.data end as control
from fence f
left join cell c on (c.consumer, c.slot, c.key) = (f.consumer, f.slot, '')
cross join lateral (
    select array_agg(name) as names, array_agg(number) as numbers, array_agg(seq) as seqs, array_agg(first_at) as firsts
    from slot_tally where (consumer, slot) = (f.consumer, f.slot)
) t
where f.consumer = $1 order by f.slot
"""
_rows = msgspec.json.Decoder(list[tuple[str, str, str, bool]]).decode


class PgTurn(WritingTurn):
    """`connection` is within the turn's transaction; what is done on it is committed or taken back with the turn.

    `parked` is what the fence's query said of parked keys: JSON rows, or nothing.
    """

    def __init__(self, lease: Lease, connection: "PoolConnectionProxy", parked: str | None) -> None:
        super().__init__(lease)
        self.connection = connection
        self._parked = [ParkedKey(*row) for row in _rows(parked)] if parked else []

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that are known."""
        rows = await self.connection.fetch(_CELLS, *self.lease.slot, list(keys))
        return {key: StoredCell(key, version, Lane(lane), data) for key, version, lane, data in rows}

    async def timers(self, keys: Collection[str]) -> dict[str, list[Timer]]:
        """Timers set for these keys."""
        found: dict[str, list[Timer]] = {}
        for row in await self.connection.fetch(_TIMERS, *self.lease.slot, list(keys)):
            found.setdefault(row["key"], []).append(_timer(*row))
        return found

    async def due(self, lane: Lane, until: datetime, most: int) -> list[Timer]:
        """Timers of a lane due by an instant, in order, none of a parked key."""
        rows = await self.connection.fetch(_DUE, *self.lease.slot, lane.value, until, most)
        return [_timer(*row) for row in rows]

    async def lock(self, names: Collection[str]) -> dict[str, bytes]:
        """Lock shared rows, sorted, to the commit; a row never written is made to be locked, and left out."""
        wanted = sorted(names)
        await self.connection.execute(_SHARE, wanted)
        rows = await self.connection.fetch(_LOCK, wanted)
        return {name: data for name, data in rows if data}

    async def parked(self) -> list[ParkedKey]:
        """Every parked key of this slot."""
        return self._parked

    async def waiting(self, key: str, most: int) -> list[Record]:
        """The first records waiting behind a parked key, in order."""
        rows = await self.connection.fetch(_WAITING, *self.lease.slot, key, most)
        return [Record(*row) for row in rows]

    async def tallied(self, consumer: str) -> Tallied:
        """All slots of a consumer; one statement sees one snapshot."""
        rows = await self.connection.fetch(_TALLIED, consumer)
        return Tallied(tuple(map(_slot, rows)), next((row["control"] for row in rows if row["control"]), None))


def _slot(row: "Row") -> SlotTallies:
    told = zip(row["names"] or (), row["numbers"] or (), row["seqs"] or (), row["firsts"] or (), strict=True)
    return SlotTallies(
        slot=row["slot"],
        positions=positions(row["positions"]),
        mark=row["mark"],
        in_lane=row["in_lane"],
        since=row["tallied_since"],
        controls=row["controls"],
        tallies={name: Tally(number, seq, first) for name, number, seq, first in told},
    )


def _timer(due: datetime, key: str, name: str, lane: str) -> Timer:
    return Timer(due, key, name, Lane(lane))
