"""Dead letters for people: looking at one, handing it back, dropping it."""

from datetime import datetime

import asyncpg
import msgspec

from leadpact.contracts.errors import ContractError
from leadpact.kit.errors import Systemic
from leadpact.kit.pg.writes import positions
from leadpact.kit.reading import is_control, read_fact
from leadpact.kit.rows import ParkedKey, Position, Record

_ALL = """
select id, consumer, topic, partition, "offset", key, value, reason, buried_at from dead_letter order by id
"""
_FENCE = "select positions::text from fence where consumer = $1 and slot = $2 for update"
_GONE = "delete from dead_letter where id = $1 returning id"
_PARK = """
insert into parked (consumer, slot, key, by, reason, asked) values ($1, $2, $3, $1, $4, true) on conflict do nothing
"""
_WAIT = """
with behind as (
    insert into waiting (consumer, slot, key, topic, partition, "offset", seq, record_key, value)
    values ($1, $2, $3, $4, $5, $6, 0, $7, $8) returning number
)
update buried set number = behind.number, behind = $9 from behind
where (consumer, topic, partition, "offset") = ($1, $4, $5, $6)
"""
_PARKED = "select consumer, by, reason, asked, since from parked where key = $1 order by since, consumer, by"
_WAITING = """
select topic, partition, "offset", record_key, value, seq from waiting where key = $1 order by consumer, number
"""


class Letter(msgspec.Struct, frozen=True):
    """A dead letter as it lies in a service's tables."""

    id: int
    consumer: str
    record: Record
    reason: str
    buried_at: datetime


class Waiting(msgspec.Struct, frozen=True):
    """What is known of a parked key: who has parked it since when, and the records behind it, in order."""

    parked: tuple[tuple[ParkedKey, str, datetime], ...]
    """With the consumer whose row it is."""
    records: tuple[Record, ...]


async def letters(pool: asyncpg.Pool) -> list[Letter]:
    """Every dead letter of a service, oldest first."""
    return [
        Letter(id_, consumer, Record(topic, partition, offset, key, value), reason, at)
        for id_, consumer, topic, partition, offset, key, value, reason, at in await pool.fetch(_ALL)
    ]


async def waiting(pool: asyncpg.Pool, key: str) -> Waiting:
    """A parked key of a service."""
    parked = tuple(
        (ParkedKey(key, by, reason, asked), consumer, since)
        for consumer, by, reason, asked, since in await pool.fetch(_PARKED, key)
    )
    return Waiting(parked, tuple(Record(*row) for row in await pool.fetch(_WAITING, key)))


async def drop(pool: asyncpg.Pool, letter: int) -> bool:
    """Forget a dead letter for good; whether there was one."""
    return await pool.fetchval(_GONE, letter) is not None


def refusal(letter: Letter) -> str | None:
    """Why this code cannot hand a letter back, if it cannot.

    Only what is about one lead goes round again: it waits behind its key as a parked record does, and comes as late
    evidence. A control record has its one place in the order of all.
    """
    try:
        fact = read_fact(letter.record)
    except (ContractError, Systemic) as error:
        return f"this code cannot read it either: {type(error).__name__}: {error}"
    if is_control(fact) or not fact.envelope.lead:
        return "it is a control record, whose place in the order of all leads has passed"
    return None


async def redrive(pool: asyncpg.Pool, letter: Letter) -> bool:
    """Hand a letter that `refusal` lets through to its consumer, in a turn of its own slot; whether it still lay there.

    The slot's row is locked, so that this falls between two of its turns, and is noted where that is.
    """
    record, key = letter.record, read_fact(letter.record).envelope.lead
    async with pool.acquire() as connection, connection.transaction():
        stands = positions(await connection.fetchval(_FENCE, letter.consumer, record.partition) or "[]")
        if await connection.fetchval(_GONE, letter.id) is None:
            return False
        slot = (letter.consumer, record.partition, key)
        await connection.execute(_PARK, *slot, "a dead letter is handed back")
        place = (*record.stream, record.offset)
        behind = stands.get(record.stream, Position(record.offset + 1)).offset
        await connection.execute(_WAIT, *slot, *place, record.key, record.value, behind)
    return True
