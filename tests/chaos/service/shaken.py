"""The line of services on memory ports, driven by a seed: who does the next step, which steps fail, who takes over.

At each instant some steps are taken at random; then it is calm, and all that is left is handled, as where nothing
fails. One seed is one run.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from leadpact.contracts.topics import RETURNS
from leadpact.kit.failpoints import NoFailpoints, Point
from leadpact.kit.handling import Duty
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import BEGINNING, Message, Slot, Stream
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog
from tests.chaos.kit.owner import Owner
from tests.chaos.service.database import Database

_MOST_STEPS = 80
_LATER = datetime.max.replace(tzinfo=UTC)
_IN_A_TURN = [None, None, Point.BEFORE_FENCE, Point.AFTER_FENCE, Point.BEFORE_COMMIT, Point.AFTER_COMMIT]
_SENDING = [None, Point.BEFORE_SEND, Point.AFTER_SEND]


class Shaken:
    """`seen` counts what the seed has brought about."""

    def __init__(self, seed: int, clock: ManualClock, store: Database, duties: Sequence[Duty]) -> None:
        self.seen: Counter[str] = Counter()
        self.clock = clock
        self.log = MemoryLog()
        self.store = store
        self._random = Random(seed)
        # small batches and no pauses, so that there is much that a step may come between
        self._duties = {duty.consumer: replace(duty, batch=2, idle_seconds=0.0) for duty in duties}
        self._plumbing = Plumbing(self.log, store, clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
        self._owners: dict[Slot, Owner] = {}
        self._zombies: list[tuple[Slot, Owner]] = []
        self._born = 0

    async def begin(self) -> None:
        """Every slot gets its first owner."""
        for duty in self._duties.values():
            await self.store.ensure(duty.consumer, duty.slots())
            for number in range(duty.slots()):
                await self._succeed(Slot(duty.consumer, number))

    async def comes(self, stream: Stream, messages: Sequence[Message]) -> None:
        """Something comes in; whatever follows from it has followed when this returns."""
        await self.log.publish(stream, messages)
        await self._settle()

    async def until(self, instant: datetime) -> None:
        """Let time pass; every timer due by then fires at its own instant."""
        while (due := self._next_due()) is not None and due <= instant:
            self.clock.step_to(max(due, self.clock.business()))
            await self._settle()
        self.clock.step_to(instant)
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(self._random.randrange(_MOST_STEPS)):
            await self._step(await self._where())
        returned = -1
        while returned < (returned := self._returned()):  # what was sent back calls for another round
            for consumer in self._duties:
                for slot in [slot for slot in self._owners if slot.consumer == consumer]:
                    await self._calm(slot)

    def _returned(self) -> int:
        return sum(len(records) for stream, records in self.log.records.items() if stream[0] == RETURNS.name)

    async def _calm(self, slot: Slot) -> None:
        """The owner handles all there is and says how far time has passed."""
        owner, busy = self._owners[slot], True
        while busy:
            await owner.read()
            in_hand = owner.in_hand
            await owner.turn()
            busy = in_hand > 0 or owner.has_more
        await owner.publish()
        await self._announce(slot, [*self._owners.values()])

    async def _step(self, slot: Slot) -> None:
        """One step of one owner, or of one that was."""
        step = self._random.choice([self._turn, self._turn, self._publish, self._replace, self._tell, self._zombie])
        await step(slot)

    async def _turn(self, slot: Slot) -> None:
        crash = self._random.choice(_IN_A_TURN)
        owner = self._owners[slot]
        await owner.read()
        in_hand = owner.in_hand
        await owner.turn(crash)
        await self._after(slot, owner, crash if in_hand else None)

    async def _publish(self, slot: Slot) -> None:
        crash = self._random.choice(_SENDING)
        owner = self._owners[slot]
        await owner.read()
        await owner.turn()
        await owner.publish(crash)
        await self._after(slot, owner, crash)

    async def _replace(self, slot: Slot) -> None:
        """Handed over, or taken from one who stalls with a batch in hand."""
        owner = self._owners[slot]
        if self._random.random() < 0.5:
            assert owner.lease is not None
            await owner.publish()
            await self.store.release(owner.lease)
            self.seen["handed over"] += 1
        else:
            await owner.read()
            self._zombies.append((slot, owner))
        await self._succeed(slot)

    async def _zombie(self, _: Slot) -> None:
        """One who was stalled goes on: what it has in hand comes to nothing, what it publishes is known already."""
        if self._zombies:
            slot, zombie = self._zombies.pop(self._random.randrange(len(self._zombies)))
            before = self.store.rows.slots[slot].lease
            self.seen["fenced"] += zombie.in_hand > 0
            await zombie.turn()
            assert self.store.rows.slots[slot].lease == before
            await zombie.publish()

    async def _tell(self, slot: Slot) -> None:
        """Some hear how far time has passed here."""
        await self._announce(slot, [owner for owner in self._owners.values() if self._random.random() < 0.5])

    async def _announce(self, slot: Slot, owners: Sequence[Owner]) -> None:
        for mark in await self.store.stream_marks({slot: self._duties[slot.consumer].outputs[slot.number]}):
            for owner in owners:
                owner.board.put(mark)

    async def _after(self, slot: Slot, owner: Owner, crash: Point | None) -> None:
        if owner.relay is None:
            self.seen[str(crash or "died idle")] += 1
            await self._succeed(slot)

    async def _succeed(self, slot: Slot) -> None:
        """The lease on this slot has run out, and no other; somebody new takes it."""
        for each, rows in self.store.rows.slots.items():
            rows.held, rows.lease_until = each != slot, BEGINNING if each == slot else _LATER
        self._born += 1
        owner = Owner(f"owner {self._born}", self._duties[slot.consumer], self._plumbing)
        assert await owner.claim()
        self._owners[slot] = owner

    async def _where(self) -> Slot:
        """A slot that has something to read, more often than not."""
        slots = [*self._owners]
        if self._random.random() < 0.3:
            return self._random.choice(slots)
        busy = [slot for slot in slots if await self._owners[slot].unread()]
        return self._random.choice(busy or slots)

    def _next_due(self) -> datetime | None:
        timers = (timer for slot in self.store.rows.slots.values() for timer in slot.timers.values())
        return min((timer.due for timer in timers), default=None)
