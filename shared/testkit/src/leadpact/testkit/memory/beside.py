"""Tables of a rebuild in memory, beside the rows of a memory store."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from leadpact.contracts.envelope import Lane
from leadpact.kit.rebuild.ports import Aside, Differences, Handed, Stands
from leadpact.kit.rows import Message, Slot, StoredCell, Stream, Timer
from leadpact.testkit.memory.state import Rows


class MemoryBeside:
    """`cells` and `timers` are what was built; `handed` is what was passed over besides dead letters, and when a
    record was handed back."""

    def __init__(self, rows: Rows, slot: Slot, input_: Stream, output: Stream) -> None:
        self.cells_: dict[str, StoredCell] = {}
        self.timers_: dict[tuple[str, str], Timer] = {}
        self.handed: dict[int, Handed | None] = {}
        self._rows = rows
        self._slot = slot
        self._input = input_
        self._output = output

    async def begin(self) -> None:
        """Forget what was built before."""
        self.cells_.clear()
        self.timers_.clear()

    async def stands(self) -> Stands:
        """How far the living slot is now."""
        slot, consumer = self._rows.slots[self._slot], self._slot.consumer
        dead = [letter.record.offset for letter in self._rows.dead if letter.record.stream == self._input]
        held: dict[str, set[str]] = {}
        for parked in slot.parked.values():
            if parked.by != consumer:
                held.setdefault(parked.key, set()).add(parked.by)
        own = [parked.key for parked in slot.parked.values() if parked.by == consumer]
        waiting = {key: [record.offset for record in slot.waiting.get(key, ())] for key in own}
        last = self._rows.streams[self._output].next_seq - 1
        buried = {**dict.fromkeys(dead), **self.handed}
        return Stands(slot.lease, last, buried, Aside(waiting, held))

    async def outbox(self, after: int, most: int) -> list[Message]:
        """Events behind a sequence that are not known to be published."""
        return [message for message in self._rows.streams[self._output].messages if message.seq > after][:most]

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that were built."""
        return {key: self.cells_[key] for key in keys if key in self.cells_}

    async def due(self, live: datetime, lane_mark: datetime | None) -> list[str]:
        """Keys with a timer built that is due by now, on its lane."""
        untils = {Lane.LIVE: live, Lane.BACKFILL: lane_mark}
        return sorted(
            {
                timer.key
                for timer in self.timers_.values()
                if (until := untils[timer.lane]) is not None and timer.due <= until
            }
        )

    async def write(self, cells: Sequence[StoredCell], timers: Mapping[str, Sequence[Timer]]) -> None:
        """Put cells, and all the timers of these keys, in the place of what was built of them."""
        self.cells_.update({cell.key: cell for cell in cells})
        self.timers_ = {name: timer for name, timer in self.timers_.items() if name[0] not in timers}
        self.timers_.update({(timer.key, timer.name): timer for of_key in timers.values() for timer in of_key})

    async def join(self) -> None:
        """Every cell and timer built in a lane is live from here on."""
        live = msgspec.structs.replace
        self.cells_ = {key: live(cell, lane=Lane.LIVE) for key, cell in self.cells_.items()}
        self.timers_ = {name: live(timer, lane=Lane.LIVE) for name, timer in self.timers_.items()}

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Stands]:
        """Nothing moves here while somebody looks."""
        yield await self.stands()

    @asynccontextmanager
    async def halted(self) -> AsyncIterator[Stands]:
        """The same."""
        yield await self.stands()

    async def compare(self) -> Differences:
        """What was built beside what lives."""
        slot = self._rows.slots[self._slot]
        cells = [key for key in sorted({*slot.cells, *self.cells_}) if slot.cells.get(key) != self.cells_.get(key)]
        timers = [
            name for name in sorted({*slot.timers, *self.timers_}) if slot.timers.get(name) != self.timers_.get(name)
        ]
        first = (*(f"cell {key}" for key in cells), *(f"timer {key} {name}" for key, name in timers))
        return Differences(len(self.cells_), len(cells), len(timers), first)

    async def switch(self, shape: int) -> tuple[int, int]:
        """What was built lives from now on."""
        found, slot = await self.compare(), self._rows.slots[self._slot]
        slot.cells, slot.timers, slot.shape, slot.held = dict(self.cells_), dict(self.timers_), shape, False
        slot.lease = msgspec.structs.replace(slot.lease, epoch=slot.lease.epoch + 1, owner="")
        return found.differing_cells, found.differing_timers
