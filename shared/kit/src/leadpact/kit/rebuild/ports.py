"""The port of a rebuild: tables of one slot beside those that live, and how far the living slot has got."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from leadpact.kit.rows import Lease, Message, StoredCell, Timer


class Handed(NamedTuple):
    """A record that nobody could read was handed back: when the slot stood before offset `behind`, as number so and
    so among all that waits."""

    behind: int
    number: int


@dataclass(frozen=True, slots=True)
class Aside:
    """Keys that wait: own ones with the offsets of the records behind them, and those that somebody upstream holds."""

    waiting: Mapping[str, Sequence[int]] = field(default_factory=dict)
    held: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stands:
    """How far a living slot has got, as one snapshot shows it.

    `last` is the sequence of its last event; `buried` are the offsets of records that nobody could read, with when they
    were handed back, if they were.
    """

    lease: Lease
    last: int
    buried: Mapping[int, Handed | None]
    aside: Aside


@dataclass(frozen=True, slots=True)
class Differences:
    """What of the living state is not what was built: how many, and sentences about the first of them that say nothing
    of what is in a state. `cells` is how many were built."""

    cells: int
    differing_cells: int
    differing_timers: int
    first: tuple[str, ...]


class Table(NamedTuple):
    """A table that is made again as a whole, by its primary key."""

    name: str
    key: tuple[str, ...]


class TableDifference(NamedTuple):
    """How many rows of a table lived otherwise than they were built, of how many built; `first` says of some of them
    which, and nothing of what is in them."""

    table: str
    rows: int
    differing: int
    first: tuple[str, ...]


class Outbox(Protocol):
    """What was committed and is not known to be in the log."""

    async def outbox(self, after: int, most: int) -> list[Message]:
        """Events behind a sequence that are not known to be published."""
        ...


class Beside(Outbox, Protocol):
    """Cells and timers of one slot that are built beside those that live; raises `Unavailable`."""

    async def begin(self) -> None:
        """Forget what was built before."""
        ...

    async def stands(self) -> Stands:
        """How far the living slot is now."""
        ...

    async def cells(self, keys: Collection[str]) -> dict[str, StoredCell]:
        """Those of the keys that were built."""
        ...

    async def due(self, live: datetime, lane_mark: datetime | None) -> list[str]:
        """Keys with a timer built that is due by now, on its lane."""
        ...

    async def write(self, cells: Sequence[StoredCell], timers: Mapping[str, Sequence[Timer]]) -> None:
        """Put cells, and all the timers of these keys, in the place of what was built of them."""
        ...

    async def join(self) -> None:
        """Every cell and timer built in a lane is live from here on (rule 43)."""
        ...

    def looking(self) -> AbstractAsyncContextManager[Stands]:
        """The living slot as it is at one moment, while it goes on."""
        ...

    def halted(self) -> AbstractAsyncContextManager[Stands]:
        """The living slot stands still until the end, and then all that was done is done at once, or nothing."""
        ...

    async def compare(self) -> Differences:
        """What was built beside what lives."""
        ...

    async def switch(self, shape: int) -> tuple[int, int]:
        """Within `halted`: what was built lives from now on, in this shape, and whoever owns the slot is fenced.
        Returns how many cells and how many timers that changed."""
        ...
