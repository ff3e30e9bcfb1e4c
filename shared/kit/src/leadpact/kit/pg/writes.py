"""Makes the writes of a turn, rows sorted; what is common in one statement, what is rare before it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from leadpact.kit.pg.outbox import NUMBERED, columns
from leadpact.kit.rows import Lease, Position, Slot, Stream
from leadpact.kit.turn import Writes

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

_JOIN = """
with joined as (update timer set lane = 'live' where consumer = $1 and slot = $2 and lane <> 'live')
update cell set lane = 'live' where consumer = $1 and slot = $2 and lane <> 'live'
"""
_UNPARK = """
delete from parked p using unnest($3::text[], $4::text[]) as d (key, by)
where p.consumer = $1 and p.slot = $2 and p.key = d.key and p.by = d.by
"""
_PARK = """
insert into parked (consumer, slot, key, by, reason, asked)
select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::boolean[])
on conflict (consumer, slot, key, by) do update set reason = excluded.reason, asked = excluded.asked
"""
_UNWAIT = """
delete from waiting w using (
    select number from waiting where consumer = $1 and slot = $2 and key = $3 order by number limit $4
) as done where w.consumer = $1 and w.slot = $2 and w.key = $3 and w.number = done.number
"""
_WAIT = """
insert into waiting (consumer, slot, key, topic, partition, "offset", record_key, value, seq)
select $1, $2, key, topic, partition, "offset", record_key, value, seq
from unnest($3::text[], $4::text[], $5::integer[], $6::bigint[], $7::bytea[], $8::bytea[], $9::bigint[])
with ordinality as w (key, topic, partition, "offset", record_key, value, seq, number) order by number
"""
_BURY = """
with noted as (
    insert into buried (consumer, topic, partition, "offset")
    select $1, * from unnest($2::text[], $3::integer[], $4::bigint[]) on conflict do nothing
)
insert into dead_letter (consumer, topic, partition, "offset", key, value, reason)
select $1, * from unnest($2::text[], $3::integer[], $4::bigint[], $5::bytea[], $6::bytea[], $7::text[])
"""
_EFFECTS = """
insert into effect (id, kind, payload) select id, kind, payload::jsonb
from unnest($1::text[], $2::text[], $3::text[]) as e (id, kind, payload) on conflict do nothing
"""
_SHARED = """
update shared s set data = n.data from unnest($1::text[], $2::bytea[]) as n (name, data) where s.name = n.name
"""
_TALLIES = """
insert into slot_tally as t (consumer, slot, name, number, seq, first_at)
select $1, $2, * from unnest($3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
on conflict (consumer, slot, name) do update
set number = t.number + excluded.number, seq = excluded.seq, first_at = least(t.first_at, excluded.first_at)
"""
# What nearly every turn writes, in one statement: asked one by one, they cost a small turn more than its facts do.
_MOVE = f"""
with moved as (
    update fence set turn = $3, positions = $4::text::jsonb, mark = $5, lane_mark = $6, joined = $7,
        lease_until = clock_timestamp() + interval '3 seconds'
    where consumer = $1 and slot = $2
),
cells as (
    insert into cell (consumer, slot, key, version, lane, data)
    select $1, $2, * from unnest($8::text[], $9::bigint[], $10::text[], $11::bytea[])
    on conflict (consumer, slot, key) do update
    set version = excluded.version, lane = excluded.lane, data = excluded.data
),
dropped as (
    delete from timer t using unnest($12::text[], $13::text[]) as d (key, name)
    where t.consumer = $1 and t.slot = $2 and t.key = d.key and t.name = d.name
),
timers as (
    insert into timer (consumer, slot, key, name, due, lane)
    select $1, $2, * from unnest($14::text[], $15::text[], $16::timestamptz[], $17::text[])
    on conflict (consumer, slot, key, name) do update set due = excluded.due, lane = excluded.lane
),
{NUMBERED.format("$18", "$19", "$20", "$21")}
select topic, partition, last from counted
"""  # noqa: S608 - parameters only


async def make(connection: "PoolConnectionProxy", lease: Lease, writes: Writes) -> dict[Stream, int]:
    """Write everything; `lease` is the one after the turn. Returns the last sequence of each stream written to."""
    slot = lease.slot
    if writes.lane_joins:
        await connection.execute(_JOIN, *slot)
    await _rare(connection, slot, writes)
    cells = [writes.cells[key] for key in sorted(writes.cells)]
    set_ = [timer for timer in writes.timers.values() if timer is not None]
    dropped = [name for name, timer in writes.timers.items() if timer is None]
    counted = await connection.fetch(
        _MOVE,
        *slot,
        lease.turn,
        _positions(lease),
        lease.mark,
        lease.lane_mark,
        lease.joined,
        *_columns(4, ((cell.key, cell.version, cell.lane.value, cell.data) for cell in cells)),
        *_columns(2, dropped),
        *_columns(4, ((timer.key, timer.name, timer.due, timer.lane.value) for timer in set_)),
        *columns(writes.out),
    )
    return {Stream(topic, partition): last for topic, partition, last in counted}


async def _rare(connection: "PoolConnectionProxy", slot: Slot, writes: Writes) -> None:
    await _parked(connection, slot, writes)
    if writes.dead:
        letters = (
            (r.topic, r.partition, r.offset, r.key, r.value, letter.reason.replace("\x00", "␀"))
            for letter in writes.dead
            for r in (letter.record,)
        )
        await connection.execute(_BURY, slot.consumer, *_columns(6, letters))
    if writes.effects:
        effects = ((e.id, e.kind, msgspec.json.encode(e.payload).decode()) for e in writes.effects)
        await connection.execute(_EFFECTS, *_columns(3, effects))
    if writes.shared:
        await connection.execute(_SHARED, *_columns(2, sorted(writes.shared.items())))
    if writes.tallies:
        tallies = ((name, tally.count, tally.seq, tally.first) for name, tally in sorted(writes.tallies.items()))
        await connection.execute(_TALLIES, *slot, *_columns(4, tallies))


async def _parked(connection: "PoolConnectionProxy", slot: Slot, writes: Writes) -> None:
    gone = [name for name, parked in writes.parked.items() if parked is None]
    if gone:
        await connection.execute(_UNPARK, *slot, *_columns(2, gone))
    rows = [(p.key, p.by, p.reason, p.asked) for p in writes.parked.values() if p is not None]
    if rows:
        await connection.execute(_PARK, *slot, *_columns(4, rows))
    for key, handled in writes.handled_waiting.items():
        await connection.execute(_UNWAIT, *slot, key, handled)
    if writes.waiting:
        waiting = ((key, r.topic, r.partition, r.offset, r.key, r.value, r.seq) for key, r in writes.waiting)
        await connection.execute(_WAIT, *slot, *_columns(7, waiting))


def _columns(many: int, rows: Iterable[tuple[Any, ...]]) -> Sequence[Sequence[Any]]:
    """Rows as so many columns, which is what `unnest` takes."""
    return list(zip(*rows, strict=True)) or [()] * many


def _positions(lease: Lease) -> str:
    return msgspec.json.encode(
        [[*stream, *msgspec.structs.astuple(at)] for stream, at in lease.positions.items()]
    ).decode()


def positions(raw: str) -> dict[Stream, Position]:
    """What `make` wrote."""
    rows: list[tuple[str, int, int, int]] = msgspec.json.decode(raw)
    return {Stream(topic, partition): Position(offset, seq) for topic, partition, offset, seq in rows}
