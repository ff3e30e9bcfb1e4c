"""A process's share of the work: claims slots, keeps them alive, gives them back; safety is the fence's, not ours."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from leadpact.kit.announcer import Announcer
from leadpact.kit.board import MARKS_STREAM, Board
from leadpact.kit.contact import Contact
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import Point
from leadpact.kit.handling import Duty
from leadpact.kit.passage import Passage
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Slot, Stream
from leadpact.kit.tasks import ended
from leadpact.kit.tenure import Tenure

_RENEW = 0.5  # seconds; leases last 3
_WAITS = "{} slots hold state of another shape, which other code works on: `leadpact rebuild {}` brings it to ours"
_log = structlog.get_logger(__name__)


DEADLINE = 3.0
"""Seconds for finishing and publishing when asked to stop; less than a process has to come home by itself."""


class Worker:
    """Runs duties until asked to stop; several workers of the same duties share their slots fairly.

    `deadline`: see `DEADLINE`.
    """

    def __init__(
        self,
        owner: str,
        duties: Sequence[Duty],
        plumbing: Plumbing,
        *,
        marks: Stream = MARKS_STREAM,
        deadline: float = DEADLINE,
    ) -> None:
        self._owner = owner
        self._duties = duties
        self._plumbing = plumbing
        self._board = Board(plumbing.log, marks)
        self._passage = Passage(plumbing.store)
        self._published = Contact("Kafka", plumbing.clock)
        self._announcer = Announcer(self._spoken_for, plumbing, self._published, marks)
        self._held: dict[Slot, Tenure] = {}
        self._others: dict[str, int] = {}
        self._deadline = deadline
        self._attended = {duty.consumer: Contact("the database", plumbing.clock) for duty in duties}
        self._read = Contact("Kafka", plumbing.clock)
        self._streams = {
            marks,
            *(stream for duty in duties for each in (*duty.inputs, *duty.outputs) for stream in each),
        }

    def troubles(self) -> dict[str, str]:
        """Why this worker is not ready, by what it does, by consumer or by slot; empty when it is."""
        told = {"reading": self._read.trouble, "publishing": self._published.trouble}
        told |= {consumer: contact.trouble for consumer, contact in self._attended.items()}
        told |= {consumer: _WAITS.format(others, consumer) for consumer, others in self._others.items() if others}
        told |= {f"{slot.consumer}/{slot.number}": tenure.trouble for slot, tenure in self._held.items()}
        return {where: trouble for where, trouble in told.items() if trouble is not None}

    def held(self) -> set[Slot]:
        """The slots in this worker's hands."""
        return set(self._held)

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish the batches in hand, publish, and give everything back by the deadline."""
        looking = self._read.keep(lambda: self._plumbing.log.ends(self._streams))
        doings = (self._board.run(), self._announcer.run(), self._listen(), looking)
        beside = {asyncio.create_task(doing) for doing in doings}
        attending = asyncio.create_task(self._attend_all(stopping))
        try:
            done, _ = await asyncio.wait({attending, *beside}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            attending.cancel()
            await self._give_back(list(self._held.values()))
            for duty in self._duties:
                with suppress(Unavailable):
                    await self._plumbing.store.leave(duty.consumer, self._owner)
            await ended(*beside)

    async def _attend_all(self, stopping: asyncio.Event) -> None:
        await asyncio.gather(*(self._attend(duty, stopping) for duty in self._duties))

    async def _attend(self, duty: Duty, stopping: asyncio.Event) -> None:
        """Keep this worker's share of a duty's slots in hand."""
        contact = self._attended[duty.consumer]
        while not stopping.is_set():
            with suppress(Unavailable), contact.asking():
                if not contact.ever:
                    await self._plumbing.store.ensure(duty.consumer, duty.slots(), duty.shape)
                await self._share(duty)
            with suppress(TimeoutError):
                async with asyncio.timeout(_RENEW):
                    await stopping.wait()

    async def _share(self, duty: Duty) -> None:
        store = self._plumbing.store
        await self._give_back([tenure for tenure in self._of(duty) if tenure.over])
        epochs = {tenure.lease.slot.number: tenure.lease.epoch for tenure in self._of(duty)}
        kept, share, others = await store.attend(duty.consumer, self._owner, epochs, duty.shape)
        self._leave_alone(duty, others)
        lost = [tenure for tenure in self._of(duty) if tenure.lease.slot.number not in kept]
        surplus = [tenure for tenure in self._of(duty) if tenure.lease.slot.number in kept][share:]
        for tenure in lost + surplus:
            tenure.stop()
        if len(kept) < share:
            most = share - len(kept)
            for lease in await store.claim(duty.consumer, self._owner, set(epochs), most, duty.shape):
                self._held[lease.slot] = Tenure(
                    duty, lease, self._plumbing, self._board, self._passage, self._announcer.moved
                )

    def _leave_alone(self, duty: Duty, others: int) -> None:
        """Wait for slots whose state this code cannot read; that is said where people look, and once in the log."""
        before, self._others[duty.consumer] = self._others.get(duty.consumer, 0), others
        if others and not before:
            _log.warning("waits for state of its shape", consumer=duty.consumer, state=duty.shape, count=others)

    def _of(self, duty: Duty) -> list[Tenure]:
        return [tenure for slot, tenure in sorted(self._held.items()) if slot.consumer == duty.consumer]

    async def _give_back(self, tenures: list[Tenure]) -> None:
        for tenure in tenures:
            tenure.stop()
        await asyncio.gather(*(tenure.end(self._deadline) for tenure in tenures))
        for tenure in tenures:
            self._plumbing.failpoints.passed(Point.HAND_OVER)
            del self._held[tenure.lease.slot]
            with suppress(Unavailable):  # then the lease runs out by itself
                await self._plumbing.store.release(tenure.lease)

    async def _listen(self) -> None:
        while True:
            with suppress(Unavailable):
                await self._plumbing.store.listen(self._wake)
            await asyncio.sleep(_RENEW)

    def _wake(self) -> None:
        for tenure in self._held.values():
            tenure.wake()

    def _spoken_for(self) -> Mapping[Slot, Sequence[Stream]]:
        """The outputs whose marks are ours to announce."""
        return {slot: tenure.outputs for slot, tenure in self._held.items() if tenure.outputs}
