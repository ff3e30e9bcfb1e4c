"""`/v1/deliveries` and `/v1/quarantine`: what became of what was sent, and trying again what could not be mapped."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from leadpact.intake import delivery as raw
from leadpact.intake.door.accept import Acceptor
from leadpact.kit.access import Authority, Caller, Role, Scope, allowed
from leadpact.kit.ids import fresh
from leadpact.kit.vault import Safe
from leadpact.web.errors import Problem
from leadpact.web.paging import Cursors, Limit, Page, page

_QUARANTINE = """
select id, source, door, received_at, held_at, reason, pointer from quarantine
where redriven_at is null and (held_at, id) > ($1, $2) order by held_at, id limit $3
"""
_FIRST = (datetime.fromisoformat("1970-01-01T00:00:00Z"), UUID(int=0))


class Became(BaseModel):
    """What became of one item."""

    item: int
    outcome: str
    reason: str
    pointer: str


class Quarantined(BaseModel):
    """An item in quarantine, without what it says."""

    id: UUID
    source: str
    door: str
    received_at: datetime
    held_at: datetime
    reason: str
    pointer: str


class Tried(BaseModel):
    """The delivery by which an item is tried again."""

    ingest: UUID


def router(authority: Authority, acceptor: Acceptor, pool: asyncpg.Pool, safe: Safe) -> APIRouter:
    """The routes of outcomes."""
    routes = APIRouter()
    reader = Annotated[Caller, Depends(allowed(authority, Scope.READ))]
    cursors: Cursors[tuple[datetime, UUID]] = Cursors(tuple[datetime, UUID])

    @routes.get("/v1/deliveries/{ingest}")
    async def became(caller: reader, ingest: UUID) -> list[Became]:
        """What became of the items of a delivery; empty until the normaliser has read it, and after 45 days."""
        del caller
        rows = await pool.fetch(
            "select item, outcome, reason, pointer from outcome where delivery = $1 order by item", ingest
        )
        return [Became(**dict(row)) for row in rows]

    @routes.get("/v1/quarantine")
    async def quarantine(
        caller: reader, limit: Limit = 50, cursor: Annotated[str | None, Query()] = None
    ) -> Page[Quarantined]:
        """What waits in quarantine, oldest first."""
        del caller
        after = cursors.decode(cursor) if cursor else _FIRST
        rows = await pool.fetch(_QUARANTINE, *after, limit + 1)
        items = [Quarantined(**dict(row)) for row in rows]
        return page(items, limit, lambda item: cursors.encode((item.held_at, item.id)))

    @routes.post("/v1/quarantine/{item}/redrive", status_code=202)
    async def redrive(caller: reader, item: UUID) -> Tried:
        """Try an item again with today's mapping, as a new raw record; needs the role admin (rule 8)."""
        caller.require_role(Role.ADMIN)
        row = await pool.fetchrow("select delivery, redriven_at from quarantine where id = $1", item)
        if row is None:
            raise Problem(404, "Not Found", detail="there is no such item in quarantine")
        if row["redriven_at"] is not None:
            raise Problem(409, "Conflict", detail="it was re-driven already")
        held = raw.decode(row["delivery"])
        body = await safe.open_raw(held.received_at.date(), held.body)
        if body is None:
            raise Problem(410, "Gone", detail="the key of its day was forgotten")
        again = msgspec.structs.replace(
            held,
            id=fresh(),
            received_at=acceptor.now(),
            redrives=str(item),
            first_received_at=held.facts_received_at,
        )
        await acceptor.keep(again, body, again.key)
        return Tried(ingest=UUID(again.id))

    return routes
