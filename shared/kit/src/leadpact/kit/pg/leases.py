"""Who owns which slot: rows with a lease by the server's clock, so that workers' clocks need not agree."""

from collections.abc import Collection, Mapping

import asyncpg

from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.writes import positions
from leadpact.kit.rows import Attendance, Lease, Slot

_ENSURE = """
insert into fence (consumer, slot, shape) select $1, slot, $3 from generate_series(0, $2 - 1) as slot
on conflict do nothing
"""
# An owner that was killed is gone with its connection, long before its leases run out.
_SEEN = """
with gone as (
    select consumer, owner from worker w where owner <> $2 and (
        seen < clock_timestamp() - interval '1 minute'
        or (backend is not null and not exists (select from pg_stat_get_activity(w.backend)))
    ) for update skip locked
),
forgotten as (delete from worker w using gone g where (w.consumer, w.owner) = (g.consumer, g.owner)),
freed as (
    update fence f set lease_until = '-infinity' from (
        select f.consumer, f.slot from fence f join gone g using (consumer, owner) for update of f skip locked
    ) as free where (f.consumer, f.slot) = (free.consumer, free.slot)
)
insert into worker (consumer, owner, seen, backend, shape) values ($1, $2, clock_timestamp(), $3, $4)
on conflict (consumer, owner) do update set seen = excluded.seen, backend = excluded.backend
"""
# Only what the owner knows to be its own: where the answer to a claim was lost, nobody works on the slot, and its lease
# has to run out. A row that is locked is in a turn, and a turn renews its own lease.
_RENEW = """
update fence f set lease_until = clock_timestamp() + interval '3 seconds'
from (
    select consumer, slot from fence join unnest($3::integer[], $4::bigint[]) as held (slot, epoch) using (slot, epoch)
    where consumer = $1 and owner = $2 for update of fence skip locked
) as mine
where (f.consumer, f.slot) = (mine.consumer, mine.slot)
"""
_HELD = "select slot, epoch from fence where consumer = $1 and owner = $2"
# Who asks is alive, even if the answer took so long that its own row looks old by now.
_SHARE = """
select ceil(
    count(*) filter (where shape = $3)::numeric
    / (1 + (select count(*) from worker where consumer = $1 and owner <> $2 and shape = $3
            and seen > clock_timestamp() - interval '3 seconds'))
)::integer as share, count(*) filter (where shape <> $3) as others from fence where consumer = $1
"""
_CLAIM = """
with free as (
    select consumer, slot from fence
    where consumer = $1 and shape = $5
    and (lease_until < clock_timestamp() or (owner = $2 and slot <> all($3::integer[])))
    order by slot limit $4 for update skip locked
)
update fence f set owner = $2, epoch = epoch + 1, lease_until = clock_timestamp() + interval '3 seconds'
from free where (f.consumer, f.slot) = (free.consumer, free.slot)
returning f.slot, f.epoch, f.turn, f.positions::text, f.mark, f.lane_mark, f.joined
"""
_RELEASE = """
update fence set owner = null, lease_until = '-infinity'
where consumer = $1 and slot = $2 and owner = $3 and epoch = $4
"""
_LEAVE = "delete from worker where consumer = $1 and owner = $2"


class PgLeases:
    """The half of the store that is about ownership.

    `backend` is the server process that the connection talks to on which this process listens, while it does.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.backend: int | None = None

    async def ensure(self, consumer: str, slots: int, shape: int = 1) -> None:
        """Make the slots of a consumer that do not exist yet."""
        with answering():
            await self._pool.execute(_ENSURE, consumer, slots, shape)

    async def attend(self, consumer: str, owner: str, held: Mapping[int, int], shape: int = 1) -> Attendance:
        """Say that the owner lives, renew the leases that it holds.

        Leases of owners whose connections are gone end.
        """
        with answering():
            async with self._pool.acquire() as connection:
                await connection.execute(_SEEN, consumer, owner, self.backend, shape)
                await connection.execute(_RENEW, consumer, owner, list(held.keys()), list(held.values()))
                rows = await connection.fetch(_HELD, consumer, owner)
                (shared,) = await connection.fetch(_SHARE, consumer, owner, shape)
        epochs = {row["slot"]: row["epoch"] for row in rows}
        kept = {number for number, epoch in held.items() if epochs.get(number) == epoch}
        return Attendance(kept, shared["share"], shared["others"])

    async def claim(self, consumer: str, owner: str, held: Collection[int], most: int, shape: int = 1) -> list[Lease]:
        """Take slots whose lease has run out and that nobody is in a turn of."""
        with answering():
            rows = await self._pool.fetch(_CLAIM, consumer, owner, list(held), most, shape)
        return [
            lease_of(Slot(consumer, row["slot"]), owner, row) for row in sorted(rows, key=lambda row: int(row["slot"]))
        ]

    async def release(self, lease: Lease) -> None:
        """Give a slot back, if it is still held."""
        with answering():
            await self._pool.execute(_RELEASE, *lease.slot, lease.owner, lease.epoch)

    async def leave(self, consumer: str, owner: str) -> None:
        """The owner no longer counts among the live ones."""
        with answering():
            await self._pool.execute(_LEAVE, consumer, owner)


def lease_of(slot: Slot, owner: str, row: asyncpg.Record) -> Lease:
    """A slot as the columns of its fence row say."""
    return Lease(
        slot=slot,
        owner=owner,
        epoch=row["epoch"],
        turn=row["turn"],
        positions=positions(row["positions"]),
        mark=row["mark"],
        lane_mark=row["lane_mark"],
        joined=row["joined"],
    )
