"""A rebuild of one stage's consumer: slot by slot, each built while it lives, then compared or switched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leadpact.kit.decider import Decider
from leadpact.kit.errors import Unbuildable
from leadpact.kit.pg.beside import PgBeside, rebuilding
from leadpact.kit.pg.standing import shapes
from leadpact.kit.ports import Log
from leadpact.kit.rebuild.building import building
from leadpact.kit.rebuild.told import SlotRebuilt, Tell
from leadpact.kit.rows import Slot, Stream


@dataclass(frozen=True, slots=True)
class States:
    """The state of every slot of a decider."""

    decider: Decider[Any, Any]

    async def outdated(self, dsn: str) -> bool:
        """Whether a slot's cells have another shape than this code makes; raises `Unbuildable`, `Unavailable`."""
        async with rebuilding(dsn, self.decider.consumer) as connection:
            return not {*(await shapes(connection, self.decider.consumer)).values()} <= {self.decider.shape}

    async def rebuild(self, dsn: str, log: Log, *, check: bool, tell: Tell) -> list[SlotRebuilt]:
        """Rebuild every slot, or `check` whether that would change anything.

        `dsn` is that of the schema's role for rebuilds. Raises `Unbuildable`, `Unavailable`; what was switched by then
        stays so, and doing it again is harmless.
        """
        decider, done = self.decider, list[SlotRebuilt]()
        async with rebuilding(dsn, decider.consumer) as connection:
            slots = await shapes(connection, decider.consumer)
            if not slots:
                raise Unbuildable(f"{decider.consumer} has no slots: its worker has never run here")
            if check and (others := sorted({*slots.values()} - {decider.shape})):
                raise Unbuildable(
                    f"the state that lives has shape {', '.join(map(str, others))}, this code makes shape "
                    f"{decider.shape}: there is nothing to compare"
                )
            for slot in slots:
                input_, output = Stream(decider.input.name, slot.number), Stream(decider.output.name, slot.number)
                beside = PgBeside(connection, slot, input_, output)
                done.append(await self._one(slot, log, beside, check=check, tell=_of(slot, len(slots), tell)))
        return done

    async def _one(
        self, slot: Slot, log: Log, beside: PgBeside, *, check: bool, tell: Callable[[int, int], None]
    ) -> SlotRebuilt:
        async with building(self.decider, slot, log, beside, tell) as built:
            await built.catch_up()
            if check:
                found = await built.check()
                return SlotRebuilt(
                    slot=slot.number,
                    folded=built.folded,
                    differing_cells=found.differing_cells,
                    differing_timers=found.differing_timers,
                    switched=False,
                    first=found.first,
                )
            switched = await built.switch()
            return SlotRebuilt(
                slot=slot.number,
                folded=built.folded,
                differing_cells=switched.cells,
                differing_timers=switched.timers,
                switched=True,
            )


def _of(slot: Slot, slots: int, tell: Tell) -> Callable[[int, int], None]:
    return lambda done, total: tell(slot.number, slots, done, total)
