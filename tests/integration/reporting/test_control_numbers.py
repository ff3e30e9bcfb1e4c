"""Control records reach reporting's tables from eight partitions at eight speeds: rows only move upwards in their
number, and a partition that lacks one stops (rule 51)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from leadpact.contracts.events import lead
from leadpact.contracts.events.control import Rep, RosterChanged
from leadpact.contracts.topics import partition
from leadpact.testkit.eventually import eventually
from tests.integration.reporting.consuming import Consuming

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE, THERE = "lead-1", "lead-2"


@pytest.fixture
async def consuming(empty: str) -> AsyncIterator[Consuming]:
    assert partition(HERE) != partition(THERE)
    async with asyncpg.create_pool(empty, min_size=1, max_size=16) as connections:
        yield Consuming(connections)


async def roster(consuming: Consuming, where: str, number: int, name: str) -> None:
    event = RosterChanged(control=number, team="inbound", reps=(Rep("ann", name),), reason="tests")
    await consuming.put(consuming.make(event, at=NOON), where)


async def captured(consuming: Consuming, where: str) -> None:
    event = lead.Captured(source="site", channel="direct")
    await consuming.put(consuming.make(event, lead=where, at=NOON), where)


async def seen(consuming: Consuming, leads: int) -> None:
    async def there() -> bool:
        return await consuming.leads() == leads

    await eventually(there, within=20)


async def name(consuming: Consuming) -> str:
    return str(await consuming.connections.fetchval("select name from rep where rep = 'ann'"))


async def test_r51_what_a_slower_partition_says_later_takes_nothing_back(consuming: Consuming) -> None:
    await roster(consuming, HERE, 1, "Ann")
    await roster(consuming, HERE, 2, "Anna")
    await captured(consuming, HERE)
    async with consuming.working():
        await seen(consuming, 1)
        assert await name(consuming) == "Anna"
        await roster(consuming, THERE, 1, "Ann")
        await captured(consuming, THERE)
        await seen(consuming, 2)
        assert await name(consuming) == "Anna"
    kept = await consuming.connections.fetch("select slot, version from cell where consumer = 'reporting.leads'")
    assert {row["slot"]: row["version"] for row in kept} == {partition(HERE): 2, partition(THERE): 1}


async def test_r51_a_partition_that_lacks_one_stops_and_the_others_go_on(consuming: Consuming) -> None:
    await roster(consuming, HERE, 1, "Ann")
    await captured(consuming, HERE)
    async with consuming.working():
        await seen(consuming, 1)
        await roster(consuming, HERE, 3, "Anna")
        await captured(consuming, HERE)
        await eventually(lambda: consuming.stopped() == 1, within=20)
        await roster(consuming, THERE, 1, "Ann")
        await captured(consuming, THERE)
        await seen(consuming, 2)
        assert await name(consuming) == "Ann"
