"""`/v1/deliveries`: what became of what was sent, and where it is said whether the domain refused it later."""

from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from leadpact.intake.domain.draft import Outcome
from leadpact.kit.access import Authority, Caller, Scope, allowed


class Became(BaseModel):
    """What became of one item.

    `normalised`: it is the fact of this id (null for a visitor's, which waits, and for history, which is staged).
    What a command asks for may be refused all the same by who decides on it (rule 50); that stands at the path
    `refusals`, once it has been judged, and its `command` is this `fact`.
    """

    item: int
    outcome: str
    reason: str
    pointer: str
    fact: UUID | None
    refusals: str | None


def router(authority: Authority, pool: asyncpg.Pool) -> APIRouter:
    """The route of outcomes."""
    routes = APIRouter()
    reader = Annotated[Caller, Depends(allowed(authority, Scope.READ))]

    @routes.get("/v1/deliveries/{ingest}")
    async def became(caller: reader, ingest: UUID) -> list[Became]:
        """What became of the items of a delivery; empty until the normaliser has read it, and after 45 days."""
        del caller
        rows = await pool.fetch(
            "select item, outcome, reason, pointer, fact from outcome where delivery = $1 order by item", ingest
        )
        refusals = {Outcome.NORMALISED.value: f"/v1/reports/refusals?ingest={ingest}"}
        return [Became(**dict(row), refusals=refusals.get(row["outcome"])) for row in rows]

    return routes
