"""Effects wait as rows that turns have committed; a loop of their own sends them: no turn ever waits for the outside.

A row is claimed by moving its due time behind a lease, sent outside any transaction, and marked; only whoever claimed
it last may mark it. What fails is tried again for as long as it takes, for an outage ends (rule 42); given up is only
what the other side refuses for good, and a person may ask for it again. If a process dies between sending and marking,
the row is sent again under the same id, which senders pass on (a mail's Message-ID, a webhook's idempotency key), so
that the other side can tell.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import msgspec
import structlog

from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable, Undeliverable
from leadpact.kit.meter import EFFECTS, SEND
from leadpact.kit.metrics import Metrics
from leadpact.kit.pg.answering import answering

Sender = Callable[[str, Mapping[str, str]], Awaitable[None]]
"""Does one effect, given its id and payload; any exception means "not done", `Undeliverable` means "never"."""

SEND_SECONDS = 20.0
LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
_DOUBLINGS = 10  # more than lead to the longest pause
_BATCH = 20
_LOOK_AGAIN = 0.5

_CLAIM = """
with taken as (
    select id from effect where state = 'held' and kind = any($1::text[]) and due <= $2
    order by due, id limit $3 for update skip locked
)
update effect set attempts = attempts + 1, due = $4 from taken where effect.id = taken.id
returning effect.id, kind, payload, attempts
"""
_SENT = "update effect set state = 'sent', sent_at = $3, error = null where id = $1 and attempts = $2"
_FAILED = "update effect set state = $3, due = $4, error = $5 where id = $1 and attempts = $2 and state = 'held'"

log = structlog.get_logger()
_payload = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class _Claim:
    id: str
    kind: str
    payload: dict[str, str]
    attempts: int


class Effects:
    """Sends what waits in one service's schema; several processes may do so side by side.

    `pool` connects as the service's role. Kinds without a sender stay held. Retries live by the wall clock.
    """

    def __init__(self, pool: asyncpg.Pool, senders: Mapping[str, Sender], clock: Clock, metrics: Metrics) -> None:
        self._pool = pool
        self._senders = dict(senders)
        self._clock = clock
        self._metrics = metrics

    async def run(self, stopping: asyncio.Event) -> None:
        """Send what is due, until asked to stop; what is being sent then is sent to its end."""
        while not stopping.is_set():
            try:
                sent = await self.send_due()
            except Unavailable as error:
                log.warning("effects wait for the database", exc_info=error)
                sent = 0
            if sent == 0:
                await self._clock.sleep(_LOOK_AGAIN)

    async def send_due(self) -> int:
        """Claim a batch of what is due and try to send each once; returns how many were tried. Raises `Unavailable`."""
        now = self._clock.wall()
        with answering():
            rows = await self._pool.fetch(_CLAIM, list(self._senders), now, _BATCH, now + LEASE)
        claims = [_Claim(row["id"], row["kind"], _payload(row["payload"]), row["attempts"]) for row in rows]
        await asyncio.gather(*(self._send(claim) for claim in claims))
        return len(claims)

    async def _send(self, claim: _Claim) -> None:
        before = self._clock.monotonic()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._senders[claim.kind](claim.id, claim.payload)
        except Undeliverable as error:
            outcome = await self._failed(claim, error, "given_up", str(error))
        except Exception as error:  # noqa: BLE001 - the edge: whatever a sender raises means "not done"
            # the error's words are not kept: they may quote an address
            outcome = await self._failed(claim, error, "held", type(error).__qualname__)
        else:
            with answering():
                await self._pool.execute(_SENT, claim.id, claim.attempts, self._clock.wall())
            outcome = "sent"
        self._metrics.count(EFFECTS, claim.kind, outcome)
        self._metrics.observe(SEND, self._clock.monotonic() - before, claim.kind)

    async def _failed(self, claim: _Claim, error: Exception, state: str, said: str) -> str:
        """Put it back for later, or give it up; returns the outcome that is counted."""
        pause = min(FIRST_PAUSE * 2 ** min(claim.attempts - 1, _DOUBLINGS), LONGEST_PAUSE)
        due = self._clock.wall() + pause
        log.warning("effect failed", effect=claim.id, kind=claim.kind, attempts=claim.attempts, exc_info=error)
        with answering():
            await self._pool.execute(_FAILED, claim.id, claim.attempts, state, due, said)
        return "given_up" if state == "given_up" else "failed"
