"""What a service offers to be rebuilt by, and what is told of a rebuild."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from leadpact.kit.ports import Log

Tell: TypeAlias = Callable[[int, int, int, int], None]
"""Hears the number of a slot, how many there are, and how many records and events of how many are folded in it."""


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

    @property
    def differs(self) -> bool:
        """Whether anything was."""
        return bool(self.differing_cells or self.differing_timers)


class TableRebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """One table: the rows that it has by the log, and how many were missing, others, or too many.

    `switched` and `first` as of a slot.
    """

    table: str
    rows: int
    differing: int
    switched: bool
    first: Sequence[str] = ()

    @property
    def differs(self) -> bool:
        """Whether any was."""
        return self.differing > 0


class Rebuildable(Protocol):
    """What of a service can be made again from the log."""

    async def outdated(self, dsn: str) -> bool:
        """Whether code of today cannot read what lives; raises `Unbuildable`, `Unavailable`."""
        ...

    async def rebuild(
        self, dsn: str, log: Log, *, check: bool, tell: Tell
    ) -> Sequence[SlotRebuilt] | Sequence[TableRebuilt]:
        """Make it again and put it in the place of what lives, or only `check` whether that would change anything.

        `dsn` is that of the schema's role for rebuilds. Raises `Unbuildable`, `Unavailable`; what was switched by then
        stays so, and doing it again is harmless.
        """
        ...
