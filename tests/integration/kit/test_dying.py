"""Points 1, 3, 4 and 11: a worker killed with -9, or stalled past its lease with a batch in hand, in the worst moments
loses nothing, doubles nothing, reorders nothing."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints, Point
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.testkit.conformance.worker import WITHIN, Bench, counting_alone, said, working
from leadpact.testkit.eventually import eventually

PROGRAM = Path(__file__).with_name("counting_worker.py")
FACTS, MORE = 350, 50
HOLDS_LOCKS = {Point.AFTER_FENCE, Point.BEFORE_COMMIT}
SENDS = {Point.BEFORE_SEND, Point.AFTER_SEND}
IN_A_TURN = [Point.BEFORE_FENCE, *sorted(HOLDS_LOCKS), Point.AFTER_COMMIT, *sorted(SENDS)]


class Scene:
    """A source with facts, a database, and a first worker that meets its failpoint; what that says is in a file."""

    def __init__(self, bench: Bench, pool: asyncpg.Pool, address: tuple[str, str, str], said_in: Path) -> None:
        self.bench = bench
        self.pool = pool
        self._address = address
        self._said_in = said_in

    @asynccontextmanager
    async def worker(self, failpoint: str, *, slots: str = "one") -> AsyncIterator[Process]:
        """The first worker; it is ended if it still lives."""
        program = [sys.executable, str(PROGRAM), *self._address, slots, failpoint]
        with self._said_in.open("wb") as output:
            process = await asyncio.create_subprocess_exec(*program, stdout=output)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def tell_more(self, point: Point) -> int:
        """So much that the worker meets its failpoint for the second time; returns how many facts were told in all.

        Turns are of at most 100 facts, but what several of them made may be sent at once.
        """
        if point not in SENDS:
            return FACTS
        await eventually(self.bench.has_counted(0, 1), within=WITHIN)
        await self.bench.tell(0, *["count"] * MORE)
        return FACTS + MORE

    async def said(self, words: str) -> None:
        """Wait until the worker has said these words."""
        await eventually(lambda: words in self._said_in.read_text(), within=WITHIN)

    async def all_is_right(self, facts: int) -> None:
        """Every fact was counted once, in order, with its effect, and nothing waits to be published."""

        async def counted() -> bool:
            return len(said(await self.bench.counted(0))) >= facts

        await eventually(counted, within=WITHIN)
        await eventually(self._nothing_left(), within=WITHIN)
        envelopes = said(await self.bench.counted(0))
        assert [envelope.lead_version for envelope in envelopes] == list(range(1, facts + 1))
        assert len({envelope.id for envelope in envelopes}) == facts
        assert await self.pool.fetchval("select count(*) from effect") == facts

    def stands_twice(self, facts: int) -> Callable[[], Awaitable[bool]]:
        """Whether some of what came of so many facts stands in the log again."""

        async def probe() -> bool:
            return len(await self.bench.counted(0)) > facts

        return probe

    def owns(self, owner: str, slots: int) -> Callable[[], Awaitable[bool]]:
        """Whether so many slots are this worker's."""

        async def probe() -> bool:
            return bool(await self.pool.fetchval("select count(*) = $2 from fence where owner = $1", owner, slots))

        return probe

    def _nothing_left(self) -> Callable[[], Awaitable[bool]]:
        async def probe() -> bool:
            return bool(await self.pool.fetchval("select count(*) = 0 from outbox"))

        return probe


@pytest.fixture
async def scene(kafka: str, topic_prefix: str, database: str, tmp_path: Path) -> AsyncIterator[Scene]:
    await migrate(database, "leadpact.kit.migrations")
    log, pool = KafkaLog(kafka, topic_prefix), await connect(database)
    name = database.rpartition("/")[2]
    for limit in ("idle_in_transaction_session_timeout", "transaction_timeout"):  # stalled in the midst of a question
        await pool.execute(f"alter database {name} set {limit} = '3s'")
    bench = Bench(Plumbing(log, PgStore(pool), SystemClock(), KitMeter(Metrics(*CATALOGUE)), NoFailpoints()))
    await bench.ensure()
    await bench.tell(0, *["count"] * FACTS)
    yield Scene(bench, pool, (kafka, topic_prefix, database), tmp_path / "said")
    await log.close()
    await pool.close()


@pytest.mark.parametrize("point", IN_A_TURN)
async def test_a_worker_killed_at(point: Point, scene: Scene) -> None:
    async with scene.worker(f"{point.value}:2") as first:
        facts = await scene.tell_more(point)
        assert await asyncio.wait_for(first.wait(), WITHIN) == -signal.SIGKILL
    async with working(scene.bench.plumbing, counting_alone(), owner="next"):
        await scene.all_is_right(facts)


async def test_a_worker_killed_while_it_hands_over(scene: Scene) -> None:
    async with scene.worker("hand_over", slots="all") as first:
        await eventually(scene.bench.has_counted(0, 1), within=WITHIN)
        async with working(scene.bench.plumbing, owner="next"):
            assert await asyncio.wait_for(first.wait(), WITHIN) == -signal.SIGKILL
            await scene.all_is_right(FACTS)


@pytest.mark.parametrize("point", IN_A_TURN)
async def test_a_worker_stalled_past_its_lease_at(point: Point, scene: Scene) -> None:
    """Given a worker that stands still with a batch in hand, when another has taken over and it wakes, then what it
    does comes to nothing: its fence refuses it, its transaction is gone, or readers drop what it sends again."""
    async with scene.worker(f"stop {point.value}:2") as first:
        facts = await scene.tell_more(point)
        await eventually(lambda: psutil.Process(first.pid).status() == psutil.STATUS_STOPPED, within=WITHIN)
        async with working(scene.bench.plumbing, counting_alone(), owner="next"):
            await scene.all_is_right(facts)
            first.send_signal(signal.SIGCONT)
            if point in SENDS:
                await eventually(scene.stands_twice(facts), within=WITHIN)
            else:
                await scene.said("error=Unavailable" if point in HOLDS_LOCKS else "error=Fenced")
            await scene.bench.tell(0, *["count"] * MORE)
            await scene.all_is_right(facts + MORE)


async def test_a_worker_stalled_past_its_lease_while_it_hands_over(scene: Scene) -> None:
    """Given a worker that stands still with a slot ended but not given back, when its lease has run out and another has
    the slot, then giving it back late takes nothing from that one, and what it holds besides it finds lost."""
    async with scene.worker("stop hand_over", slots="all") as first:
        await eventually(scene.bench.has_counted(0, 1), within=WITHIN)
        async with working(scene.bench.plumbing, owner="next"):
            await eventually(lambda: psutil.Process(first.pid).status() == psutil.STATUS_STOPPED, within=WITHIN)
            await eventually(scene.owns("next", slots=2), within=WITHIN)
            await scene.all_is_right(FACTS)
            first.send_signal(signal.SIGCONT)
            await scene.said("error=Fenced")
            await scene.bench.tell(0, *["count"] * MORE)
            await scene.all_is_right(FACTS + MORE)
