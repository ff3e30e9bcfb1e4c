"""The consumers in the kit's worker: records in, rows and marks out, on the real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events import lead
from leadpact.contracts.topics import LEADS, partition
from leadpact.kit.pg.letters import letters, redrive
from leadpact.testkit.eventually import eventually
from tests.integration.reporting.consuming import Consuming

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def consuming(empty: str) -> AsyncIterator[Consuming]:
    async with asyncpg.create_pool(empty, min_size=1, max_size=16) as connections:
        yield Consuming(connections)


async def test_facts_become_rows_and_their_marks_how_fresh_they_are(consuming: Consuming) -> None:
    for number in range(20):
        name = f"lead-{number}"
        captured = consuming.make(lead.Captured(source="website", channel="organic"), lead=name, at=NOON)
        await consuming.put(captured, name)
    async with consuming.working():

        async def all_there() -> bool:
            return await consuming.leads() == 20

        await eventually(all_there, within=20)
    used = {partition(f"lead-{number}") for number in range(20)}
    rows = await consuming.connections.fetch("select slot, mark from fence where consumer = 'reporting.leads'")
    assert {row["slot"] for row in rows if row["mark"] == NOON} == used


async def test_an_unreadable_record_is_buried_and_the_next_one_is_read(consuming: Consuming) -> None:
    await consuming.put(b"{", "lead-1")
    await consuming.put(consuming.make(lead.Captured(source="s", channel="direct"), lead="lead-1", at=NOON), "lead-1")
    async with consuming.working():

        async def there() -> bool:
            return await consuming.leads() == 1

        await eventually(there, within=20)
    assert await consuming.connections.fetchval("select count(*) from dead_letter") == 1


async def test_point6_a_dead_letter_that_is_handed_back_is_written_and_gone(consuming: Consuming) -> None:
    fact = consuming.make(lead.Captured(source="site", channel="direct"), lead="lead-1", at=NOON)
    pool, buried = consuming.connections, ("reporting.leads", LEADS.name, partition("lead-1"), 0)
    async with consuming.working():
        await pool.execute(
            'insert into dead_letter (consumer, topic, partition, "offset", key, value, reason)'
            " values ($1, $2, $3, $4, '', $5, 'UnknownType: to an older version')",
            *buried,
            wire.encode(fact.envelope),
        )
        (letter,) = await letters(pool)
        assert await redrive(pool, letter) and not await redrive(pool, letter)

        async def there() -> bool:
            return await consuming.leads() == 1

        await eventually(there, within=20)
    left = await pool.fetchval(
        "select (select count(*) from dead_letter) + (select count(*) from waiting) + (select count(*) from parked)"
    )
    assert left == 0


async def test_r43_history_being_loaded_moves_no_mark(consuming: Consuming) -> None:
    fact = consuming.make(
        lead.Captured(source="csv", channel="direct"), lead="lead-1", at=NOON + timedelta(days=9), lane=Lane.BACKFILL
    )
    await consuming.put(fact, "lead-1")
    async with consuming.working():

        async def there() -> bool:
            return await consuming.leads() == 1

        await eventually(there, within=20)
    assert await consuming.connections.fetchval("select max(mark) = 'epoch' from fence")


async def test_a_second_worker_after_the_first_counts_nothing_twice(consuming: Consuming) -> None:
    behaved = lead.Behaved(source="segment", kind="page", subject="/pricing")

    async def counted(expected: int) -> None:
        async def there() -> bool:
            return bool(await consuming.connections.fetchval("select sum(facts) = $1 from intake", expected))

        await eventually(there, within=20)

    await consuming.put(consuming.make(behaved, at=NOON), "lead-1")
    async with consuming.working():
        await counted(1)
    await consuming.put(consuming.make(behaved, at=NOON), "lead-1")
    async with consuming.working():
        await counted(2)
