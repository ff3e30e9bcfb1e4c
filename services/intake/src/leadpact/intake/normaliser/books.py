"""The port to the normaliser's own tables; everything is read and written for a whole batch at a time."""

from datetime import date, datetime
from typing import Protocol

from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser.state import Asked, Behind, Changes, Known, LaneRow, Spooled, Staged


class Books(Protocol):
    """Reads what was committed before the turn, writes within it."""

    async def sources(self) -> dict[str, Source]:
        """Every registered source by name."""
        ...

    async def known(self, asked: Asked) -> Known:
        """What is known of these keys; the people are those of the leads asked for and of every lead bound to a key."""
        ...

    async def spooled(self, deliveries: frozenset[str]) -> Spooled:
        """What the spool knows of these deliveries, and how old the others are."""
        ...

    async def releasing(self) -> LaneRow | None:
        """The lane that is being released, or has joined while something waits behind it; there is at most one."""
        ...

    async def behind(self, most: int) -> list[Behind]:
        """The next visitors who wait behind a lane."""
        ...

    async def staged(self, lane: LaneRow, most: int) -> list[Staged]:
        """The next staged entries of a lane behind `lane.after`, in order of (occurred_at, id)."""
        ...

    async def write(self, changes: Changes, now: datetime) -> None:
        """Make the changes of a turn; `now` is when items in quarantine and outcomes are dated."""
        ...

    async def expire(self, today: date) -> None:
        """Forget delivery keys older than 45 days, visitors' behaviour older than 90, outcomes with their keys."""
        ...
