"""The store of a service: turns under the fence, the outbox for relays, parked keys for people."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from leadpact.kit.errors import Fenced, Unavailable
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.leases import PgLeases
from leadpact.kit.pg.outbox import append, unpack
from leadpact.kit.pg.turn import PgTurn
from leadpact.kit.pg.writes import make
from leadpact.kit.rows import Lease, Message, ParkedKey, Slot, Stream, StreamMark, passes

_FENCE = """
select (
    select jsonb_agg(jsonb_build_array(key, by, reason, asked) order by since, key, by)
    from parked p where (p.consumer, p.slot) = (f.consumer, f.slot)
)::text from fence f where consumer = $1 and slot = $2 and epoch = $3 and turn = $4 for update
"""
_TIME = """
with free as (
    select consumer, slot, n.mark from fence f
    join unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::timestamptz[])
        as n (consumer, slot, epoch, turn, mark) using (consumer, slot)
    where (f.epoch, f.turn) = (n.epoch, n.turn)
    and not exists (
        select from timer t where (t.consumer, t.slot, t.lane) = (f.consumer, f.slot, 'live') and t.due <= n.mark
    )
    and not exists (select from parked p where (p.consumer, p.slot) = (f.consumer, f.slot) and p.asked)
    for update of f skip locked
)
update fence f set turn = f.turn + 1, mark = free.mark, lease_until = clock_timestamp() + interval '3 seconds'
from free where (f.consumer, f.slot) = (free.consumer, free.slot)
returning f.consumer, f.slot
"""
_PUBLISHED = """
select n.topic, n.partition, coalesce(r.published, 0)
from unnest($1::text[], $2::integer[]) as n (topic, partition) left join relayed r using (topic, partition)
"""
# Rows of a stream until they hold as many messages as asked for, and never none.
_OUTBOX = """
select o.topic, o.partition, o.last, o.body
from unnest($1::text[], $2::integer[], $3::bigint[]) as n (topic, partition, seq),
lateral (
    select *, sum(messages) over (order by last) - messages as before
    from outbox where topic = n.topic and partition = n.partition and last > n.seq order by last limit $4
) as o where o.before < $4 order by o.topic, o.partition, o.last
"""
_RECORD = """
with done as (select * from unnest($1::text[], $2::integer[], $3::bigint[]) as d (topic, partition, seq)),
noted as (
    insert into relayed as r (topic, partition, published) select * from done order by topic, partition
    on conflict (topic, partition) do update set published = greatest(r.published, excluded.published)
)
delete from outbox o using done d where o.topic = d.topic and o.partition = d.partition and o.last <= d.seq
"""
_MARKS = """
select n.topic, n.partition, coalesce(s.next_seq, 1) - 1, f.mark
from unnest($1::text[], $2::integer[], $3::text[], $4::integer[]) as n (consumer, slot, topic, partition)
join fence f using (consumer, slot) left join stream s using (topic, partition)
where f.mark > 'epoch'
"""
_PARKED = "select key, by, reason, asked from parked where consumer = $1 order by since, key, by"
_ASK = "update parked set asked = true where consumer = $1 and by = $1 and key = $2"


class PgStore(PgLeases):
    """Works in the schema that the pool's search path names."""

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[PgTurn]:
        """One transaction under the fence; its row is locked first, so that nobody claims the slot meanwhile."""
        with answering():
            async with self._pool.acquire() as connection, connection.transaction():
                fence = await connection.fetchrow(_FENCE, *lease.slot, lease.epoch, lease.turn)
                if fence is None:
                    raise Fenced(f"{lease.slot.consumer}/{lease.slot.number}: epoch {lease.epoch}, turn {lease.turn}")
                turn = PgTurn(lease, connection, fence[0])
                yield turn
                turn.lease = msgspec.structs.replace(turn.lease, turn=lease.turn + 1)
                turn.ends = await make(connection, turn.lease, turn.writes)

    async def pass_time(self, asked: Sequence[tuple[Lease, datetime]]) -> list[Lease]:
        """Move the marks of slots that have nothing else to do; one statement waits for nobody's lock."""
        rows = [(*lease.slot, lease.epoch, lease.turn, mark) for lease, mark in asked]
        with answering():
            passed = set(map(tuple, await self._pool.fetch(_TIME, *_columns(rows))))
        return [passes(lease, mark) for lease, mark in asked if lease.slot in passed]

    async def append(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Put messages into the outbox outside any turn; within a transaction of one's own, use `append`."""
        with answering():
            async with self._pool.acquire() as connection, connection.transaction():
                await append(connection, stream, messages)

    async def published(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """The last sequence each stream's relay has recorded as published."""
        with answering():
            rows = await self._pool.fetch(_PUBLISHED, *_columns(streams))
        return {Stream(topic, partition): seq for topic, partition, seq in rows}

    async def outbox(self, after: Mapping[Stream, int], most: int) -> dict[Stream, list[Message]]:
        """The next messages of each stream."""
        with answering():
            rows = await self._pool.fetch(_OUTBOX, *_columns((*stream, seq) for stream, seq in after.items()), most)
        found: dict[Stream, list[Message]] = {}
        for topic, partition, last, body in rows:
            found.setdefault(Stream(topic, partition), []).extend(unpack(body, last))
        return {stream: _behind(after[stream], told)[:most] for stream, told in found.items()}

    async def record_published(self, upto: Mapping[Stream, int]) -> None:
        """Note and delete what is published."""
        with answering():
            await self._pool.execute(_RECORD, *_columns((*stream, seq) for stream, seq in upto.items()))

    async def stream_marks(self, outputs: Mapping[Slot, Collection[Stream]]) -> list[StreamMark]:
        """The last sequence of each stream and the mark of the slot that writes it, from one snapshot."""
        wanted = [(*slot, *stream) for slot, streams in outputs.items() for stream in streams]
        if not wanted:
            return []
        with answering():
            rows = await self._pool.fetch(_MARKS, *_columns(wanted))
        return [StreamMark(*row) for row in rows]

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever somebody has appended outside a turn; raises `Unavailable` when the database is lost."""
        lost = asyncio.Event()
        with answering():
            async with self._pool.acquire() as connection:
                schema = await connection.fetchval("select current_schema()")

                def woken(*_: object) -> None:
                    wake()

                connection.add_termination_listener(lambda *_: lost.set())
                await connection.add_listener(f"appended_{schema}", woken)
                self.backend = connection.get_server_pid()
                try:
                    await lost.wait()
                finally:
                    self.backend = None
                    if not connection.is_closed():
                        await connection.remove_listener(f"appended_{schema}", woken)
        raise Unavailable("the connection that listens was lost")

    async def parked(self, consumer: str) -> list[ParkedKey]:
        """Every parked key of a consumer."""
        with answering():
            return [ParkedKey(*row) for row in await self._pool.fetch(_PARKED, consumer)]

    async def ask_unpark(self, consumer: str, key: str) -> bool:
        """Ask for a parked key's records to be handled again."""
        with answering():
            done: str = await self._pool.execute(_ASK, consumer, key)
        return done != "UPDATE 0"


def _behind(seq: int, told: list[Message]) -> list[Message]:
    """The messages after a sequence: a relay may have stopped in the midst of a row."""
    return told if told[0].seq > seq else told[seq + 1 - told[0].seq :]


def _columns(rows: Any) -> Any:  # noqa: ANN401 - rows of any tuples
    return zip(*rows, strict=True)
