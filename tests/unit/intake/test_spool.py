"""Rule 7 while Kafka is away: kept in the spool, relayed later, one outcome each, and time waits for it (ADR 8)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from leadpact.contracts.events.control import RosterChanged
from leadpact.intake import delivery as raw
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.intake.spool.relay import SpoolRelay
from leadpact.intake.spool.spool import Spooled
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.memory import MemoryLog
from tests.unit.intake.desk import NOON, Desk
from tests.unit.intake.door import Front
from tests.unit.intake.spool import SpoolSuite

LEAD = {"email": "a@x.example"}


class TestMemorySpool(SpoolSuite):
    def setup_method(self) -> None:
        self._books = MemoryBooks()
        self.spool = self._books.spool

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[MemoryBooks]:
        yield self._books


async def relayed(front: Front) -> int:
    """Let a relay publish everything; how much it was."""
    waits: list[int] = []
    relay = SpoolRelay(front.spool, front.log, front.clock, NoFailpoints(), waits.append)
    total = 0
    while moved := await relay.step():
        total += moved
    return total


async def test_r7_a_dead_broker_means_the_spool_and_an_answer_all_the_same() -> None:
    front = Front()
    front.log.down = True
    answers = [await front.post("/v1/leads", LEAD | {"id": str(number)}) for number in range(3)]
    assert {answer.status_code for answer in answers} == {202} and not front.log.records
    front.log.down = False
    assert await relayed(front) == 3
    desk = await front.normalised()
    assert list(desk.books.outcomes) == [(answer.json()["ingest"], 0) for answer in answers]
    assert {ended.outcome for ended in desk.books.outcomes.values()} == {Outcome.NORMALISED}
    assert await front.spool.waiting() == 0


async def test_r7_a_broker_that_does_not_answer_is_waited_for_a_second() -> None:
    class Hanging(MemoryLog):
        async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
            del stream, messages
            await asyncio.Event().wait()

    front = Front()
    front.app._acceptor._keeper._publisher._log = Hanging()
    began = asyncio.get_running_loop().time()
    assert (await front.post("/v1/leads", LEAD)).status_code == 202
    assert 0.9 < asyncio.get_running_loop().time() - began < 3
    assert len(front.spool.rows) == 1


async def test_r7_neither_store_means_503_and_come_again() -> None:
    front = Front()
    front.log.down = front.spool.down = True
    refused = await front.post("/v1/leads", LEAD)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    front.spool.down, front.log.down = True, False
    assert (await front.post("/v1/leads", LEAD)).status_code == 202, "without the spool Kafka alone is enough"


@pytest.mark.parametrize("copies", [["late", "relayed"], ["relayed", "late"], ["relayed", "relayed"]])
@pytest.mark.parametrize("one_turn", [True, False])
async def test_r8_a_delivery_that_stands_twice_in_raw_ends_in_one_outcome(copies: list[str], *, one_turn: bool) -> None:
    desk = Desk()
    delivery = await desk.put("leads", [LEAD | {"id": "1"}, {"email": 5}, LEAD | {"occurred_at": "soon"}])
    desk._pending.clear()
    spooled = Spooled(delivery.id, Stream("raw", 0), delivery.received_at, raw.encode(delivery))
    for number, copy in enumerate(copies):
        if copy == "relayed" or number == len(copies) - 1:  # a late ack may be read before the spool has committed
            await desk.books.spool.put(spooled)
        desk.keep(delivery)
        if not one_turn:
            await desk.run()
    await desk.run()
    assert desk.outcomes(delivery) == [Outcome.NORMALISED, Outcome.REJECTED, Outcome.QUARANTINED]
    assert len(desk.out) == 1 and len(desk.books.quarantine) == 1
    assert await desk.books.spool.waiting() == 0


async def test_r8_a_second_record_counts_in_no_tally() -> None:
    desk = Desk()
    delivery = await desk.put("leads", LEAD | {"occurred_at": "2026-01-01"}, lane="h")
    await desk.books.spool.put(Spooled(delivery.id, Stream("raw", 0), delivery.received_at, raw.encode(delivery)))
    desk.keep(delivery)
    await desk.run()
    assert desk.books.tallies == {"h": {Outcome.NORMALISED: 1}}


async def test_time_waits_for_the_oldest_in_the_spool() -> None:
    desk = Desk()
    await desk.run()
    assert desk.mark == NOON
    desk.later(minutes=1)
    delivery = await desk.put("leads", LEAD)
    desk._pending.clear()
    spooled = Spooled(delivery.id, Stream("raw", 0), delivery.received_at, raw.encode(delivery))
    await desk.books.spool.put(spooled)
    desk.later(minutes=9)
    await desk.deliver("leads", {"email": "later@x.example"})
    await desk.run()
    assert desk.mark == NOON + timedelta(minutes=1), "nobody is accused while evidence may lie in the spool"
    await desk.books.spool.published([delivery.id])
    await desk.run()
    assert desk.mark == NOON + timedelta(minutes=1), "it is in raw, and not yet read"
    desk.keep(delivery)
    await desk.run()
    assert desk.mark == NOON + timedelta(minutes=10)
    assert max(envelope.mark for envelope in desk.out) <= desk.mark


async def test_r50_commands_follow_each_other_through_the_spool() -> None:
    front = Front()

    async def roster(rep: str) -> None:
        body = {"command": "roster", "team": "us", "reps": [{"id": rep, "name": rep}], "reason": "shift"}
        assert (await front.post("/v1/commands", body)).status_code == 202

    front.log.down = True
    await roster("ann")
    front.log.down = False
    await roster("bo")
    assert len(front.spool.rows) == 2, "Kafka is back, but the first one still waits"
    assert await relayed(front) == 2
    await roster("cy")
    assert len(front.spool.rows) == 2
    desk = await front.normalised()
    assert [event.reps[0].id for event in desk.facts(RosterChanged)] == ["ann", "bo", "cy"]


async def test_a_relay_that_cannot_publish_leaves_everything_for_the_next() -> None:
    front = Front()
    front.log.down = True
    await front.post("/v1/leads", LEAD)
    with pytest.raises(Unavailable):
        await relayed(front)
    front.log.down = False
    assert await relayed(front) == 0, "it is still claimed"
    front.clock.advance(6)
    assert await relayed(front) == 1


async def test_what_was_answered_from_the_spool_is_not_published_late_on_purpose() -> None:
    class Slow(MemoryLog):
        def __init__(self) -> None:
            super().__init__()
            self.began, self.free = asyncio.Event(), asyncio.Event()
            self.sent = 0

        async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
            del stream
            self.began.set()
            await self.free.wait()
            self.sent += len(messages)

    front = Front()
    front.app._acceptor._keeper._publisher._log = log = Slow()
    first = asyncio.create_task(front.post("/v1/leads", LEAD | {"id": "1"}))
    await log.began.wait()
    second = await front.post("/v1/leads", LEAD | {"id": "1"})
    assert (await first).status_code == second.status_code == 202
    log.free.set()
    await front.app._acceptor._keeper._publisher.close()
    assert log.sent == 1, "the first was on its way already, the second had been answered"
