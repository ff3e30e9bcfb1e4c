"""What verify asks of the services' tables; every answer is of one and the same instant."""

from collections.abc import AsyncIterator
from typing import Protocol

from leadpact.verify.deliveries import Known, Outcome
from leadpact.verify.effects import Effect
from leadpact.verify.shelves import Row
from leadpact.verify.slots import Slot
from leadpact.verify.standing import Standing
from leadpact.verify.state import Cell
from leadpact.verify.timers import Timers
from leadpact.verify.turns import Shared
from leadpact.verify.volume import Tally


class Tables(Protocol):
    """Rows as the checks need them."""

    async def standing(self) -> Standing:
        """Where every consumer stands."""
        ...

    async def known(self) -> Known:
        """What intake knows of deliveries besides their outcomes."""
        ...

    def waiting(self) -> AsyncIterator[list[tuple[str]]]:
        """Ids of facts that wait for something and become none until then, in batches."""
        ...

    def outcomes(self) -> AsyncIterator[list[Outcome]]:
        """What became of items, in batches."""
        ...

    def cells(self) -> AsyncIterator[list[Cell]]:
        """The state of every lead in the qualifier and the sla-monitor, and of promises over many, in batches."""
        ...

    def timers(self) -> AsyncIterator[list[Timers]]:
        """What leads wait for, in batches."""
        ...

    async def slots(self) -> list[Slot]:
        """The control state of every slot of the qualifier and the sla-monitor."""
        ...

    async def shared(self) -> list[Shared]:
        """What all slots of the sla-monitor share."""
        ...

    def models(self) -> AsyncIterator[list[Row]]:
        """Rows of the read models, in batches."""
        ...

    async def tallies(self) -> list[Tally]:
        """What the sla-monitor has counted, slot by slot."""
        ...

    def effects(self) -> AsyncIterator[list[Effect]]:
        """The ledgers of effects of all services, in batches."""
        ...

    def texts(self) -> AsyncIterator[list[tuple[str, str]]]:
        """What tables say of errors, in batches: where it stands, and the text."""
        ...
