"""What workers do over any log and store; subclass it with fixtures `plumbing` and `other` (the same store and log)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.topics import MARKS, Topic
from leadpact.kit.board import MARKS_STREAM, message
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.ports import Turn
from leadpact.kit.rows import Message, Position, Record, Stream, StreamMark
from leadpact.kit.stage import duty
from leadpact.kit.worker import Worker
from leadpact.testkit.counting import Counting
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTITIONS = 2
SOURCE = Topic("source", "lead", "test", "facts", partitions=PARTITIONS)
COUNTED = Topic("counted", "lead", "test", "what was counted", partitions=PARTITIONS)
ANSWERS = Topic("answers", "lead", "test", "what an API said", partitions=1)
WITHIN = 30.0


class Bench:
    """A source of facts and readers of what came out, over somebody's plumbing."""

    def __init__(self, plumbing: Plumbing) -> None:
        self.plumbing = plumbing
        self._facts = Facts()
        self._seqs = [0] * PARTITIONS

    async def ensure(self) -> None:
        """Make the topics."""
        await self.plumbing.log.ensure([SOURCE, COUNTED, ANSWERS, MARKS])

    async def tell(self, partition: int, *subjects: str, lead: str = "a", at: datetime = START) -> None:
        """Publish facts of a lead."""
        told = []
        for subject in subjects:
            fact = self._facts(Behaved(source="test", kind="page", subject=subject), lead=lead, at=at)
            self._seqs[partition] += 1
            told.append(Message(lead.encode(), wire.encode(fact.envelope), self._seqs[partition]))
        await self.plumbing.log.publish(Stream("source", partition), told)

    async def tell_mark(self, partition: int, mark: datetime, *, seq: int | None = None) -> None:
        """Say how far time has passed in a partition of the source."""
        at = self._seqs[partition] if seq is None else seq
        await self.plumbing.log.publish(MARKS_STREAM, [message(StreamMark("source", partition, at, mark))])

    async def counted(self, partition: int) -> list[Record]:
        """Everything in a partition of the output, as it stands in the log."""
        return await self.all_of(Stream("counted", partition))

    def has_counted(self, partition: int, many: int) -> Callable[[], Awaitable[bool]]:
        """Whether so many records came out, those that stand there twice counted once, for `eventually`."""

        async def probe() -> bool:
            return len(said(await self.counted(partition))) >= many

        return probe

    async def all_of(self, stream: Stream) -> list[Record]:
        """Everything in a stream."""
        end = (await self.plumbing.log.ends([stream]))[stream]
        reader = await self.plumbing.log.reader({stream: 0})
        found: list[Record] = []
        while len(found) < end:
            found += await reader.fetch(1_000, 1.0)
        await reader.close()
        return found


def said(records: Sequence[Record]) -> list[Envelope]:
    """Envelopes as a reader takes them: each sequence once."""
    last = 0
    envelopes = []
    for record in records:
        if record.seq == last + 1:
            envelopes.append(wire.decode(record.value))
            last = record.seq
        else:
            assert record.seq <= last, f"sequence {record.seq} follows {last}"
    return envelopes


@asynccontextmanager
async def working(plumbing: Plumbing, *duties: Duty, owner: str = "one") -> AsyncIterator[Worker]:
    """A worker that is asked to stop at the end."""
    worker, stopping = Worker(owner, duties or [counting()], plumbing), asyncio.Event()
    task = asyncio.create_task(worker.run(stopping))
    try:
        yield worker
    finally:
        stopping.set()
        await task


def counting(decider: Counting | None = None) -> Duty:
    """The toy decider over the source."""
    return duty(decider or Counting(SOURCE, COUNTED))


def counting_alone() -> Duty:
    """The toy decider over the first partition of the source, by hundreds: one slot, so that every turn is its."""
    alone = duty(Counting(replace(SOURCE, partitions=1), replace(COUNTED, partitions=1)))
    return dataclasses.replace(alone, batch=100)


