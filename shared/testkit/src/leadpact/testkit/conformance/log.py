"""What a log must do; subclass it with a fixture `log`."""

import asyncio

import pytest

from leadpact.contracts.topics import Topic
from leadpact.kit.errors import PositionLost
from leadpact.kit.ports import Log, Reader
from leadpact.kit.rows import Message, Record, Stream

PLAIN = Topic("plain", "key", "test", "anything", partitions=2)
COMPACTED = Topic("compacted", "key", "test", "the last of each key", partitions=1, compacted=True)
FIRST, SECOND = Stream("plain", 0), Stream("plain", 1)


def messages(first: int, last: int) -> list[Message]:
    """Messages with these sequences, both included."""
    return [Message(b"k%d" % n, b"v%d" % n, n) for n in range(first, last + 1)]


async def read(reader: Reader, many: int) -> list[Record]:
    """So many records, however many fetches that takes."""
    found: list[Record] = []
    async with asyncio.timeout(20):
        while len(found) < many:
            found += await reader.fetch(many - len(found), 1.0)
    return found


class LogConformance:
    """Point 2 and 4 of event handling."""

    async def test_point4_what_is_published_is_read_in_order_with_its_sequence(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 3))
        await log.publish(FIRST, messages(4, 5))
        reader = await log.reader({FIRST: 0})
        found = await read(reader, 5)
        await reader.close()
        assert found == [Record("plain", 0, n - 1, b"k%d" % n, b"v%d" % n, n) for n in range(1, 6)]

    async def test_point2_reading_begins_where_the_position_says(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 5))
        reader = await log.reader({FIRST: 3})
        found = await read(reader, 2)
        await reader.close()
        assert [record.offset for record in found] == [3, 4]

    async def test_point2_streams_do_not_mix(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 2))
        await log.publish(SECOND, messages(7, 9))
        reader = await log.reader({FIRST: 0, SECOND: 1})
        found = await read(reader, 4)
        await reader.close()
        assert [record.seq for record in found if record.stream == FIRST] == [1, 2]
        assert [record.seq for record in found if record.stream == SECOND] == [8, 9]

    async def test_messages_without_sequence_and_with_empty_key(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, [Message(b"", b"x")])
        reader = await log.reader({FIRST: 0})
        found = await read(reader, 1)
        await reader.close()
        assert (found[0].key, found[0].value, found[0].seq) == (b"", b"x", 0)

    async def test_point4_a_batch_too_large_for_one_request_is_split_in_order(self, log: Log) -> None:
        await log.ensure([PLAIN])
        large = [Message(b"k", b"%04d" % n + bytes(700_000), n) for n in range(1, 5)]
        await log.publish(FIRST, large)
        reader = await log.reader({FIRST: 0})
        found = await read(reader, 4)
        await reader.close()
        assert [record.value[:4] for record in found] == [b"0001", b"0002", b"0003", b"0004"]

    async def test_an_empty_fetch_ends_in_time_and_waiting_ends_with_a_record(self, log: Log) -> None:
        await log.ensure([PLAIN])
        reader = await log.reader({FIRST: 0})
        assert await reader.fetch(10, 0.05) == []
        reading = asyncio.create_task(read(reader, 1))
        await log.publish(FIRST, messages(1, 1))
        assert [record.seq for record in await reading] == [1]
        await reader.close()

    async def test_starts_and_ends(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 3))
        assert await log.starts([FIRST, SECOND]) == {FIRST: 0, SECOND: 0}
        assert await log.ends([FIRST, SECOND]) == {FIRST: 3, SECOND: 0}

    async def test_point2_a_position_that_does_not_exist_stops_instead_of_jumping(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 1))
        reader = await log.reader({FIRST: 1_000})
        with pytest.raises(PositionLost):
            await read(reader, 1)
        await reader.close()

    async def test_point2_whose_position_is_lost_stops_alone(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 1))
        lost, other = await log.reader({FIRST: 1_000}), await log.reader({SECOND: 0})
        with pytest.raises(PositionLost):
            await read(lost, 1)
        await log.publish(SECOND, messages(1, 2))
        assert [record.seq for record in await read(other, 2)] == [1, 2]
        await lost.close()
        await log.publish(SECOND, messages(3, 3))
        assert [record.seq for record in await read(other, 1)] == [3]
        await other.close()

    async def test_point2_readers_of_one_stream_each_read_all_of_it(self, log: Log) -> None:
        await log.ensure([PLAIN])
        await log.publish(FIRST, messages(1, 4))
        first, second = await log.reader({FIRST: 0}), await log.reader({FIRST: 2})
        assert [record.seq for record in await read(second, 2)] == [3, 4]
        assert [record.seq for record in await read(first, 4)] == [1, 2, 3, 4]
        await first.close()
        await log.publish(FIRST, messages(5, 5))
        assert [record.seq for record in await read(second, 1)] == [5]
        await second.close()

    async def test_point2_who_does_not_fetch_holds_nobody_up_and_misses_nothing(self, log: Log) -> None:
        await log.ensure([PLAIN])
        slow, quick = await log.reader({FIRST: 0}), await log.reader({SECOND: 0})
        for first in range(1, 5_001, 1_000):
            await log.publish(FIRST, messages(first, first + 999))
            await log.publish(SECOND, messages(first, first + 999))
        assert [record.seq for record in await read(quick, 5_000)] == list(range(1, 5_001))
        assert [record.seq for record in await read(slow, 5_000)] == list(range(1, 5_001))
        await slow.close()
        await quick.close()

    async def test_point2_readers_that_come_and_go_disturb_nobody(self, log: Log) -> None:
        await log.ensure([PLAIN])
        stays = await log.reader({FIRST: 0})
        for number in range(1, 6):
            comes = await log.reader({SECOND: 0})
            await log.publish(FIRST, messages(number, number))
            assert [record.seq for record in await read(stays, 1)] == [number]
            await comes.close()
        await stays.close()

    async def test_topics_are_made_once(self, log: Log) -> None:
        await log.ensure([PLAIN, COMPACTED])
        await log.publish(FIRST, messages(1, 1))
        await log.ensure([PLAIN, COMPACTED])
        assert await log.ends([FIRST, Stream("compacted", 0)]) == {FIRST: 1, Stream("compacted", 0): 0}
