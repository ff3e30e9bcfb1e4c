"""One turn of a memory store: it reads committed rows and gathers writes."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.rows import (
    BEGINNING,
    Lease,
    ParkedKey,
    Record,
    Slot,
    SlotTallies,
    StoredCell,
    Tallied,
    Timer,
)
from leadpact.kit.turn import WritingTurn
from leadpact.testkit.memory.state import Rows, SlotRows


class MemoryTurn(WritingTurn):
    """Reads the rows of one slot; shared rows are locked to the end of the turn."""

    def __init__(self, lease: Lease, rows: Rows, slot: SlotRows, locks: Mapping[Slot | str, asyncio.Lock]) -> None:
        super().__init__(lease)
        self._rows = rows
        self._slot = slot
        self._locks = locks
        self._locked: list[str] = []

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that are known."""
        return {key: self._slot.cells[key] for key in keys if key in self._slot.cells}

    async def timers(self, keys: Collection[str]) -> dict[str, list[Timer]]:
        """Timers set for these keys."""
        found: dict[str, list[Timer]] = {}
        wanted = set(keys)
        for (key, _), timer in sorted(self._slot.timers.items()):
            if key in wanted:
                found.setdefault(key, []).append(timer)
        return found

    async def due(self, lane: Lane, until: datetime, most: int) -> list[Timer]:
        """Timers of a lane due by an instant, in order, none of a parked key."""
        parked = {key for key, _ in self._slot.parked}
        timers = (timer for timer in self._slot.timers.values() if timer.lane is lane and timer.due <= until)
        return sorted(timer for timer in timers if timer.key not in parked)[:most]

    async def lock(self, names: Collection[str]) -> dict[str, bytes]:
        """Lock shared rows, sorted, to the commit."""
        for name in sorted(set(names).difference(self._locked)):
            await self._locks[name].acquire()
            self._locked.append(name)
        return {name: self._rows.shared[name] for name in names if name in self._rows.shared}

    async def parked(self) -> list[ParkedKey]:
        """Every parked key of this slot."""
        return list(self._slot.parked.values())

    async def waiting(self, key: str, most: int) -> list[Record]:
        """The first records waiting behind a parked key, in order."""
        return self._slot.waiting[key][:most]

    async def tallied(self, consumer: str) -> Tallied:
        """All slots of a consumer; they have counted from the beginning."""
        of = [(slot.number, rows) for slot, rows in sorted(self._rows.slots.items()) if slot.consumer == consumer]
        controls = {number: rows.cells.get(CONTROL_KEY) for number, rows in of}
        first = controls.get(0)
        slots = (
            SlotTallies(
                slot=number,
                positions=rows.lease.positions,
                mark=rows.lease.mark,
                in_lane=rows.lease.lane_mark is not None,
                since=BEGINNING,
                controls=0 if (control := controls[number]) is None else control.version,
                tallies=dict(rows.tallies),
            )
            for number, rows in of
        )
        return Tallied(tuple(slots), None if first is None else first.data)

    def unlock(self) -> None:
        """Let go of the shared rows."""
        for name in self._locked:
            self._locks[name].release()
