"""How a service stands, read from its own tables: true also while no worker of it runs."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import asyncpg
import msgspec

from leadpact.contracts.topics import TOPICS
from leadpact.kit.pg.answering import answering
from leadpact.kit.pg.writes import positions
from leadpact.kit.rows import Position, Stream

_CONSUMERS = """
select consumer, count(*) as slots, count(*) filter (where lease_until < clock_timestamp()) as unowned,
       min(mark) filter (where mark > 'epoch') as slowest, max(mark) filter (where mark > 'epoch') as fastest,
       bool_or(lane_mark is not null) as loading, array_agg(positions::text) as positions,
       (select count(*) from parked p where p.consumer = f.consumer and p.by = f.consumer) as parked,
       (select count(*) from dead_letter d where d.consumer = f.consumer) as dead
from fence f group by consumer order by consumer
"""
_WORKERS = """
select consumer, split_part(owner, '/', 1) as name, waiting, fenced, clock_timestamp() - seen as unseen
from worker order by consumer, seen desc
"""
_EFFECTS = """
select (select coalesce(sum(messages), 0)::bigint from outbox) as outbox,
       (select count(*) from effect where state = 'held') as held,
       (select count(*) from effect where state = 'held' and attempts >= 5) as failing,
       (select count(*) from effect where state = 'given_up') as given_up
"""
_TELL = "update worker set waiting = $3, fenced = $4 where consumer = $1 and owner = $2"
_PARTITIONS: Mapping[str, int] = {topic.name: topic.partitions for topic in TOPICS}


class Member(msgspec.Struct, frozen=True):
    """A worker that takes part in a consumer, by its process's name.

    `waiting` says why it is not ready, `unseen` for how long it is silent.

    `fenced` counts since it began.
    """

    name: str
    waiting: str
    fenced: int
    unseen: timedelta


class Consuming(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer: its slots, those nobody holds, its slowest and fastest mark (absent before time has begun).

    `reached` is how far each partition of the topics it reads is handled; `loading`: some slot is within a lane of
    history, while which live time stands.
    """

    consumer: str
    slots: int
    unowned: int
    slowest: datetime | None
    fastest: datetime | None
    loading: bool
    reached: Mapping[Stream, Position]
    parked: int
    dead: int
    members: tuple[Member, ...]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A service: its consumers, messages not published, effects held, among them failing (5 tries), and given up."""

    consumers: tuple[Consuming, ...]
    outbox: int
    held: int
    failing: int
    given_up: int


async def survey(pool: asyncpg.Pool) -> Survey:
    """Look at the kit's tables of the schema that the pool works in; raises `Unavailable`."""
    with answering():
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            found = await connection.fetch(_CONSUMERS)
            workers = await connection.fetch(_WORKERS)
            (counts,) = await connection.fetch(_EFFECTS)
    members: dict[str, list[Member]] = {}
    for consumer, name, waiting, fenced, unseen in workers:
        members.setdefault(consumer, []).append(Member(name, waiting, fenced, unseen))
    return Survey(
        consumers=tuple(_consuming(row, tuple(members.get(row["consumer"], ()))) for row in found), **dict(counts)
    )


async def tell(pool: asyncpg.Pool, owner: str, waiting: str, fenced: Mapping[str, int]) -> None:
    """Say of a worker why it is not ready, and how often it was fenced, by consumer; raises `Unavailable`."""
    with answering():
        await pool.executemany(_TELL, [(consumer, owner, waiting, times) for consumer, times in fenced.items()])


def _consuming(row: asyncpg.Record, members: tuple[Member, ...]) -> Consuming:
    """Partitions of its topics that no slot has begun to read are reached up to 0."""
    begun = {stream: at for raw in row["positions"] for stream, at in positions(raw).items()}
    topics = {stream.topic for stream in begun} & _PARTITIONS.keys()
    nowhere = {Stream(topic, number): Position(0) for topic in topics for number in range(_PARTITIONS[topic])}
    told = {name: value for name, value in row.items() if name != "positions"}
    return Consuming(**told, reached=nowhere | begun, members=members)
