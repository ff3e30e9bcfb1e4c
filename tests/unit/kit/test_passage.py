"""Slots that ask within a moment are moved by one statement, and what becomes of it all of them hear (point 7)."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from leadpact.kit.errors import Unavailable
from leadpact.kit.passage import Passage
from leadpact.kit.rows import Lease
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.eventually import eventually
from leadpact.testkit.memory import MemoryStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


class Watched(MemoryStore):
    """Counts how many slots it is asked for at once."""

    def __init__(self) -> None:
        super().__init__(ManualClock(NOW))
        self.asked: list[int] = []

    async def pass_time(self, asked: Sequence[tuple[Lease, datetime]]) -> list[Lease]:
        self.asked.append(len(asked))
        return await super().pass_time(asked)


async def claimed(store: MemoryStore, slots: int) -> list[Lease]:
    await store.ensure("test", slots)
    return await store.claim("test", "one", (), slots)


async def test_point7_slots_that_ask_together_pass_in_one_statement() -> None:
    store = Watched()
    passage, leases = Passage(store), await claimed(store, 24)
    for turn in (1, 2):
        passed = await asyncio.gather(*(passage.pass_time(lease, LATER) for lease in leases))
        leases = [lease for lease in passed if lease is not None]
        assert {(lease.turn, lease.mark) for lease in leases} == {(turn, LATER)}
    assert store.asked == [24, 24]


async def test_point1_one_that_is_fenced_takes_nobody_with_it() -> None:
    store = Watched()
    passage, (old, good) = Passage(store), await claimed(store, 2)
    async with store.turn(old):
        pass
    fenced, passed = await asyncio.gather(passage.pass_time(old, LATER), passage.pass_time(good, LATER))
    assert fenced is None and passed is not None and passed.slot == good.slot


async def test_one_that_gives_up_waiting_takes_nobody_with_it() -> None:
    store = Watched()
    passage, (one, two) = Passage(store), await claimed(store, 2)
    first = asyncio.create_task(passage.pass_time(one, LATER))
    second = asyncio.create_task(passage.pass_time(two, LATER))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second) is not None
    assert first.cancelled()


async def test_an_error_that_nobody_waits_for_any_more_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    store = Watched()
    passage, (lease,) = Passage(store), await claimed(store, 1)
    store.down = True
    asking = asyncio.create_task(passage.pass_time(lease, LATER))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})

    await eventually(lambda: store.asked, within=5)
    await asyncio.sleep(0)
    gc.collect()
    assert caplog.records == []


async def test_everybody_hears_that_the_database_is_away_and_asks_anew() -> None:
    store = Watched()
    passage, leases = Passage(store), await claimed(store, 2)
    store.down = True
    told = await asyncio.gather(*(passage.pass_time(lease, LATER) for lease in leases), return_exceptions=True)
    assert [type(each) for each in told] == [Unavailable, Unavailable]
    store.down = False
    assert await passage.pass_time(leases[0], LATER) is not None


@pytest.mark.parametrize("slots", [1, 3])
async def test_a_slot_that_asks_later_is_in_the_next_statement(slots: int) -> None:
    store = Watched()
    passage, leases = Passage(store), await claimed(store, slots + 1)
    await asyncio.gather(*(passage.pass_time(lease, LATER) for lease in leases[:slots]))
    await passage.pass_time(leases[slots], LATER)
    assert store.asked == [slots, 1]
