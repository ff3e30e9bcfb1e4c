"""The books in PostgreSQL keep what any books must."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from leadpact.intake.main import SERVICE
from leadpact.intake.normaliser.pg import PgBooks
from leadpact.kit.migrate import migrate
from leadpact.kit.pg.answering import answering
from leadpact.testkit.installation import Installation
from tests.unit.intake.books import BooksSuite

if TYPE_CHECKING:
    from asyncpg.pool import Pool


class TestPgBooks(BooksSuite):
    _pool: "Pool[asyncpg.Record]"

    @pytest.fixture(autouse=True)
    async def _schema(self, installation: Installation) -> AsyncIterator[None]:
        await migrate(installation.dsn("intake"), *SERVICE.migrations)
        async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=1) as pool:
            self._pool = pool
            yield

    async def pass_(self, span: timedelta) -> None:
        await self._pool.execute("update control set moved_at = moved_at - $1::interval", span)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[PgBooks]:
        with answering():
            async with self._pool.acquire() as connection, connection.transaction():
                yield PgBooks(connection)
