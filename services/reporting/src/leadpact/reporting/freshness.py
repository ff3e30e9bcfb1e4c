"""How far the reports reach: the smallest mark, before which everything is judged by all services and counted."""

from datetime import datetime

from asyncpg.pool import PoolConnectionProxy
from pydantic import BaseModel

from leadpact.kit.rows import BEGINNING
from leadpact.reporting.reading import ask


class Reached(BaseModel):
    """How far a topic is read: what was recorded in it before `as_of` is counted; None before time has begun there.

    `turns` were taken so far by the slots that are no further: they tell that somebody works where `as_of` stands, as
    while history is loaded.
    """

    topic: str
    as_of: datetime | None
    turns: int


class Freshness(BaseModel):
    """How far every report reaches at `now`, a time of the business clock.

    What any service recorded before `as_of`, the smallest of the topics', is judged by all and counted in every number.
    """

    now: datetime
    as_of: datetime | None
    topics: list[Reached]


async def reached(connection: PoolConnectionProxy, now: datetime) -> Freshness:
    """How far the reports reach."""
    topics = [
        Reached(
            topic=row["consumer"].partition(".")[2],
            as_of=None if row["mark"] == BEGINNING else row["mark"],
            turns=row["turns"],
        )
        for row in (await ask(connection, "freshness", now)).rows
    ]
    known = [topic.as_of for topic in topics if topic.as_of is not None]
    return Freshness(now=now, as_of=min(known) if len(known) == len(topics) > 0 else None, topics=topics)
