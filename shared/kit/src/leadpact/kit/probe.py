"""Until when everything that was appended has been read: an instant, and the ends of the streams right after it.

Once what is read reaches those ends, nothing appended before the instant is unread; it need not be a quiet moment.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from leadpact.kit.clock import Clock
from leadpact.kit.ports import Log
from leadpact.kit.rows import Position, Stream

_WORTH = timedelta(seconds=1)  # of business time: nobody waits for less where nothing happens


class Probe:
    """One question at a time, a new one at most each `each` seconds, and at rest only when a second has passed."""

    def __init__(self, log: Log, clock: Clock, streams: Collection[Stream], each: float) -> None:
        self._log = log
        self._clock = clock
        self._streams = streams
        self._each = each
        self._asked = float("-inf")
        self._last: datetime | None = None
        self._instant: datetime | None = None
        self._ends: Mapping[Stream, int] = {}

    async def ask(self, *, busy: bool) -> None:
        """Look for the ends, if the last answer was used and it is time. Raises `Unavailable`."""
        if self._instant is not None or self._clock.monotonic() - self._asked < self._each:
            return
        instant = self._clock.business()
        if busy or self._last is None or instant - self._last >= _WORTH:
            self._asked = self._clock.monotonic()
            self._ends = await self._log.ends(self._streams)
            self._instant = self._last = instant

    def answer(self, read: Mapping[Stream, Position]) -> datetime | None:
        """The instant, once these positions have reached the ends."""
        reached = all(read[stream].offset >= end for stream, end in self._ends.items())
        return self._instant if reached else None

    def used(self) -> None:
        """The answer was handled."""
        self._instant = None
