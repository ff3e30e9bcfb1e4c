"""The sources in PostgreSQL keep what any registry must; what one process registers the others know in seconds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from leadpact.intake.door.sources import Sources
from leadpact.intake.errors import UnknownSource
from leadpact.intake.main import SERVICE
from leadpact.kit.migrate import migrate
from leadpact.kit.vault import Hasher
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.installation import Installation
from tests.unit.intake.registry import SITE, Put, RegistrySuite


@pytest.fixture
async def pool(installation: Installation) -> AsyncIterator[asyncpg.Pool]:
    await migrate(installation.dsn("intake"), "leadpact.kit.migrations", *SERVICE.migrations)
    async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=1) as pool:
        yield pool


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture
def registry(pool: asyncpg.Pool, installation: Installation, clock: ManualClock) -> Sources:
    return Sources(pool, installation.master, Hasher(installation.master), clock)


class TestSources(RegistrySuite):
    @pytest.fixture
    def put(self, registry: Sources) -> Put:
        return registry.put


async def test_another_process_knows_a_new_source_two_seconds_later(
    registry: Sources, pool: asyncpg.Pool, installation: Installation, clock: ManualClock
) -> None:
    elsewhere = Sources(pool, installation.master, Hasher(installation.master), clock)
    with pytest.raises(UnknownSource):
        await elsewhere.find("site")
    await registry.put(SITE)
    clock.advance(2)
    assert await elsewhere.find("site") == await elsewhere.of_write_key(SITE.secrets[0]) == SITE
