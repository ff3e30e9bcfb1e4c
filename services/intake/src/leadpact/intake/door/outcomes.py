"""`/v1/deliveries`: what became of what was sent."""

from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from leadpact.kit.access import Authority, Caller, Scope, allowed


class Became(BaseModel):
    """What became of one item."""

    item: int
    outcome: str
    reason: str
    pointer: str


def router(authority: Authority, pool: asyncpg.Pool) -> APIRouter:
    """The route of outcomes."""
    routes = APIRouter()
    reader = Annotated[Caller, Depends(allowed(authority, Scope.READ))]

    @routes.get("/v1/deliveries/{ingest}")
    async def became(caller: reader, ingest: UUID) -> list[Became]:
        """What became of the items of a delivery; empty until the normaliser has read it, and after 45 days."""
        del caller
        rows = await pool.fetch(
            "select item, outcome, reason, pointer from outcome where delivery = $1 order by item", ingest
        )
        return [Became(**dict(row)) for row in rows]

    return routes
