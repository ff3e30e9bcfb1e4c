"""The database of a whole line of services, in memory."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import NamedTuple

from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.clock import Clock
from leadpact.kit.ports import Turn
from leadpact.kit.rows import Lease
from leadpact.testkit.memory import MemoryStore
from leadpact.testkit.memory.turn import MemoryTurn
from tests.doubles.models import MemoryModels


class Database(MemoryStore):
    """A memory store whose turns take the normaliser's books and the read models along."""

    def __init__(self, clock: Clock, books: MemoryBooks) -> None:
        super().__init__(clock)
        self.books = books
        self.models = MemoryModels()
        self._drafts: dict[Turn, MemoryBooks] = {}
        self._rows: dict[Turn, list[NamedTuple]] = {}

    def draft(self, turn: Turn) -> MemoryBooks:
        """The books for a turn under way."""
        return self._drafts.setdefault(turn, deepcopy(self.books))

    async def write(self, turn: Turn, rows: Iterable[NamedTuple]) -> None:
        """Rows for the read models."""
        self._rows.setdefault(turn, []).extend(rows)

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[MemoryTurn]:
        """One transaction under the fence."""
        async with super().turn(lease) as turn:
            yield turn
        self.books = self._drafts.pop(turn, self.books)
        self.models.write(self._rows.pop(turn, ()))
