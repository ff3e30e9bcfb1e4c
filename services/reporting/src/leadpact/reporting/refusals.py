"""Commands that became facts and that the domain then refused (rule 50), newest first."""

from datetime import datetime

import asyncpg
from pydantic import BaseModel

from leadpact.reporting.reading import fetch


class Refusal(BaseModel):
    """A refused command: the delivery `ingest` brought it, `service` said no to the fact `command`; UTC.

    Which item of the delivery it was, `GET /v1/deliveries/{ingest}` says: the one whose `fact` is this `command`.
    """

    ingest: str
    command: str
    service: str
    lead: str
    reason: str
    says: str
    recorded_at: datetime


async def refusals(
    pool: asyncpg.Pool, ingest: str | None, after: tuple[datetime, str] | None, limit: int
) -> list[Refusal]:
    """Those of one delivery, or all; from behind the place `after`."""
    async with pool.acquire() as connection:
        rows = await fetch(connection, "lead/refusals", ingest, *(after or (None, None)), limit)
    return [Refusal(**row) for row in rows]
