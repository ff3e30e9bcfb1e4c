"""The books in memory keep what any books must."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from leadpact.intake.normaliser.memory import MemoryBooks
from tests.unit.intake.books import BooksSuite


class TestMemoryBooks(BooksSuite):
    def setup_method(self) -> None:
        self._books = MemoryBooks()

    async def pass_(self, span: timedelta) -> None:
        self._books.wall += span

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[MemoryBooks]:
        yield self._books
