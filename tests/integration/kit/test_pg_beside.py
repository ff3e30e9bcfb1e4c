"""A rebuild's tables on a real PostgreSQL keep the rules of their port."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from leadpact.kit.pg import PgStore
from leadpact.kit.pg.beside import PgBeside, rebuilding
from leadpact.kit.rows import Slot
from leadpact.testkit.conformance.beside import BesideConformance
from leadpact.testkit.conformance.store import IN, OUT


class TestPgBeside(BesideConformance):
    @pytest.fixture
    def store(self, pool: asyncpg.Pool) -> PgStore:
        return PgStore(pool)

    @pytest.fixture
    async def beside(self, pool: asyncpg.Pool, database: str) -> AsyncIterator[PgBeside]:  # noqa: ARG002 - tables first
        async with rebuilding(database, "test") as connection:
            yield PgBeside(connection, Slot("test", 0), IN, OUT)
