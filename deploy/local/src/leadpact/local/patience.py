"""Waiting for a service to be done with something: who stands still for long is named, and waited for all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from leadpact.kit.errors import Unavailable
from leadpact.kit.pg.answering import answering
from leadpact.local.errors import LocalError
from leadpact.local.finding import Finding
from leadpact.local.show import complain

AFTER = 30.0
"""Seconds without progress before something is said, and between one time and the next."""
_LOOK = 0.25  # seconds


class Patience:
    """For one thing that is waited for; `look` finds what is wrong, as `leadpact doctor` does."""

    def __init__(self, look: Callable[[], Awaitable[list[Finding]]], after: float = AFTER) -> None:
        self._look = look
        self._after = after
        self._came: object = None
        self._since = monotonic()

    async def wait(self, came: object) -> None:
        """A moment. `came` tells how far it has come: where that is the same for long, what is wrong goes to stderr."""
        if came != self._came:
            self._came, self._since = came, monotonic()
        elif monotonic() - self._since >= self._after:
            await self._tell()
            self._since = monotonic()
        await asyncio.sleep(_LOOK)

    async def _tell(self) -> None:
        complain(f"nothing has moved for {self._after:.0f} s; what came is safe in the log, and we wait on")
        try:
            with answering():
                wrong = [finding for finding in await self._look() if not finding.well]
        except (Unavailable, LocalError) as error:
            complain(f"we cannot see why: {error}")
            return
        for finding in wrong:
            complain(f"{finding.what}: {finding.says}: {finding.do}")
        if not wrong:
            complain("nothing is found that is wrong: `leadpact status`")
