"""Read models made again from the topics that they are projections of, beside those that live and go on; then compared
with them, or put in their place (docs/adr/0026)."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import asyncpg

from leadpact.contracts.topics import CONTROL_KEY, Topic
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Unbuildable
from leadpact.kit.numbering import UNKNOWN, following
from leadpact.kit.pg.anew import PgAnew
from leadpact.kit.pg.standing import alone, shapes, stands
from leadpact.kit.ports import Log
from leadpact.kit.reading import is_control
from leadpact.kit.rebuild.listening import Heard, from_the_start, single, taken
from leadpact.kit.rebuild.ports import Handed, Stands, Table
from leadpact.kit.rebuild.remaking import CHUNK, remade
from leadpact.kit.rebuild.told import TableRebuilt, Tell
from leadpact.kit.rows import Position, Slot, Stream

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
_CELLS = Table("cell", ("consumer", "slot", "key"))
_COUNTED = """
insert into cell (consumer, slot, key, version, lane, data) values ($1, $2, $3, $4, 'live', '')
on conflict (consumer, slot, key) do update set version = excluded.version
"""


@dataclass(frozen=True, slots=True)
class Projection:
    """A consumer that turns the facts of each partition of a topic into rows, one slot a partition.

    `rows` gives what follows from a fact of a partition. `all_controls`: its topic carries every control record.
    """

    consumer: str
    topic: Topic
    rows: Callable[[Fact, int], Iterable[NamedTuple]]
    all_controls: bool = True


@dataclass(frozen=True, slots=True)
class Models:
    """All `tables` that these consumers write, and nobody else.

    `write` takes rows in order, within a transaction, wherever the tables' names lead on its connection.
    """

    tables: Sequence[Table]
    projections: Sequence[Projection]
    write: Callable[[Connection, Sequence[NamedTuple]], Awaitable[None]]

    async def outdated(self, dsn: str) -> bool:
        """Never: migrations change the layout of columns."""
        del dsn
        return False

    async def rebuild(self, dsn: str, log: Log, *, check: bool, tell: Tell) -> list[TableRebuilt]:
        """Rebuild all tables at once, or `check` whether that would change anything.

        `dsn` is that of the schema's role for rebuilds. Raises `Unbuildable`, `Unavailable`: then nothing that lives
        was changed, and doing it again is harmless.
        """
        async with alone(dsn) as connection, AsyncExitStack() as stack:
            tables = PgAnew(connection, [*self.tables, _CELLS])
            await tables.begin()
            parts = [
                await _part(self, projection, slot, connection, log, stack)
                for projection in self.projections
                for slot in await shapes(connection, projection.consumer)
            ]
            if len({part.slot.consumer for part in parts}) < len(self.projections):
                raise Unbuildable("there are consumers without slots: their worker has never run here")
            return await remade(connection, tables, [part.slot for part in parts], _Parts(parts, tell), check=check)


async def _part(
    models: Models, projection: Projection, slot: Slot, connection: asyncpg.Connection, log: Log, stack: AsyncExitStack
) -> "_Part":
    input_ = Stream(projection.topic.name, slot.number)
    reader = await from_the_start(log, input_)
    stack.push_async_callback(reader.close)
    return _Part(models, projection, slot, connection, log, Heard(reader, input_))


class _Parts:
    """All partitions, one after the other."""

    def __init__(self, parts: Sequence["_Part"], tell: Tell) -> None:
        self._parts = parts
        self._tell = tell

    async def go_on(self) -> int:
        """Fold to where the living slots stand now."""
        standing = [await part.stands() for part in self._parts]
        before = self._stood()
        total = before + sum(part.left(each) for part, each in zip(self._parts, standing, strict=True))
        for part, each in zip(self._parts, standing, strict=True):
            await part.upto(each, lambda: self._tell(0, 1, self._stood(), total))
        return total - before

    async def end(self) -> None:
        """Everything is written where it was folded."""

    def _stood(self) -> int:
        return sum(part.stood for part in self._parts)


class _Part:
    """One partition's share of the tables; it has folded what stood before the offset `stood`."""

    def __init__(
        self,
        models: Models,
        projection: Projection,
        slot: Slot,
        connection: asyncpg.Connection,
        log: Log,
        heard: Heard,
    ) -> None:
        self.slot = slot
        self._models = models
        self._projection = projection
        self._connection = connection
        self._log = log
        self._heard = heard
        self._input = Stream(projection.topic.name, slot.number)
        self._number = UNKNOWN
        self.stood = 0
        self._letters: deque[tuple[Handed, int]] = deque()
        self._handed: set[Handed] = set()

    async def stands(self) -> Stands:
        """How far the living slot is now; it says nothing that another stream would hold."""
        return await stands(self._connection, self.slot, self._input, self._input)

    def left(self, standing: Stands) -> int:
        """How many records there are still to be folded to where the living slot stood."""
        return self._end(standing) - self.stood

    async def upto(self, standing: Stands, tell: Callable[[], None]) -> None:
        """Fold to where the living slot stood."""
        end = self._end(standing)
        waits = {offset for offsets in standing.aside.waiting.values() for offset in offsets}
        handed = [(each, offset) for offset, each in standing.buried.items() if each is not None]
        self._letters = deque(sorted(each for each in handed if each[0] not in self._handed and each[1] not in waits))
        while records := await self._heard.next(CHUNK, end, standing.buried):
            facts: list[Fact] = []
            for record in records:
                facts += await self._handed_back(record.offset)
                if record.offset not in standing.buried:
                    fact = taken(record)
                    if is_control(fact):
                        every = self._projection.all_controls
                        self._number = following(self._number, record, fact, first=False, all_of_them=every)
                    facts.append(fact)
            await self._write(facts)
            self.stood = records[-1].offset + 1
            tell()
        await self._write(await self._handed_back(end))
        self.stood = end
        tell()

    async def _handed_back(self, stood: int) -> list[Fact]:
        """What was handed back by the time that the slot stood before this offset was handled there."""
        facts: list[Fact] = []
        while self._letters and self._letters[0][0].behind <= stood:
            handed, offset = self._letters.popleft()
            self._handed.add(handed)
            facts.append(taken(await single(self._log, self._input, offset)))
        return facts

    async def _write(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        async with self._connection.transaction():
            rows = [row for fact in facts for row in self._projection.rows(fact, self.slot.number)]
            await self._models.write(self._connection, rows)
            if self._number != UNKNOWN:
                await self._connection.execute(_COUNTED, *self.slot, CONTROL_KEY, self._number)

    def _end(self, standing: Stands) -> int:
        return standing.lease.positions.get(self._input, Position(0)).offset
