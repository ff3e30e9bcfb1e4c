"""Time that only passes: slots of a process that have nothing else to do take their turns in one statement.

A turn of its own costs a slot several questions to the database, and an installation at rest takes a hundred a second.
"""

import asyncio
from datetime import datetime

from leadpact.kit.ports import Store
from leadpact.kit.rows import Lease, Slot

_GATHER = 0.005  # seconds: slots look for new marks at the same moments


class Passage:
    """Gathers the slots that ask within a few milliseconds, and asks the store for them all at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: dict[Slot, tuple[Lease, datetime]] = {}
        self._going: asyncio.Task[dict[Slot, Lease]] | None = None

    async def pass_time(self, lease: Lease, mark: datetime) -> Lease | None:
        """The lease after a turn that only moved the mark; nothing where more is to be done, as `Store.pass_time` says.

        Raises `Unavailable`: whether time has passed is then unknown.
        """
        self._asked[lease.slot] = (lease, mark)
        if self._going is None:
            self._going = asyncio.create_task(self._go())
            self._going.add_done_callback(_heard)
        passed = await asyncio.shield(self._going)
        return passed.get(lease.slot)

    async def _go(self) -> dict[Slot, Lease]:
        await asyncio.sleep(_GATHER)
        asked, self._asked, self._going = self._asked, {}, None
        return {lease.slot: lease for lease in await self._store.pass_time(list(asked.values()))}


def _heard(going: "asyncio.Task[dict[Slot, Lease]]") -> None:
    """An error that nobody waits for any more is no news: who asked has let go of the slot."""
    if not going.cancelled():
        going.exception()
