"""What verify asks of the services' tables; every answer is of one and the same instant."""

from collections.abc import AsyncIterator
from typing import Protocol

from leadpact.verify.deliveries import Known, Outcome
from leadpact.verify.standing import Standing


class Tables(Protocol):
    """Rows as the checks need them."""

    async def standing(self) -> Standing:
        """Where every consumer stands."""
        ...

    async def known(self) -> Known:
        """What intake knows of deliveries besides their outcomes."""
        ...

    def outcomes(self) -> AsyncIterator[list[Outcome]]:
        """What became of items, in batches."""
        ...
