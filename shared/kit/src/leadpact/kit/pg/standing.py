"""What every rebuild asks PostgreSQL: to be the only one of a schema, and how far a living slot has got."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from leadpact.kit.errors import Unbuildable
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.leases import lease_of
from leadpact.kit.pg.outbox import unpack
from leadpact.kit.pg.pool import CONNECTS_WITHIN
from leadpact.kit.rebuild.ports import Aside, Handed, Stands
from leadpact.kit.rows import Message, Slot, Stream

_ONE_AT_A_TIME = "select pg_try_advisory_lock(hashtext('leadpact.rebuild.' || current_schema()))"
_SHAPES = "select slot, shape from fence where consumer = $1 order by slot"
# Turns begin with the lock of their one row, and whoever locks several skips those that are locked.
_HALT = """
select from fence f join unnest($1::text[], $2::integer[]) as n (consumer, slot) using (consumer, slot)
order by consumer, slot for update of f
"""
_STANDS = """
select epoch, turn, positions::text, mark, lane_mark, joined,
    coalesce((select next_seq - 1 from stream where (topic, partition) = ($3, $4)), 0) as last,
    (select jsonb_agg(jsonb_build_array("offset", behind, number)) from buried b
     where (b.consumer, b.topic, b.partition) = ($1, $5, $6))::text as buried,
    (select jsonb_agg(jsonb_build_array(key, by)) from parked p
     where (p.consumer, p.slot) = ($1, $2))::text as parked,
    (select jsonb_agg(jsonb_build_array(key, "offset") order by number) from waiting w
     where (w.consumer, w.slot) = ($1, $2))::text as waiting
from fence where (consumer, slot) = ($1, $2)
"""
_OUTBOX = """
select last, body from outbox where (topic, partition) = ($1, $2) and last > $3 order by last limit $4
"""
_buried = msgspec.json.Decoder(list[tuple[int, int | None, int | None]]).decode
_parked = msgspec.json.Decoder(list[tuple[str, str]]).decode
_waiting = msgspec.json.Decoder(list[tuple[str, int]]).decode


@asynccontextmanager
async def alone(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The connection of the one rebuild that may go on in a schema.

    `dsn` is that of the schema's role for rebuilds. Raises `Unavailable`, `Unbuildable` where another rebuild goes on.
    """
    with answering():
        connection = await asyncpg.connect(dsn, timeout=CONNECTS_WITHIN)
        try:
            if not await connection.fetchval(_ONE_AT_A_TIME):
                raise Unbuildable("another rebuild of this service is going on")
            yield connection
        finally:
            await connection.close()


async def shapes(connection: asyncpg.Connection, consumer: str) -> dict[Slot, int]:
    """The shape of the cells of each slot that there is."""
    with answering():
        rows = await connection.fetch(_SHAPES, consumer)
    return {Slot(consumer, number): shape for number, shape in rows}


@asynccontextmanager
async def looking(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """One snapshot of all tables; nobody waits for it."""
    with answering():
        async with connection.transaction(isolation="repeatable_read"):
            yield


@asynccontextmanager
async def halted(connection: asyncpg.Connection, slots: Sequence[Slot]) -> AsyncIterator[None]:
    """These slots stand still until the end, and then all that was done is done at once, or nothing."""
    with answering():
        async with connection.transaction():
            await connection.execute(_HALT, [slot.consumer for slot in slots], [slot.number for slot in slots])
            yield


async def stands(connection: asyncpg.Connection, slot: Slot, input_: Stream, output: Stream) -> Stands:
    """How far a living slot is now: one statement, so one snapshot."""
    row = await connection.fetchrow(_STANDS, *slot, *output, *input_)
    if row is None:
        raise Unbuildable(f"there is no slot {slot.number} of {slot.consumer}")
    buried = {
        offset: Handed(behind, number) if behind is not None and number is not None else None
        for offset, behind, number in (_buried(row["buried"]) if row["buried"] else ())
    }
    return Stands(lease_of(slot, "", row), row["last"], buried, _aside(slot, row))


class PgOutbox:
    """What of a stream was committed and is not known to be in the log."""

    def __init__(self, connection: asyncpg.Connection, stream: Stream) -> None:
        self._connection = connection
        self._stream = stream

    async def outbox(self, after: int, most: int) -> list[Message]:
        """Events behind a sequence that are not known to be published."""
        with answering():
            rows = await self._connection.fetch(_OUTBOX, *self._stream, after, most)
        return [message for last, body in rows for message in unpack(body, last) if message.seq > after]


def _aside(slot: Slot, row: asyncpg.Record) -> Aside:
    waiting: dict[str, list[int]] = {}
    held: dict[str, set[str]] = {}
    for key, by in _parked(row["parked"]) if row["parked"] else ():
        if by == slot.consumer:
            waiting[key] = []
        else:
            held.setdefault(key, set()).add(by)
    for key, offset in _waiting(row["waiting"]) if row["waiting"] else ():
        waiting.setdefault(key, []).append(offset)
    return Aside(waiting, held)
