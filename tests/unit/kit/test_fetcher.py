"""A reader's share of what the one consumer brings: in order, no hole, and not without end (point 2)."""

import asyncio
from contextlib import suppress
from unittest.mock import AsyncMock

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka.fetcher import Fetcher, Share

PLACE, OTHER = TopicPartition("leads", 0), TopicPartition("leads", 1)


def records(place: TopicPartition, *offsets: int) -> list[ConsumerRecord]:
    return [ConsumerRecord(*place, offset, 0, 0, b"k", b"v", None, 1, 1, ()) for offset in offsets]


def test_point2_what_comes_next_is_kept_and_taken_in_order() -> None:
    share = Share({PLACE: 5, OTHER: 0}, compacted=False)
    assert share.put(PLACE, records(PLACE, 5, 6)) and share.put(OTHER, records(OTHER, 0))
    assert [record.offset for record in share.take(2)] == [5, 6]
    assert share.arrived.is_set()
    assert [record.offset for record in share.take(9)] == [0]
    assert not share.arrived.is_set()
    assert share.next == {PLACE: 7, OTHER: 1}


def test_point2_a_hole_is_not_stepped_over() -> None:
    share = Share({PLACE: 5}, compacted=False)
    assert not share.put(PLACE, records(PLACE, 6, 7))
    assert not share.put(PLACE, records(PLACE, 5, 7))
    assert (share.next, share.take(9)) == ({PLACE: 5}, [])


def test_a_compacted_stream_has_holes() -> None:
    share = Share({PLACE: 5}, compacted=True)
    assert share.put(PLACE, records(PLACE, 7, 11))
    assert share.next == {PLACE: 12}


def test_a_share_is_full_until_somebody_takes() -> None:
    share = Share({PLACE: 0}, compacted=False)
    share.put(PLACE, records(PLACE, *range(1_000)))
    assert share.full
    share.take(1)
    assert not share.full


def test_who_waits_hears_of_a_failure_however_much_was_taken() -> None:
    share = Share({PLACE: 0}, compacted=False)
    share.put(PLACE, records(PLACE, 0))
    share.fail(Unavailable("away"))
    share.take(9)
    assert share.arrived.is_set() and isinstance(share.failure, Unavailable)


async def test_whoever_reads_nothing_needs_no_broker() -> None:
    await Fetcher("127.0.0.1:1").join(Share({}, compacted=False))


async def test_the_last_reader_gets_away_though_the_library_swallows_a_cancellation() -> None:
    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    fetcher, share = Fetcher("127.0.0.1:1"), Share({PLACE: 0}, compacted=False)
    fetcher._consumer = consumer = AsyncMock(AIOKafkaConsumer)
    fetcher._pumping = pumping = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await fetcher.leave(share)
    assert pumping.done()
    consumer.stop.assert_awaited_once()
