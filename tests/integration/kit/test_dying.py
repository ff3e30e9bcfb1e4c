"""Point 1, 3 and 4: a worker killed with -9 in the worst moments loses nothing, doubles nothing, reorders nothing."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints, Point
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.plumbing import Plumbing
from leadpact.testkit.conformance.worker import WITHIN, Bench, said, working
from leadpact.testkit.eventually import eventually

PROGRAM = Path(__file__).with_name("counting_worker.py")
FACTS = 1_200


@pytest.mark.parametrize("point", list(Point))
async def test_a_worker_killed_at(point: Point, kafka: str, topic_prefix: str, database: str) -> None:
    await migrate(database, "leadpact.kit.migrations")
    log, pool = KafkaLog(kafka, topic_prefix), await connect(database)
    meter = KitMeter(Metrics(*CATALOGUE))
    bench = Bench(Plumbing(log, PgStore(pool), SystemClock(), meter, NoFailpoints()))
    await bench.ensure()
    await bench.tell(0, *["count"] * FACTS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), kafka, topic_prefix, database, f"{point.value}:2"
    )
    try:
        assert await asyncio.wait_for(process.wait(), WITHIN) == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    async with working(bench.plumbing, owner="next"):
        await eventually(bench.has_counted(0, FACTS), within=WITHIN)
        await eventually(_nothing_left(pool), within=WITHIN)
    counted = said(await bench.counted(0))
    assert [envelope.lead_version for envelope in counted] == list(range(1, FACTS + 1))
    assert len({envelope.id for envelope in counted}) == FACTS
    assert await pool.fetchval("select count(*) from effect") == FACTS
    await log.close()
    await pool.close()


def _nothing_left(pool: asyncpg.Pool) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return bool(await pool.fetchval("select count(*) = 0 from outbox"))

    return probe
