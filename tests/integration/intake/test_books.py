"""The books in PostgreSQL keep what any books must."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from leadpact.intake.main import SERVICE
from leadpact.intake.normaliser.listening import Heard, Listening, Pact
from leadpact.intake.normaliser.pg import PgBooks
from leadpact.intake.normaliser.state import Changes
from leadpact.kit.migrate import migrate
from leadpact.kit.pg.answering import answering
from leadpact.testkit.installation import Installation
from tests.unit.intake.books import NOON, BooksSuite

if TYPE_CHECKING:
    from asyncpg.pool import Pool


class TestPgBooks(BooksSuite):
    _pool: "Pool[asyncpg.Record]"

    @pytest.fixture(autouse=True)
    async def _schema(self, installation: Installation) -> AsyncIterator[None]:
        await migrate(installation.dsn("intake"), "leadpact.kit.migrations", *SERVICE.migrations)
        async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=1) as pool:
            self._pool = pool
            yield

    async def pass_(self, span: timedelta) -> None:
        await self._pool.execute("update control set moved_at = moved_at - $1::interval", span)

    async def test_r30_it_can_be_counted_and_named_which_feeds_are_told_silent(self) -> None:
        (silent,) = [count for count in SERVICE.counts if count.id == "silent"]
        assert silent.names is not None
        assert await self._pool.fetchval(silent.query) == 0
        heard = {"web": Heard(NOON), "dialer": Heard(NOON, NOON), "crm": Heard(NOON, NOON)}
        async with self.turn() as books:
            await books.write(Changes(listening=Listening({"pact": Pact(1, {})}, heard)), NOON)
        assert await self._pool.fetchval(silent.query) == 2
        assert await self._pool.fetchval(silent.names) == "crm, dialer"

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[PgBooks]:
        with answering():
            async with self._pool.acquire() as connection, connection.transaction():
                yield PgBooks(connection)
