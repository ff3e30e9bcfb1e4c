"""The spool in memory, for tests and for trying things out without a database; while `down` it answers nobody."""

from dataclasses import dataclass, field
from datetime import datetime

from leadpact.intake.spool.spool import CLAIMED, Spooled
from leadpact.kit.errors import Unavailable
from leadpact.kit.rows import Stream


@dataclass(slots=True)
class MemorySpool:
    """Every row is open to who made it; `done` are the deliveries that were handled."""

    rows: dict[str, Spooled] = field(default_factory=dict)
    claims: dict[str, datetime] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    down: bool = False

    async def put(self, spooled: Spooled) -> None:
        """Keep a delivery."""
        self._answer()
        self.rows.setdefault(spooled.delivery, spooled)

    async def holds(self, stream: Stream) -> bool:
        """Whether something waits to be published there."""
        self._answer()
        return any(row.stream == stream for row in self._unpublished())

    async def claim(self, most: int, now: datetime) -> list[Spooled]:
        """The oldest that nobody has published, claimed in the last seconds, or handled."""
        self._answer()
        free = [row for row in self._unpublished() if row.delivery not in self.claims or self._stale(row, now)][:most]
        self.claims |= {row.delivery: now for row in free}
        return free

    async def published(self, deliveries: list[str]) -> None:
        """All replicas have them."""
        self._answer()
        self.sent.update(deliveries)

    async def waiting(self) -> int:
        """How many are not handled yet."""
        self._answer()
        return len(self.rows.keys() - self.done)

    def oldest(self, besides: frozenset[str]) -> datetime | None:
        """When the oldest was received that is not handled yet."""
        open_ = [row.received_at for id_, row in self.rows.items() if id_ not in self.done | besides]
        return min(open_, default=None)

    def _unpublished(self) -> list[Spooled]:
        return [row for id_, row in self.rows.items() if id_ not in self.sent | self.done]

    def _stale(self, row: Spooled, now: datetime) -> bool:
        return not now - CLAIMED <= self.claims[row.delivery] <= now + CLAIMED

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the spool is down")
