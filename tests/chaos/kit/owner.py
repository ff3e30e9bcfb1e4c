"""A would-be owner of a slot that lives a step at a time, at a test's word; between two steps it is stalled.

The parts are the real ones (lease, consumer, fence, handler, relay); only the loop that drives them is the test's.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from leadpact.kit.board import Board
from leadpact.kit.consumer import Consumer
from leadpact.kit.errors import Fenced
from leadpact.kit.failpoints import Point
from leadpact.kit.handling import Duty
from leadpact.kit.passage import Passage
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Lease

if TYPE_CHECKING:
    from leadpact.kit.ports import Reader


class Crashed(Exception):
    """The process is gone."""


class Armed:
    """Failpoints that end the process at a place, once."""

    def __init__(self) -> None:
        self.at: Point | None = None

    def passed(self, point: Point) -> None:
        """Raise `Crashed` at the place."""
        if point is self.at:
            self.at = None
            raise Crashed(point)


class Alone(Passage):
    """Time passes at once: there is nobody to gather with."""

    async def pass_time(self, lease: Lease, mark: datetime) -> Lease | None:
        """As a passage does it of several."""
        return next(iter(await self._store.pass_time([(lease, mark)])), None)


class Owner:
    """`lease` is what it believes it holds, absent when it holds nothing; `relay` publishes even after that was lost.

    `board` is where a test says how far time has passed.
    """

    def __init__(self, name: str, duty: Duty, plumbing: Plumbing) -> None:
        self.name = name
        self.board = Board(plumbing.log)
        self.relay: Relay | None = None
        self._armed = Armed()
        self._duty = duty
        self._plumbing = replace(plumbing, failpoints=self._armed, hands=asyncio.Semaphore())
        self._consumer: Consumer | None = None
        self._reader: Reader | None = None

    @property
    def lease(self) -> Lease | None:
        """What it believes it holds."""
        return self._consumer.lease if self._consumer else None

    @property
    def in_hand(self) -> int:
        """How many records it has read and not handled."""
        return len(self._consumer._pending) if self._consumer else 0

    @property
    def has_more(self) -> bool:
        """Whether its next turn is to follow at once."""
        return self._consumer is not None and self._consumer._more

    async def claim(self) -> bool:
        """Ask for the slot if it holds none; whether it got it."""
        duty, plumbing = self._duty, self._plumbing
        held = [self.lease.slot.number] if self.lease else []
        found = await plumbing.store.claim(duty.consumer, self.name, held, 1)
        for lease in found:
            await self.let_go()
            self.relay = relay = Relay(lease.slot, duty.outputs[lease.slot.number], plumbing)
            assert duty.handler is not None
            handler = duty.handler(lease.slot)
            self._consumer = consumer = Consumer(
                duty, handler, lease, plumbing, self.board, Alone(plumbing.store), relay.hand
            )
            consumer._read = await consumer._positions()
            self._reader = await plumbing.log.reader({stream: at.offset for stream, at in consumer._read.items()})
        return bool(found)

    async def read(self) -> None:
        """Take the next records in hand, as many as make a batch if the log has so many."""
        assert self._consumer is not None
        assert self._reader is not None
        if self._consumer._probe is not None:
            await self._consumer._probe.ask(busy=True)
        while self.in_hand < self._duty.batch and await self.unread():
            self._consumer._accept(await self._reader.fetch(self._duty.batch - self.in_hand, 1.0))

    async def unread(self) -> bool:
        """Whether the log has records that it has not read."""
        assert self._consumer is not None
        ends = await self._plumbing.log.ends(list(self._consumer._read))
        return any(at.offset < ends[stream] for stream, at in self._consumer._read.items())

    async def turn(self, crash: Point | None = None) -> bool:
        """Handle what is in hand, and passing time; whether it was committed. Fenced, it lets go.

        With `crash` it dies at that place of the turn.
        """
        assert self._consumer is not None
        self._armed.at = crash
        batch = self._consumer._batch()
        try:
            if batch is not None and (crash is not None or not await self._consumer._pass_time(batch)):
                await self._consumer._turn(batch)
        except Crashed:
            await self.die()
            return crash is Point.AFTER_COMMIT
        except Fenced:
            await self.let_go()
            return False
        return True

    async def settle(self) -> None:
        """Read, handle and publish until nothing is left or the slot is lost; raises `Stopped`."""
        before, now = None, self.lease
        while now is not None and (before is None or before.positions != now.positions):
            await self.read()
            await self.turn()
            before, now = now, self.lease
        await self.publish()

    async def publish(self, crash: Point | None = None) -> None:
        """Publish all that it knows of; with `crash` it dies around the sending of the first batch."""
        if self.relay is None:
            return
        self._armed.at = crash
        try:
            await self.relay.drain()
        except Crashed:
            await self.die()

    async def let_go(self) -> None:
        """Forget the slot; what was committed may still be published."""
        if self._reader is not None:
            await self._reader.close()
        self._consumer = self._reader = None

    async def die(self) -> None:
        """Everything is forgotten; nothing is given back."""
        await self.let_go()
        self.relay = None
