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

_EMIT = """
with told as (
    select * from unnest($1::text[], $2::integer[], $3::integer[], $4::bytea[]) as t (topic, partition, messages, body)
),
counted as (
    insert into stream as s (topic, partition, next_seq)
    select topic, partition, messages + 1 from told order by topic collate "C", partition
    on conflict (topic, partition) do update set next_seq = s.next_seq + excluded.next_seq - 1
    returning topic, partition, next_seq - 1 as last
)
insert into outbox (topic, partition, last, messages, body)
select topic, partition, last, messages, body from told join counted using (topic, partition)
"""
_NOTIFY = "select pg_notify('appended_' || current_schema(), '')"
_pack = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]]).decode


async def append(connection: "Connection", stream: Stream, messages: Sequence[Message]) -> None:
    """Put messages of a stream that no slot writes into the outbox, as the last thing before the commit of the
    connection's transaction; wakes the relay then."""
    await connection.execute(_NOTIFY)
    await emit(connection, {stream: messages})


async def emit(connection: "Connection", out: Mapping[Stream, Sequence[Message]]) -> None:
    """Number the messages and put them into the outbox, a row for each stream."""
    streams = sorted(out)
    await connection.execute(
        _EMIT,
        [stream.topic for stream in streams],
        [stream.partition for stream in streams],
        [len(out[stream]) for stream in streams],
        [_pack([(message.key, message.value) for message in out[stream]]) for stream in streams],
    )


def unpack(body: bytes, last: int) -> list[Message]:
    """What `emit` packed, with the sequences that end at `last`."""
    packed = _decode(body)
    return [Message(key, value, seq) for seq, (key, value) in enumerate(packed, last - len(packed) + 1)]
