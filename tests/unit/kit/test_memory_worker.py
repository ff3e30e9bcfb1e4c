"""Workers over the memory log and store."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints, Point
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Lease, Message, Position, Slot, Stream
from leadpact.testkit.conformance.worker import (
    PARTITIONS,
    WITHIN,
    Bench,
    WorkerConformance,
    looking,
    said,
    working,
)
from leadpact.testkit.eventually import eventually
from leadpact.testkit.memory import MemoryLog, MemoryStore
from leadpact.testkit.memory.turn import MemoryTurn


@pytest.fixture
def plumbing() -> Plumbing:
    clock = SystemClock()
    return Plumbing(MemoryLog(), MemoryStore(clock), clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())


class TestMemoryWorker(WorkerConformance):
    @pytest.fixture
    def other(self, plumbing: Plumbing) -> Plumbing:
        return plumbing


class Noted(KitMeter):
    """Remembers the rare things too."""

    def __init__(self) -> None:
        super().__init__(Metrics(*CATALOGUE))
        self.happenings: list[str] = []

    def happened(self, slot: Slot, what: str, times: int = 1) -> None:
        super().happened(slot, what, times)
        self.happenings.append(what)


@pytest.mark.parametrize("away", ["log", "store"])
async def test_a_worker_waits_out_a_broker_or_a_database_that_is_away(plumbing: Plumbing, away: str) -> None:
    meter = Noted()
    plumbing = replace(plumbing, meter=meter)
    bench = Bench(plumbing)
    part = plumbing.log if away == "log" else plumbing.store
    assert isinstance(part, MemoryLog | MemoryStore)
    await bench.ensure()
    async with working(plumbing):
        await bench.tell(0, "count")
        await eventually(bench.has_counted(0, 1), within=WITHIN)
        part.down = True
        await eventually(lambda: "retried" in meter.happenings, within=WITHIN)
        part.down = False
        await bench.tell(0, "count")
        await eventually(bench.has_counted(0, 2), within=WITHIN)
    assert [e.lead_version for e in said(await bench.counted(0))] == [1, 2]


async def test_point6_what_goes_wrong_is_counted(plumbing: Plumbing) -> None:
    meter = Noted()
    plumbing = replace(plumbing, meter=meter)
    bench = Bench(plumbing)
    await bench.ensure()
    await bench.tell(0, "bug", "count")
    await plumbing.log.publish(Stream("source", 0), [Message(b"", b"{", 3)])
    async with working(plumbing):
        await eventually(bench.has_counted(0, 1), within=WITHIN)
    assert meter.happenings == ["dead_letter", "parked"]


class SlowLog(MemoryLog):
    """A broker that takes its time for what was counted."""

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        if stream.topic == "counted":
            await asyncio.sleep(0.5)
        await super().publish(stream, messages)


async def test_what_was_committed_is_published_before_the_slot_is_given_back(plumbing: Plumbing) -> None:
    plumbing = replace(plumbing, log=SlowLog())
    assert isinstance(plumbing.store, MemoryStore)
    bench = Bench(plumbing)
    await bench.ensure()
    await bench.tell(0, *["count"] * 900)
    slot = plumbing.store.rows.slots
    async with working(plumbing):
        await eventually(lambda: any(rows.lease.turn for rows in slot.values()), within=WITHIN)
    handled = slot[Slot("counting", 0)].lease.positions[Stream("source", 0)].offset
    assert len(said(await bench.counted(0))) == handled > 0


async def test_point4_a_slot_moves_behind_duplicates_that_nothing_follows(plumbing: Plumbing) -> None:
    assert isinstance(plumbing.store, MemoryStore)
    bench, source = Bench(plumbing), Stream("source", 0)
    await bench.ensure()
    await bench.tell(0, "count", "count")
    again = [Message(record.key, record.value, record.seq) for record in await bench.all_of(source)]
    slots, slot = plumbing.store.rows.slots, Slot("counting", 0)
    async with working(plumbing):
        await eventually(bench.has_counted(0, 2), within=WITHIN)
        await plumbing.log.publish(source, again)
        await eventually(lambda: slots[slot].lease.positions[source] == Position(4, 2), within=WITHIN)
    assert len(await bench.counted(0)) == 2


class Watched(MemoryStore):
    """Knows how many transactions were open at once."""

    open = most = 0

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[MemoryTurn]:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            async with super().turn(lease) as turn:
                await asyncio.sleep(0.01)
                yield turn
        finally:
            self.open -= 1


async def test_a_process_has_no_more_transactions_open_than_hands(plumbing: Plumbing) -> None:
    store = Watched(plumbing.clock)
    plumbing = replace(plumbing, store=store, hands=asyncio.Semaphore(1))
    bench = Bench(plumbing)
    await bench.ensure()
    async with working(plumbing):
        for partition in range(PARTITIONS):
            await bench.tell(partition, *["count"] * 3)
        for partition in range(PARTITIONS):
            await eventually(bench.has_counted(partition, 3), within=WITHIN)
    assert PARTITIONS > 1
    assert store.most == 1


class Unhurried(MemoryStore):
    """Commits nothing before all slots of the worker wait for it."""

    waiting = 0

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[MemoryTurn]:
        async with super().turn(lease) as turn:
            yield turn
            self.waiting += 1
            await eventually(lambda: self.waiting >= PARTITIONS, within=WITHIN)


async def test_who_waits_for_a_commit_keeps_no_hand(plumbing: Plumbing) -> None:
    bench = Bench(replace(plumbing, store=Unhurried(plumbing.clock), hands=asyncio.Semaphore(1)))
    await bench.ensure()
    for partition in range(PARTITIONS):
        await bench.tell(partition, "count")
    async with working(bench.plumbing):
        for partition in range(PARTITIONS):
            await eventually(bench.has_counted(partition, 1), within=WITHIN)


class Passages:
    """Failpoints that only note where somebody passed."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def passed(self, point: Point) -> None:
        self.points.append(point)


async def test_point11_who_has_no_batch_in_hand_passes_no_failpoint(plumbing: Plumbing) -> None:
    passages = Passages()
    plumbing = replace(plumbing, failpoints=passages)
    bench = Bench(plumbing)
    await bench.ensure()
    store = plumbing.store
    assert isinstance(store, MemoryStore)
    async with working(plumbing, looking()):
        await eventually(lambda: Slot("looking", 0) in store.rows.slots, within=WITHIN)
        await eventually(lambda: store.rows.slots[Slot("looking", 0)].lease.turn > 0, within=WITHIN)
    assert Point.BEFORE_FENCE not in passages.points
    async with working(plumbing):
        await bench.tell(0, "count")
        await eventually(bench.has_counted(0, 1), within=WITHIN)
    assert Point.BEFORE_FENCE in passages.points
