"""What every rebuild of whole tables does: fold beside those that live while that goes on, then compare or replace."""

from collections.abc import Sequence
from typing import Protocol

import asyncpg

from leadpact.kit.pg.anew import PgAnew
from leadpact.kit.pg.standing import halted, looking
from leadpact.kit.rebuild.told import TableRebuilt
from leadpact.kit.rows import Slot

CHUNK = 2_000
"""Records that are folded at once."""
_NEAR = 1_000
"""So few records are folded while the living slots stand still."""


class Folding(Protocol):
    """Writes into the tables that are made anew; raises `Unbuildable`, `Unavailable`."""

    async def go_on(self) -> int:
        """Fold to where the living slots stand now; how many records that were."""
        ...

    async def end(self) -> None:
        """Once nothing is left, and within the transaction that compares or replaces: write what only then is known."""
        ...


async def remade(
    connection: asyncpg.Connection, tables: PgAnew, slots: Sequence[Slot], folding: Folding, *, check: bool
) -> list[TableRebuilt]:
    """What was found in each table; unless this is a `check` it is what the log says from now on.

    Raises `Unbuildable`, `Unavailable`: then nothing that lives was changed, and doing it again is harmless.
    """
    while await folding.go_on() > _NEAR:
        pass
    await tables.counted()
    async with looking(connection) if check else halted(connection, slots):
        await folding.go_on()
        await folding.end()
        found = await tables.compare() if check else await tables.replace()
    return [
        TableRebuilt(table=each.table, rows=each.rows, differing=each.differing, switched=not check, first=each.first)
        for each in found
    ]
