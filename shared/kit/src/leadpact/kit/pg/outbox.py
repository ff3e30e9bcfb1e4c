"""Outgoing messages under gap-free sequences: the counter's row is locked from the numbering to the commit.

A sequence object would hand out numbers in another order than that of the commits, and a relay that polls would lose
what commits late.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from leadpact.kit.rows import Message, Stream

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

NUMBERED = """
told as (
    select * from unnest({0}::text[], {1}::integer[], {2}::integer[], {3}::bytea[])
    as t (topic, partition, messages, body)
),
counted as (
    insert into stream as s (topic, partition, next_seq)
    select topic, partition, messages + 1 from told order by topic collate "C", partition
    on conflict (topic, partition) do update set next_seq = s.next_seq + excluded.next_seq - 1
    returning topic, partition, next_seq - 1 as last
),
sent as (
    insert into outbox (topic, partition, last, messages, body)
    select topic, partition, last, messages, body from told join counted using (topic, partition)
)
"""
"""What numbers messages and puts them into the outbox, as parts of a statement that takes `columns` at these places."""
_EMIT = f"with {NUMBERED.format('$1', '$2', '$3', '$4')} select count(*) from counted"  # noqa: S608 - parameters only
_NOTIFY = "select pg_notify('appended_' || current_schema(), '')"
_pack = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode


async def append(connection: "Connection", stream: Stream, messages: Sequence[Message]) -> None:
    """Put messages of a stream that no slot writes into the outbox, as the last thing before the commit of the
    connection's transaction; wakes the relay then."""
    await connection.execute(_NOTIFY)
    await connection.execute(_EMIT, *columns({stream: messages}))


def columns(out: Mapping[Stream, Sequence[Message]]) -> tuple[list[str], list[int], list[int], list[bytes]]:
    """Topics, partitions, counts and packed messages, a row for each stream."""
    streams = sorted(out)
    return (
        [stream.topic for stream in streams],
        [stream.partition for stream in streams],
        [len(out[stream]) for stream in streams],
        [_pack([(message.key, message.value) for message in out[stream]]) for stream in streams],
    )


def unpack(body: bytes, last: int) -> list[Message]:
    """What `emit` packed, with the sequences that end at `last`."""
    packed = _decode(body)
    return [Message(key, value, seq) for seq, (key, value) in enumerate(packed, last - len(packed) + 1)]
