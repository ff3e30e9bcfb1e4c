"""One slot in a worker's hands: its consumer beside its relay, from the claim until it is given back."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from leadpact.kit.board import Board
from leadpact.kit.consumer import Consumer
from leadpact.kit.errors import Fenced, Stopped, Unavailable
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.handling import Duty
from leadpact.kit.parking import reason
from leadpact.kit.passage import Passage
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Lease, Message, Stream
from leadpact.kit.tasks import ended, waits_at

_HANGS = 45.0  # seconds: no step takes so long; the database ends a transaction after 20
_LOOK = 5.0
_log = structlog.get_logger(__name__)


class Tenure:
    """`trouble` says why the slot stands still, if it does: it is then held, so that nobody else stumbles over it.

    `moved` is called after each turn.
    """

    def __init__(
        self,
        duty: Duty,
        lease: Lease,
        plumbing: Plumbing,
        board: Board,
        passage: Passage,
        moved: Callable[[], None],
    ) -> None:
        self.lease = lease
        self.outputs = duty.outputs[lease.slot.number]
        self.trouble: str | None = None
        self._plumbing = plumbing
        self._moved = moved
        self._stopping = asyncio.Event()
        self._relay = Relay(lease.slot, self.outputs, plumbing)
        if not duty.inputs[lease.slot.number]:  # it has no batch in hand, which is what failpoints are about
            plumbing = replace(plumbing, failpoints=NoFailpoints())
        self._consumer = (
            Consumer(duty, duty.handler(lease.slot), lease, plumbing, board, passage, self._committed)
            if duty.handler
            else None
        )
        self._task = asyncio.create_task(self._hold())

    @property
    def over(self) -> bool:
        """Whether nothing runs any more, and the slot is to be given back."""
        return self._task.done()

    def wake(self) -> None:
        """Somebody appended to an outbox."""
        self._relay.wake()

    def stop(self) -> None:
        """Finish the batch in hand, publish what it made, then be over."""
        self._stopping.set()

    async def end(self, seconds: float) -> None:
        """Wait until it is over; what is not done by then is left to the next owner."""
        await asyncio.wait({self._task}, timeout=seconds)
        self._task.cancel()
        await asyncio.wait({self._task})

    def _committed(self, numbered: Mapping[Stream, list[Message]]) -> None:
        self._relay.hand(numbered)
        self._moved()

    async def _hold(self) -> None:
        relay = asyncio.create_task(self._relay.run())
        work = asyncio.create_task(self._work())
        try:
            goes_on = await self._lasts(relay, work)
            work.cancel()
            if self.trouble is not None:
                await self._stopping.wait()
        finally:
            await ended(work, relay)
        if goes_on:
            with suppress(Unavailable):
                await self._relay.drain()

    async def _lasts(self, relay: "asyncio.Task[None]", work: "asyncio.Task[None]") -> bool:
        """Wait until one of them ends, or hangs; whether the slot is still ours to publish for.

        A library that waits for ever would hold the slot for ever: its lease is renewed beside it.
        """
        while not relay.done() and not work.done():
            await asyncio.wait({relay, work}, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
            if self._consumer is not None and self._consumer.quiet > _HANGS and not relay.done() and not work.done():
                slot = self.lease.slot
                self._plumbing.meter.happened(slot, "hung")
                _log.error("gives up a slot that hangs", consumer=slot.consumer, slot=slot.number, where=waits_at(work))
                return False
        return self._judge(relay if relay.done() else work)

    async def _work(self) -> None:
        if self._consumer is None:
            await self._stopping.wait()
        else:
            await self._consumer.run(self._stopping)

    def _judge(self, task: "asyncio.Task[None]") -> bool:
        """Take note of how the task ended; whether the slot is still ours to publish for."""
        slot, happened = self.lease.slot, self._plumbing.meter.happened
        error = task.exception()
        match error:
            case None:
                return True
            case Fenced():
                happened(slot, "fenced")
            case Unavailable():
                happened(slot, "retried")
            case _:
                self.trouble = str(error) if isinstance(error, Stopped) else reason(error)
                happened(slot, "stopped")
        _log.warning(
            "left the slot", consumer=slot.consumer, slot=slot.number, error=type(error).__name__, exc_info=error
        )
        return False
