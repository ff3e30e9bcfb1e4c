"""A rebuild of one consumer: slot by slot, each built while it lives, then compared or switched."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from leadpact.kit.decider import Decider
from leadpact.kit.errors import Unbuildable
from leadpact.kit.pg.beside import PgBeside, rebuilding, shapes
from leadpact.kit.ports import Log
from leadpact.kit.rebuild.building import building
from leadpact.kit.rows import Slot, Stream


class SlotRebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """One slot: its records and events folded, and how many cells and timers were not what they should have been.

    `switched`: they are now; `first` says what the first of them are, of a check alone.
    """

    slot: int
    folded: int
    differing_cells: int
    differing_timers: int
    switched: bool
    first: Sequence[str] = ()


async def rebuild(
    decider: Decider[Any, Any], dsn: str, log: Log, *, check: bool, tell: Callable[[int, int, int, int], None]
) -> list[SlotRebuilt]:
    """Rebuild every slot of a decider, or `check` whether that would change anything.

    `dsn` is that of the schema's role for rebuilds. `tell` hears the number of the slot, how many there are, and how
    many records and events of how many are folded in it. Raises `Unbuildable`, `Unavailable`; what was switched by
    then stays so, and doing it again is harmless.
    """
    done: list[SlotRebuilt] = []
    async with rebuilding(dsn, decider.consumer) as connection:
        slots = await shapes(connection, decider.consumer)
        if not slots:
            raise Unbuildable(f"{decider.consumer} has no slots: its worker has never run here")
        if check and (others := sorted({*slots.values()} - {decider.shape})):
            raise Unbuildable(
                f"the state that lives has shape {', '.join(map(str, others))}, this code makes shape {decider.shape}: "
                "there is nothing to compare"
            )
        for slot in slots:
            input_, output = Stream(decider.input.name, slot.number), Stream(decider.output.name, slot.number)
            beside = PgBeside(connection, slot, input_, output)
            done.append(await _one(decider, slot, log, beside, check=check, tell=_of(slot, len(slots), tell)))
    return done


async def outdated(decider: Decider[Any, Any], dsn: str) -> bool:
    """Whether a slot's cells have another shape than this code makes; raises `Unbuildable`, `Unavailable`."""
    async with rebuilding(dsn, decider.consumer) as connection:
        return not {*(await shapes(connection, decider.consumer)).values()} <= {decider.shape}


async def _one(
    decider: Decider[Any, Any],
    slot: Slot,
    log: Log,
    beside: PgBeside,
    *,
    check: bool,
    tell: Callable[[int, int], None],
) -> SlotRebuilt:
    async with building(decider, slot, log, beside, tell) as built:
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


def _of(slot: Slot, slots: int, tell: Callable[[int, int, int, int], None]) -> Callable[[int, int], None]:
    return lambda done, total: tell(slot.number, slots, done, total)
