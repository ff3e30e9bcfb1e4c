"""From the outbox to the log: per stream one batch at a time, in order, and how far it got is written down.

What a turn of this process committed is handed over and published at once; what others left is looked for in the
outbox. A relay needs no fence: one that lost its slot can only publish what its successor publishes too, under the same
sequence, and readers drop the second. So it may also note how far it got a little later than it got there.
"""

import asyncio
from collections.abc import Mapping, Sequence

from leadpact.kit.errors import Gap, Unavailable
from leadpact.kit.failpoints import Point
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Message, Slot, Stream

_MOST = 2_000
_LOOK = 1.0  # seconds: when nobody wakes it, which a commit does, and a notification where another process appends
_AGAIN = 0.2  # seconds after a broker or database that did not answer
_NOTE = 0.25  # seconds between notes of how far it got


class Relay:
    """Publishes the outgoing streams of one slot."""

    def __init__(self, slot: Slot, outputs: Sequence[Stream], plumbing: Plumbing) -> None:
        self._slot = slot
        self._outputs = outputs
        self._plumbing = plumbing
        self._published: dict[Stream, int] | None = None
        self._noted: dict[Stream, int] = {}
        self._last_note = 0.0
        self._handed: dict[Stream, list[Message]] = {}
        self._look = True
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something in the outbox."""
        self._look = True
        self._woken.set()

    def hand(self, numbered: Mapping[Stream, list[Message]]) -> None:
        """This was committed just now, and is in the outbox too."""
        for stream, messages in numbered.items():
            if len(self._handed.setdefault(stream, [])) < _MOST:
                self._handed[stream] += messages
            else:
                self._look = True
            self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled; raises `Gap` if the outbox has one."""
        while True:
            self._woken.clear()
            try:
                found = await self.step()
            except Unavailable:
                self._look = True
                self._plumbing.meter.happened(self._slot, "retried")
                await asyncio.sleep(_AGAIN)
                continue
            if not found:
                try:
                    async with asyncio.timeout(_LOOK):
                        await self._woken.wait()
                except TimeoutError:
                    self._look = True

    async def drain(self) -> None:
        """Publish until there is nothing left."""
        self._look = True
        while await self.step():
            pass
        await self._note()

    async def step(self) -> bool:
        """Publish the next batch of each stream; whether there was one. Raises `Unavailable`."""
        store = self._plumbing.store
        if not self._outputs:
            return False
        if self._published is None:
            self._published = await store.published(self._outputs)
        found = self._taken(self._published)
        if not found and self._look:
            found = await store.outbox(self._published, _MOST)
            self._look = bool(found)
        if not found:
            await self._note_at_times()
            return False
        if not all(_follows(self._published[stream], messages) for stream, messages in found.items()):
            self._published = await self._look_again(found)
            return True
        sending = map(self._send, found, found.values())
        noted, *sent = await asyncio.gather(self._note_at_times(), *sending, return_exceptions=True)
        upto = {stream: done for stream, done in zip(found, sent, strict=True) if isinstance(done, int)}
        self._published.update(upto)
        for failure in (noted, *sent):
            if isinstance(failure, BaseException):
                raise failure
        return True

    def _taken(self, published: Mapping[Stream, int]) -> dict[Stream, list[Message]]:
        """What was handed over and comes next; if it does not, the outbox has what lies between."""
        handed, self._handed = self._handed, {}
        taken: dict[Stream, list[Message]] = {}
        for stream, messages in handed.items():
            if _follows(published[stream], messages):
                taken[stream] = messages
            elif messages[-1].seq > published[stream]:
                self._look = True
        return taken

    async def _note_at_times(self) -> None:
        """Nobody who waits for a batch waits for this too."""
        if self._plumbing.clock.monotonic() - self._last_note > _NOTE:
            await self._note()

    async def _note(self) -> None:
        """Write down how far it got; what is noted is deleted."""
        published = self._published or {}
        if upto := {stream: seq for stream, seq in published.items() if seq != self._noted.get(stream)}:
            await self._plumbing.store.record_published(upto)
            self._noted |= upto
        self._last_note = self._plumbing.clock.monotonic()

    async def _send(self, stream: Stream, messages: list[Message]) -> int:
        """Publish a batch; returns the last sequence."""
        plumbing = self._plumbing
        plumbing.failpoints.passed(Point.BEFORE_SEND)
        began = plumbing.clock.monotonic()
        await plumbing.log.publish(stream, messages)
        plumbing.failpoints.passed(Point.AFTER_SEND)
        plumbing.meter.relayed(stream, len(messages), plumbing.clock.monotonic() - began)
        return messages[-1].seq

    async def _look_again(self, found: dict[Stream, list[Message]]) -> dict[Stream, int]:
        """Another relay, before or after us, may have published and deleted meanwhile; a hole beyond that is a gap."""
        published = await self._plumbing.store.published(self._outputs)
        for stream, messages in found.items():
            if messages[0].seq > published[stream] + 1 or not _follows(messages[0].seq - 1, messages):
                raise Gap(f"outbox of {stream.topic}/{stream.partition}: {messages[0].seq} follows {published[stream]}")
        return published


def _follows(published: int, messages: list[Message]) -> bool:
    return messages[0].seq == published + 1 and messages[-1].seq == published + len(messages)
