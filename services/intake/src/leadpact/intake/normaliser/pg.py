"""The books in PostgreSQL: one query per kind of thing and batch, within the turn's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from leadpact.intake import delivery as raw
from leadpact.intake.domain import entry as entries
from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser import listening, state
from leadpact.intake.normaliser.state import (
    SHARED,
    Asked,
    Behind,
    Changes,
    Drop,
    Known,
    LaneRow,
    Spooled,
    Staged,
    Waiting,
)

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

WAITING = timedelta(days=90)
OUTCOMES = timedelta(days=45)
HANDLED = timedelta(days=2)
_HANDLED = "update spool set handled_at = $2, value = '' where delivery = any($1) and handled_at is null"
# the server's time, which all owners share, as the leases do
_CONTROL = "select number, coalesce(now() - moved_at, interval '0'), listening from control"
_SET_CONTROL = """
update control set number = coalesce($1, number), moved_at = case when $2 then now() else moved_at end,
    listening = coalesce($3::jsonb, listening)
"""
_SPOOLED = """
select null::uuid as delivery, min(received_at) as oldest, false as handled
from spool where handled_at is null and delivery <> all($1)
union all
select delivery, null, handled_at is not null or exists (select 1 from outcome o where o.delivery = spool.delivery)
from spool where delivery = any($1)
"""


class PgBooks:
    """Reads and writes on the connection of a turn."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def sources(self) -> dict[str, Source]:
        """Every registered source by name."""
        rows = await self._connection.fetch("select name, zone, channel, mapping, clear from source")
        return {
            row["name"]: Source(
                row["name"],
                row["zone"],
                row["channel"],
                msgspec.json.decode(row["mapping"], type=dict[str, str]),
                frozenset(row["clear"]),
            )
            for row in rows
        }

    async def known(self, asked: Asked) -> Known:
        """What is known of these keys, and of every lead they belong to."""
        seen = await self._any("select hash from delivery_key where hash = any($1)", _bytes(asked.deliveries))
        keys = await self._any("select hash, lead from identity_key where hash = any($1)", _bytes(asked.keys))
        bindings = {row["hash"].hex(): _text(row["lead"]) for row in keys}
        leads = [UUID(lead) for lead in {*asked.leads, *bindings.values()} if lead != SHARED]
        people = await self._any("select data from person where lead = any($1)", leads)
        pairs = await self._any("select lead, other from conflict where lead = any($1) or other = any($1)", leads)
        quarantined = await self._any(
            "select id from quarantine where id = any($1) and settled_at is null", list(map(UUID, asked.redrives))
        )
        lanes = await self._any(f"{_LANES} where name = any($1)", list(asked.lanes))
        ((control, stood, heard),) = await self._connection.fetch(_CONTROL)
        return Known(
            seen=frozenset(row["hash"].hex() for row in seen),
            bindings=bindings,
            people={person.lead: person for person in (state.decode(row["data"]) for row in people)},
            waiting=await self._waiting(asked.visitors),
            conflicts=frozenset((str(row["lead"]), str(row["other"])) for row in pairs),
            quarantined=frozenset(str(row["id"]) for row in quarantined),
            lanes={row["name"]: _lane(row) for row in lanes},
            control=control,
            stood=stood,
            listening=listening.decode(heard),
        )

    async def spooled(self, deliveries: frozenset[str]) -> Spooled:
        """What the spool knows of these deliveries, and how old the others are."""
        rows = await self._connection.fetch(_SPOOLED, list(map(UUID, deliveries)))
        known = {str(row["delivery"]): row["handled"] for row in rows if row["delivery"] is not None}
        oldest = next(row["oldest"] for row in rows if row["delivery"] is None)
        return Spooled(oldest, frozenset(known), frozenset(id_ for id_, handled in known.items() if handled))

    async def releasing(self) -> LaneRow | None:
        """The lane that is being released, or has joined while something waits behind it."""
        row = await self._connection.fetchrow(f"{_LANES} where state in ('releasing', 'joining') order by name limit 1")
        return None if row is None else _lane(row)

    async def behind(self, most: int) -> list[Behind]:
        """The next visitors who wait behind a lane."""
        rows = await self._connection.fetch("select visitor, lead from behind order by visitor limit $1", most)
        return [Behind(row["visitor"].hex(), str(row["lead"])) for row in rows]

    async def staged(self, lane: LaneRow, most: int) -> list[Staged]:
        """The next staged entries of a lane."""
        after_at, after_id = lane.after or (datetime.fromisoformat("0001-01-02T00:00:00Z"), str(UUID(int=0)))
        rows = await self._connection.fetch(
            "select occurred_at, id, day, sealed from staged where lane = $1 and (occurred_at, id) > ($2, $3)"
            " order by occurred_at, id limit $4",
            lane.name,
            after_at,
            UUID(after_id),
            most,
        )
        return [Staged(lane.name, row["occurred_at"], str(row["id"]), row["day"], row["sealed"]) for row in rows]

    async def write(self, changes: Changes, now: datetime) -> None:
        """Make the changes of a turn."""
        await self._identity(changes)
        await self._outcomes(changes, now)
        await self._lanes(changes)
        if unspooled := list(map(UUID, changes.unspooled)):
            await self._connection.execute(_HANDLED, unspooled, now)
        if changes.control is not None or changes.moved or changes.listening is not None:
            heard = None if changes.listening is None else listening.encode(changes.listening).decode()
            await self._connection.execute(_SET_CONTROL, changes.control, changes.moved, heard)

    async def expire(self, today: date) -> None:
        """Forget what is older than we promised to keep it."""
        await self._connection.execute("delete from delivery_key where until < $1", today)
        await self._connection.execute("delete from unidentified where received_on < $1", today - WAITING)
        await self._connection.execute("delete from outcome where at < $1::date", today - OUTCOMES)
        await self._connection.execute("delete from spool where handled_at < $1::date", today - HANDLED)

    async def _identity(self, changes: Changes) -> None:
        await self._many(
            "insert into delivery_key select * from unnest($1::bytea[], $2::date[]) on conflict do nothing",
            [(bytes.fromhex(key), until) for key, until in changes.seen.items()],
        )
        await self._many(
            "insert into identity_key select * from unnest($1::bytea[], $2::text[], $3::uuid[])"
            " on conflict (hash) do update set lead = excluded.lead",
            [(bytes.fromhex(key), kind, _uuid(lead)) for key, (kind, lead) in changes.bindings.items()],
        )
        await self._many(
            "insert into person select * from unnest($1::uuid[], $2::bytea[])"
            " on conflict (lead) do update set data = excluded.data",
            [(UUID(lead), state.encode(person)) for lead, person in changes.people.items()],
        )
        await self._many(
            "insert into conflict select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing",
            [(UUID(lead), UUID(other)) for lead, other in changes.conflicts],
        )
        await self._many(
            "delete from unidentified u using unnest($1::bytea[], $2::uuid[]) as t(v, i)"
            " where u.visitor = t.v and u.id = t.i",
            [(bytes.fromhex(wait.visitor), UUID(wait.entry.id)) for wait in changes.joined],
        )
        await self._many(
            "insert into unidentified select *"
            " from unnest($1::bytea[], $2::uuid[], $3::date[], $4::bytea[], $5::bool[]) on conflict do nothing",
            [
                (
                    bytes.fromhex(w.visitor),
                    UUID(w.entry.id),
                    w.entry.received_at.date(),
                    entries.encode(w.entry),
                    w.history,
                )
                for w in changes.waits
            ],
        )
        await self._many(
            "insert into behind select * from unnest($1::bytea[], $2::uuid[]) on conflict do nothing",
            [(bytes.fromhex(each.visitor), UUID(each.lead)) for each in changes.behind],
        )
        await self._any("delete from behind where visitor = any($1)", _bytes(changes.followed))

    async def _outcomes(self, changes: Changes, now: datetime) -> None:
        await self._many(
            "insert into outcome (delivery, item, outcome, reason, pointer, import, row_number, fact, at)"
            " select *, $9"
            " from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::uuid[])"
            " on conflict do nothing",
            [
                (
                    UUID(each.delivery),
                    each.index,
                    each.outcome,
                    each.reason,
                    each.pointer,
                    each.imported,
                    each.row,
                    each.fact and UUID(each.fact),
                )
                for each in changes.ended
            ],
            now,
        )
        await self._many(
            "insert into quarantine (id, source, door, received_at, held_at, reason, pointer, delivery, import, ingest,"
            " item, place, row_number) select i, s, d, r, $13, w, p, b, f, g, n, l, z"
            " from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bytea[],"
            " $8::text[], $9::uuid[], $10::int[], $11::text[], $12::int[]) as t(i, s, d, r, w, p, b, f, g, n, l, z)"
            " on conflict do nothing",
            [
                (
                    UUID(held.id),
                    held.delivery.source,
                    held.delivery.door,
                    held.delivery.facts_received_at,
                    held.reason,
                    held.pointer,
                    raw.encode(held.delivery),
                    held.delivery.chunk and held.delivery.chunk.imported,
                    UUID(held.delivery.id),
                    held.index,
                    held.place,
                    held.delivery.chunk and held.delivery.chunk.first,
                )
                for held in changes.held
            ],
            now,
        )
        await self._many(
            "update quarantine set reason = t.r, pointer = t.p"
            " from unnest($1::uuid[], $2::text[], $3::text[]) as t(i, r, p) where id = t.i",
            [(UUID(id_), why.reason, why.pointer) for id_, why in changes.refused_again.items()],
        )
        await self._settle(changes.settled, now)
        await self._many(
            "insert into tally select * from unnest($1::text[], $2::text[], $3::bigint[])"
            " on conflict (name, outcome) do update set items = tally.items + excluded.items",
            [(name, outcome, items) for name, counts in changes.tallies.items() for outcome, items in counts.items()],
        )

    async def _settle(self, settled: Mapping[str, Drop | None], now: datetime) -> None:
        """What left quarantine; what was dropped is rejected where it was quarantined before."""
        await self._many(
            "update quarantine set settled_at = $4, dropped_by = t.w, drop_reason = t.r"
            " from unnest($1::uuid[], $2::text[], $3::text[]) as t(i, w, r) where id = t.i",
            [(UUID(id_), drop and drop.by, drop and drop.reason) for id_, drop in settled.items()],
            now,
        )
        await self._many(
            "update outcome set outcome = 'rejected', reason = t.r, pointer = ''"
            " from unnest($1::uuid[], $2::text[]) as t(i, r) join quarantine on id = t.i"
            " where outcome.delivery = quarantine.ingest and outcome.item = quarantine.item",
            [(UUID(id_), drop.says) for id_, drop in settled.items() if drop is not None],
        )

    async def _lanes(self, changes: Changes) -> None:
        if changes.staged:
            await self._connection.copy_records_to_table(
                "staged",
                records=[(row.lane, row.occurred_at, UUID(row.id), row.day, row.sealed) for row in changes.staged],
            )
        await self._many(
            "insert into lane select * from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::timestamptz[],"
            " $6::uuid[]) on conflict (name) do update set state = excluded.state, staged = excluded.staged,"
            " released = excluded.released, after_at = excluded.after_at, after_id = excluded.after_id",
            [(row.name, row.state, row.staged, row.released, *_after(row)) for row in changes.lanes.values()],
        )
        closed = [row.name for row in changes.lanes.values() if row.state == "closed"]
        if closed:
            await self._connection.execute("delete from staged where lane = any($1)", closed)

    async def _waiting(self, visitors: Iterable[str]) -> dict[str, tuple[Waiting, ...]]:
        rows = await self._any(
            "select visitor, data, history from unidentified where visitor = any($1)", _bytes(visitors)
        )
        found: dict[str, tuple[Waiting, ...]] = {}
        for row in rows:
            visitor = row["visitor"].hex()
            found[visitor] = (
                *found.get(visitor, ()),
                Waiting(visitor, entries.decode(row["data"]), row["history"]),
            )
        return found

    async def _any(self, query: str, values: list[Any]) -> "list[asyncpg.Record]":
        """Rows for any of these values; no query for none."""
        return await self._connection.fetch(query, values) if values else []

    async def _many(self, statement: str, rows: Sequence[tuple[Any, ...]], *others: object) -> None:
        """One statement for all rows, whose columns become arrays; nothing for none."""
        if rows:
            columns: list[object] = [list(column) for column in zip(*rows, strict=True)]
            await self._connection.execute(statement, *columns, *others)


_LANES = "select name, state, staged, released, after_at, after_id from lane"


def _lane(row: "asyncpg.Record") -> LaneRow:
    after = (row["after_at"], str(row["after_id"])) if row["after_at"] is not None else None
    return LaneRow(row["name"], row["state"], row["staged"], row["released"], after)


def _after(row: LaneRow) -> tuple[datetime | None, UUID | None]:
    return (row.after[0], UUID(row.after[1])) if row.after else (None, None)


def _bytes(hashes: Iterable[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


def _text(lead: UUID | None) -> str:
    return SHARED if lead is None else str(lead)


def _uuid(lead: str) -> UUID | None:
    return None if lead == SHARED else UUID(lead)
