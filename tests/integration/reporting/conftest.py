"""One seeded database for all tests that only read."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from leadpact.testkit.history import History
from tests.integration.reporting.seeding import clear, database, pool, recent, seeded


@pytest.fixture(scope="session")
def told() -> History:
    """What happened."""
    return recent()


@pytest.fixture(scope="session")
def reports(postgres: str, told: History) -> Iterator[str]:
    """Address of read models that hold it."""
    with seeded(postgres, told) as dsn:
        yield dsn


@pytest.fixture
async def connections(reports: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to them."""
    async with pool(reports) as made:
        yield made


@pytest.fixture(scope="session")
def ground(postgres: str) -> Iterator[str]:
    """Address of read models that tests write to, one after the other."""
    with database(postgres) as dsn:
        yield dsn


@pytest.fixture
async def empty(ground: str) -> str:
    """The same with nothing in them."""
    await clear(ground)
    return ground
