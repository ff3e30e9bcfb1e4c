"""The spool as a table: one row per delivery, committed before the sender hears of it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from leadpact.contracts.topics import RAW
from leadpact.intake.spool.spool import CLAIMED, Spooled
from leadpact.kit.pg.answering import answering
from leadpact.kit.rows import Stream

_PUT = "insert into spool (delivery, partition, received_at, value) values ($1, $2, $3, $4) on conflict do nothing"
_OPEN = "published_at is null and handled_at is null"
_HOLDS = f"select exists (select 1 from spool where {_OPEN} and partition = $1)"  # noqa: S608 - constants
_CLAIM = f"""
with claimed as (
    update spool set claimed_at = $2 where number in (
        select number from spool where {_OPEN} and (claimed_at is null or claimed_at not between $3 and $4)
        order by number limit $1 for update skip locked
    )
    returning number, delivery, partition, received_at, value
)
select delivery, partition, received_at, value from claimed order by number
"""  # noqa: S608 - constants
_PUBLISHED = "update spool set published_at = claimed_at, value = '' where delivery = any($1)"
_WAITING = "select count(*) from spool where handled_at is null"


class PgSpool:
    """`pool` connects as the role of the schema intake."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(self, spooled: Spooled) -> None:
        """Keep a delivery; returns when it is committed."""
        row = (UUID(spooled.delivery), spooled.stream.partition, spooled.received_at, spooled.value)
        with answering():
            await self._pool.execute(_PUT, *row)

    async def holds(self, stream: Stream) -> bool:
        """Whether something waits to be published there."""
        with answering():
            return bool(await self._pool.fetchval(_HOLDS, stream.partition))

    async def claim(self, most: int, now: datetime) -> list[Spooled]:
        """The oldest that nobody has published, claimed in the last seconds, or handled."""
        with answering():
            rows = await self._pool.fetch(_CLAIM, most, now, now - CLAIMED, now + CLAIMED)
        return [
            Spooled(str(row["delivery"]), Stream(RAW.name, row["partition"]), row["received_at"], row["value"])
            for row in rows
        ]

    async def published(self, deliveries: list[str]) -> None:
        """All replicas have them."""
        with answering():
            await self._pool.execute(_PUBLISHED, list(map(UUID, deliveries)))

    async def waiting(self) -> int:
        """How many are not handled yet."""
        with answering():
            return int(await self._pool.fetchval(_WAITING))
