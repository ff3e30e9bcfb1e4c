"""The port to the spool: deliveries that Kafka did not acknowledge in time, until the normaliser has handled them."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from leadpact.kit.rows import Stream

CLAIMED = timedelta(seconds=5)
"""How long a relay may take for what it has claimed; then another one may publish it too. So it may at once where the
claim lies further ahead: that relay's wall clock was wrong."""


class Spooled(NamedTuple):
    """A delivery in the spool: the record that it will be, sealed as the door sealed it, and where it belongs."""

    delivery: str
    stream: Stream
    received_at: datetime
    value: bytes


class Spool(Protocol):
    """Every method raises `Unavailable` when the database does not answer. `now` is the wall clock's."""

    async def put(self, spooled: Spooled) -> None:
        """Keep a delivery; returns when it is committed."""
        ...

    async def holds(self, stream: Stream) -> bool:
        """Whether something waits to be published there."""
        ...

    async def claim(self, most: int, now: datetime) -> list[Spooled]:
        """The oldest that nobody has published, claimed by somebody in the last seconds, or handled, in their order."""
        ...

    async def published(self, deliveries: list[str]) -> None:
        """All replicas have them: their bytes go, the rows stay until they are handled."""
        ...

    async def waiting(self) -> int:
        """How many are not handled yet."""
        ...
