"""What tests of the kit's stores stand on."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from leadpact.kit.migrate import migrate
from leadpact.kit.pg import connect


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to an empty database with the kit's tables."""
    await migrate(database, "leadpact.kit.migrations")
    pool = await connect(database)
    yield pool
    await pool.close()
