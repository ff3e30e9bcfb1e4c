"""Says on `marks` how far time has passed in every stream whose slots this process holds.

It is said when a slot has moved, and twice a second all the same, for readers begin at the end. Only what is committed
is said, so it stays true whoever owns the slot by then.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from leadpact.kit.board import MARKS_STREAM, message
from leadpact.kit.contact import Contact
from leadpact.kit.errors import Unavailable
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Slot, Stream

_AGAIN = 0.5  # seconds
_GATHER = 0.05  # seconds: slots move together, as their inputs do
_SOONEST = 0.15  # seconds between what was said of a move and what calls for the next: who hears it takes turns for it


class Announcer:
    """Asks for the slots that are held now, each time anew; `contact` is whether the log takes what it says."""

    def __init__(
        self,
        held: Callable[[], Mapping[Slot, Sequence[Stream]]],
        plumbing: Plumbing,
        contact: Contact,
        stream: Stream = MARKS_STREAM,
    ) -> None:
        self._held = held
        self._plumbing = plumbing
        self._contact = contact
        self._stream = stream
        self._moved = asyncio.Event()

    def moved(self) -> None:
        """A slot has committed."""
        self._moved.set()

    async def run(self) -> None:
        """Announce until cancelled; marks stand while broker or database are away."""
        moved = False
        while True:
            with suppress(Unavailable):  # readers see that marks stand, which is what this means
                await self.step()
            if moved:
                await asyncio.sleep(_SOONEST)
            moved = await self._has_moved()
            if moved:
                await asyncio.sleep(_GATHER)
            self._moved.clear()

    async def _has_moved(self) -> bool:
        """Whether a slot does before it is time to say the same again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN):
                return await self._moved.wait()
        return False

    async def step(self) -> None:
        """Announce once; with nothing to say nothing is amiss."""
        held = self._held()
        marks = await self._plumbing.store.stream_marks(held) if held else []
        with self._contact.asking():
            if marks:
                await self._plumbing.log.publish(self._stream, [message(mark) for mark in marks])
