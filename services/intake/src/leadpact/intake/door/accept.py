"""Keeping what is proven: sealed, published, and only then answered; also what nobody can read (rules 7 and 8)."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec
import structlog

from leadpact.contracts.envelope import Actor
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.draft import Draft
from leadpact.intake.door.http import inflated
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.errors import Misshapen, Unreadable
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Denied
from leadpact.kit.ids import fresh
from leadpact.kit.parking import reason
from leadpact.kit.vault import Safe
from leadpact.web.errors import Fault, Problem

_log = structlog.get_logger(__name__)


class Sent(NamedTuple):
    """A body as it came, with its `Content-Encoding`."""

    body: bytes
    encoding: str


class Acceptor:
    """Makes deliveries of what was sent and has them kept."""

    def __init__(self, keeper: Keeper, safe: Safe, clock: Clock) -> None:
        self._keeper = keeper
        self._safe = safe
        self._clock = clock

    def now(self) -> datetime:
        """When something is received now."""
        return self._clock.business()

    def delivery(
        self, door: str, source: str, key: str, actor: Actor, *, lane: str | None = None, speaks_for: bool = False
    ) -> Delivery:
        """A new delivery, received now, still without its body."""
        return Delivery(
            id=fresh(),
            door=door,
            source=source,
            received_at=self.now(),
            key=key,
            actor=actor,
            body=b"",
            speaks_for=speaks_for,
            lane=lane,
        )

    async def accept(self, delivery: Delivery, sent: Sent, check: Callable[[bytes], list[Draft]]) -> list[Draft]:
        """Keep what was sent and say what its items are; none where our own code fails on it, which goes to quarantine.

        Raises `Problem` 400 or 422 for what is unreadable, after it was kept; `Unavailable` when nothing keeps it.
        A `Problem` or `Denied` that `check` raises means that nothing is kept.
        """
        unreadable: Problem | None = None
        drafts: list[Draft] = []
        body = sent.body
        try:
            body = inflated(sent.body, sent.encoding)
            drafts = check(body)
        except Unreadable as error:
            status, title = (422, "Unprocessable Content") if isinstance(error, Misshapen) else (400, "Bad Request")
            fault = Fault(error.pointer, error.reason)
            unreadable = Problem(status, title, detail=error.reason, errors=(fault,))
            delivery = msgspec.structs.replace(delivery, unreadable=(error.reason, error.pointer))
        except (Problem, Denied):
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a mistake of ours must not lose what was sent
            _log.exception("delivery not understood", exc_info=error)
            delivery = msgspec.structs.replace(delivery, mistake=reason(error))
        await self.keep(delivery, body, drafts[0].key if len(drafts) == 1 else delivery.key)
        if unreadable is not None:
            raise unreadable
        return drafts

    async def keep(self, delivery: Delivery, body: bytes, key: str) -> None:
        """Seal and keep; returns when it is durable. `key` decides the partition."""
        await self._keeper.keep(await self._sealed(delivery, body), key)

    async def publish(self, delivery: Delivery, body: bytes, key: str, patience: float) -> None:
        """Seal and publish, whatever it takes up to so many seconds; never by the spool."""
        await self._keeper.publish(await self._sealed(delivery, body), key, patience)

    async def _sealed(self, delivery: Delivery, body: bytes) -> Delivery:
        return msgspec.structs.replace(delivery, body=await self._safe.seal_raw(delivery.received_at.date(), body))
