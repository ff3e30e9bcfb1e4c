"""How far the reports reach: the smallest mark, before which everything is judged by all services and counted."""

from datetime import datetime

from asyncpg.pool import PoolConnectionProxy
from pydantic import BaseModel

from leadpact.kit.rows import BEGINNING
from leadpact.reporting.reading import ask


class Reached(BaseModel):
    """How far a topic is read: what was recorded in it before `as_of` is counted; None before time has begun there."""

    topic: str
    as_of: datetime | None


class Freshness(BaseModel):
    """How far every report reaches at `now`, a time of the business clock.

    What any service recorded before `as_of`, the smallest of the topics', is judged by all and counted in every number.
    """

    now: datetime
    as_of: datetime | None
    topics: list[Reached]


async def reached(connection: PoolConnectionProxy, now: datetime) -> Freshness:
    """How far the reports reach."""
    rows = (await ask(connection, "freshness", now)).rows
    marks = {row["consumer"].partition(".")[2]: None if row["mark"] == BEGINNING else row["mark"] for row in rows}
    known = [mark for mark in marks.values() if mark is not None]
    as_of = min(known) if len(known) == len(marks) > 0 else None
    return Freshness(now=now, as_of=as_of, topics=[Reached(topic=name, as_of=at) for name, at in marks.items()])
