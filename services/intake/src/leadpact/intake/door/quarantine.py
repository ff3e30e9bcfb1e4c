"""`/v1/quarantine`: what could not be mapped; trying it again and giving it up go through the raw log."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Chunk, Delivery
from leadpact.intake.domain import mapping as documents
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.errors import Unmappable
from leadpact.kit.access import Authority, Caller, Role, Scope, allowed
from leadpact.kit.ids import fresh
from leadpact.kit.vault import Safe
from leadpact.web.errors import Problem
from leadpact.web.paging import Cursors, Limit, Page, page

_WAITING = """
select q.id, q.source, door, received_at, held_at, reason, place || pointer as pointer, ingest, item, import, filename,
    row_number as row
from quarantine q left join import on import.id = q.import
where settled_at is null and (held_at, q.id) > ($1, $2) and (import = $3 or $3 is null) order by held_at, q.id limit $4
"""
_FIRST = (datetime.fromisoformat("1970-01-01T00:00:00Z"), UUID(int=0))


class Quarantined(BaseModel):
    """An item in quarantine, without what it says.

    `pointer` leads from the body of the delivery `ingest` to the field, or to the `item`; of a file's row, `import` is
    the one that brought it and `row` its number, 1 for the first behind the header.
    """

    id: UUID
    source: str
    door: str
    received_at: datetime
    held_at: datetime
    reason: str
    pointer: str
    ingest: UUID | None
    item: int | None
    imported: Annotated[str | None, Field(alias="import")]
    filename: str | None
    row: int | None


class Again(BaseModel):
    """How to try again: a row of a file by a mapping other than its import's."""

    model_config = ConfigDict(extra="forbid")

    mapping: Annotated[str, Field(max_length=documents.LONGEST)] | None = None


class Drop(BaseModel):
    """Why an item is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(pattern=r"^[^\x00]{1,500}$")]


class Tried(BaseModel):
    """The delivery by which an item is tried again, or given up."""

    ingest: UUID


def router(authority: Authority, acceptor: Acceptor, pool: asyncpg.Pool, safe: Safe) -> APIRouter:
    """The routes of quarantine."""
    routes = APIRouter(prefix="/v1/quarantine")
    reader = Annotated[Caller, Depends(allowed(authority, Scope.READ))]
    cursors: Cursors[tuple[datetime, UUID]] = Cursors(tuple[datetime, UUID])

    @routes.get("")
    async def waiting(
        caller: reader,
        limit: Limit = 50,
        cursor: Annotated[str | None, Query()] = None,
        imported: Annotated[str | None, Query(alias="import", pattern=r"^[^\x00]*$")] = None,
    ) -> Page[Quarantined]:
        """What waits, oldest first; of one import if it is named."""
        del caller
        after = cursors.decode(cursor) if cursor else _FIRST
        rows = await pool.fetch(_WAITING, *after, imported, limit + 1)
        items = [Quarantined(**dict(row)) for row in rows]
        return page(items, limit, lambda item: cursors.encode((item.held_at, item.id)))

    @routes.post("/{item}/redrive", status_code=202)
    async def redrive(caller: reader, item: UUID, again: Again | None = None) -> Tried:
        """Try an item again with today's mapping, as a new raw record; needs the role admin (rule 8)."""
        caller.require_role(Role.ADMIN)
        held = await _held(pool, item)
        told = held
        if again is not None and again.mapping is not None:
            told = msgspec.structs.replace(held, chunk=_mapped(held.chunk, again.mapping))
        body = await safe.open_raw(held.received_at.date(), held.body)
        if body is None:
            raise Problem(410, "Gone", detail="the key of its day was forgotten: it can only be dropped")
        return await keep(told, item, body)

    @routes.post("/{item}/drop", status_code=202)
    async def drop(caller: reader, item: UUID, why: Drop) -> Tried:
        """Give an item up for good: its outcome is then `rejected`, with this reason; needs the role admin."""
        caller.require_role(Role.ADMIN)
        held = await _held(pool, item)
        return await keep(msgspec.structs.replace(held, actor=caller.actor, dropped=why.reason), item, b"")

    async def keep(delivery: Delivery, item: UUID, body: bytes) -> Tried:
        again = msgspec.structs.replace(
            delivery,
            id=fresh(),
            received_at=acceptor.now(),
            redrives=str(item),
            first_received_at=delivery.facts_received_at,
        )
        await acceptor.keep(again, body, again.key)
        return Tried(ingest=UUID(again.id))

    return routes


async def _held(pool: asyncpg.Pool, item: UUID) -> Delivery:
    """What waits under this id; raises `Problem`."""
    row = await pool.fetchrow("select delivery, settled_at from quarantine where id = $1", item)
    if row is None:
        raise Problem(404, "Not Found", detail="there is no such item in quarantine")
    if row["settled_at"] is not None:
        raise Problem(409, "Conflict", detail="it has left quarantine already")
    return raw.decode(row["delivery"])


def _mapped(chunk: Chunk | None, mapping: str) -> Chunk:
    """The row with another mapping; raises `BadMapping`, `Unmappable` for what is no row."""
    if chunk is None:
        raise Unmappable("only a row of a file has a mapping of its own", "/mapping")
    documents.check(mapping, chunk.header)
    return msgspec.structs.replace(chunk, mapping=mapping)
