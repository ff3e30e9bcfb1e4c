"""The judge over a real PostgreSQL: its state from before there were tallies, and what the API tells of it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.rows import Tally
from leadpact.sla_monitor import reading
from leadpact.testkit.installation import Installation
from tests.unit.sla_monitor.judging import APRIL, MARCH, OVER, PROMISE, Judging, Scene
from tests.unit.sla_monitor.world import ny


@pytest.fixture
async def pool(installation: Installation) -> AsyncIterator[asyncpg.Pool]:
    dsn = installation.dsn("sla_monitor")
    await migrate(dsn, "leadpact.kit.migrations")
    pool = await connect(dsn)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> PgStore:
    return PgStore(pool)


class TestJudge(Judging):
    pass


async def test_r34_a_month_that_was_not_counted_from_its_first_day_is_not_judged(
    store: PgStore, pool: asyncpg.Pool
) -> None:
    scene = await Scene(store).begins(OVER)
    await pool.execute("update fence set tallied_since = $1 where slot = 4", ny(3, 1, 0) + timedelta(microseconds=1))
    await scene.all(ny(5, 1, 0))
    await scene.look()
    assert [period for period, *_ in await scene.verdicts()] == ["2026-04"]


async def test_r34_standing_verdicts_are_read_latest_first(store: PgStore, pool: asyncpg.Pool) -> None:
    scene = await Scene(store).begins(OVER)
    await scene.slot(1, OVER, {MARCH: Tally(10, 30, ny(3, 2, 9)), APRIL: Tally(3, 31, OVER)})
    await scene.look()
    await scene.all(ny(5, 1, 0))
    await scene.slot(1, ny(5, 1, 0), {MARCH: Tally(1, 40, ny(3, 2, 9))})
    await scene.look()
    told = [
        (verdict.promise, verdict.period, verdict.revision, verdict.says) for verdict in await reading.promises(pool)
    ]
    assert told == [
        (PROMISE, "2026-04", 1, "April 2026: 3 MQLs of 10 promised: missed."),
        (PROMISE, "2026-03", 2, "March 2026: 11 MQLs of 10 promised: met."),
    ]