class WorkerConformance:
    """Points 1, 2, 4, 6, 7 with everything in place."""

    async def test_facts_come_out_counted_in_order(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, *["count"] * 30)
        await bench.tell(1, *["count"] * 3, lead="b")
        async with working(plumbing):

            async def arrived() -> None:
                assert [e.lead_version for e in said(await bench.counted(0))] == list(range(1, 31))
                assert [e.lead for e in said(await bench.counted(1))] == ["b"] * 3

            await eventually(_held(arrived), within=WITHIN)

    async def test_point7_marks_fire_timers_only_when_all_before_them_was_read(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, "in 5")
        await bench.tell(1, "in 5", lead="b")
        async with working(plumbing):

            async def second_rang() -> bool:
                await bench.tell_mark(0, START + timedelta(seconds=60), seq=2)  # one more is on its way
                await bench.tell_mark(1, START + timedelta(seconds=60))
                return len(await bench.counted(1)) > 1

            await eventually(second_rang, within=WITHIN)
            await eventually(second_rang, within=WITHIN)
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 3), within=WITHIN)
        assert [e.type for e in said(await bench.counted(0))] == ["lead.profiled", "lead.profiled", "lead.consented"]
        assert [e.type for e in said(await bench.counted(1))] == ["lead.profiled", "lead.consented"]

    async def test_point7_workers_announce_how_far_time_has_passed_in_their_output(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, "count")
        async with working(plumbing):

            async def announced() -> None:
                marks = [record.key for record in await bench.all_of(MARKS_STREAM) if b'"seq":1' in record.value]
                assert b"counted/0" in marks

            await eventually(_held(announced), within=WITHIN)

    async def test_point1_workers_share_slots_and_take_over_from_the_dead(
        self, plumbing: Plumbing, other: Plumbing
    ) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, "count")
        await bench.tell(1, "count", lead="b")
        dead = Worker("dead", [counting()], plumbing)
        dying = asyncio.create_task(dead.run(asyncio.Event()))
        await eventually(lambda: len(dead.held()) == PARTITIONS, within=WITHIN)
        async with working(other, owner="two") as worker:
            await eventually(lambda: len(worker.held()) == 1 and len(dead.held()) == 1, within=WITHIN)
            await _kill(dead, dying)
            await bench.tell(0, "count")
            await bench.tell(1, "count", lead="b")

            async def all_counted() -> None:
                for partition in range(PARTITIONS):
                    assert [e.lead_version for e in said(await bench.counted(partition))] == [1, 2]

            await eventually(_held(all_counted), within=WITHIN)

    async def test_point4_a_zombie_relays_duplicates_are_dropped_by_readers(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, "count", "count")
        again = [Message(r.key, r.value, r.seq) for r in await bench.all_of(Stream("source", 0))]
        await bench.tell(0, "count")
        await plumbing.log.publish(Stream("source", 0), again)
        await bench.tell(0, "count")
        async with working(plumbing):

            async def counted() -> None:
                assert [e.lead_version for e in said(await bench.counted(0))] == [1, 2, 3, 4]

            await eventually(_held(counted), within=WITHIN)

    async def test_point6_a_record_of_somebody_else_leaves_the_sequence_as_it_is(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        foreign = [Message(b"", b"not ours")]
        async with working(plumbing):
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 1), within=WITHIN)
            await plumbing.log.publish(Stream("source", 0), foreign)
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 2), within=WITHIN)
            await plumbing.log.publish(Stream("source", 0), foreign)
        async with working(plumbing):
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 3), within=WITHIN)
        assert [event.lead_version for event in said(await bench.counted(0))] == [1, 2, 3]

    async def test_point6_a_gap_stops_the_slot_and_readiness_says_why(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, "count")
        await plumbing.log.publish(Stream("source", 0), [Message(b"a", b"{}", 3)])
        await bench.tell(1, "count", lead="b")
        async with working(plumbing) as worker:
            await eventually(lambda: "counting/0" in worker.troubles(), within=WITHIN)
            assert worker.troubles()["counting/0"] == "source/0 offset 1: sequence 3 after 1"
            await eventually(bench.has_counted(1, 1), within=WITHIN)

    async def test_stopping_finishes_publishes_and_gives_back(self, plumbing: Plumbing, other: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        await bench.tell(0, *["count"] * 700)
        async with working(plumbing):
            await eventually(bench.has_counted(0, 1), within=WITHIN)
        first = await plumbing.store.claim("counting", "next", (), PARTITIONS)
        assert len(first) == PARTITIONS
        handled = first[0].positions[Stream("source", 0)].offset
        assert len(said(await bench.counted(0))) == handled
        for lease in first:
            await plumbing.store.release(lease)
        async with working(other):
            await eventually(bench.has_counted(0, 700), within=WITHIN)
        assert [e.lead_version for e in said(await bench.counted(0))] == list(range(1, 701))

    async def test_what_an_api_appends_is_relayed_by_a_slot_without_input(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        outlet = Duty("answers", inputs=[[]], outputs=[[Stream("answers", 0)]])
        async with working(plumbing, outlet):
            await plumbing.store.append(Stream("answers", 0), [Message(b"k", b"yes")])

            async def relayed() -> None:
                records = await bench.all_of(Stream("answers", 0))
                assert [(record.seq, record.value) for record in records] == [(1, b"yes")]

            await eventually(_held(relayed), within=WITHIN)

    async def test_a_slot_without_input_looks_at_what_others_have_counted(self, plumbing: Plumbing) -> None:
        bench = Bench(plumbing)
        await bench.ensure()
        async with working(plumbing, counting(), looking()):
            await bench.tell(0, "tally", "count", "tally")
            await bench.tell(1, "tally", lead="b")

            async def told() -> None:
                assert [int(record.value) for record in await bench.all_of(Stream("answers", 0))][-1:] == [3]

            await eventually(_held(told), within=WITHIN)
        (lease,) = await plumbing.store.claim("looking", "two", (), 1)
        assert lease.positions == {Stream("source", 0): Position(3, 3), Stream("source", 1): Position(1, 1)}


def looking() -> Duty:
    """A slot without input that says what the toy decider has counted."""
    return Duty("looking", inputs=[[]], outputs=[[Stream("answers", 0)]], handler=lambda _: _Looking())


class _Looking:
    """Says how much was counted, whenever it is more than it has seen."""

    def __init__(self) -> None:
        self._told = 0

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        assert batch.records == []
        found = await turn.tallied("counting")
        counted = sum(tally.count for slot in found.slots for tally in slot.tallies.values())
        if counted > self._told:
            self._told = counted
            turn.emit(Stream("answers", 0), [Message(b"k", b"%d" % counted)])
        seen = {stream: at for slot in found.slots for stream, at in slot.positions.items()}
        return Progress(0, turn.lease.mark, seen=seen)


def _held(probe: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[bool]]:
    """A probe that asserts, for `eventually`, which wants something true."""

    async def probed() -> bool:
        await probe()
        return True

    return probed


async def _kill(worker: Worker, task: "asyncio.Task[None]") -> None:
    """As if its process were gone: nothing is finished, nothing given back."""
    for tenure in worker._held.values():
        tenure._task.cancel()
    worker._held.clear()
    task.cancel()
    await asyncio.wait({task})
