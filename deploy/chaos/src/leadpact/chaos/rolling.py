"""A rolling restart under load, as a new version brings it: each process is asked to end, and the next when it is back.

Nobody who delivers may notice.
"""

import asyncio
from collections import Counter

import aiohttp

from leadpact.chaos.faults import Tell
from leadpact.chaos.ledger import Ledger
from leadpact.local.crew import READY_WITHIN
from leadpact.local.errors import NotReady
from leadpact.local.state import Process, State, program

_TICK = 0.05


class Rolling:
    """Restarts one after another until asked to stop; counts what it did, by name."""

    def __init__(self, state: State, tell: Tell) -> None:
        self.done: Counter[str] = Counter()
        self._state = state
        self._tell = tell

    async def run(self, stopping: asyncio.Event) -> None:
        """Round after round; raises `NotReady` for a process that does not come back."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(1)) as http:
            while not stopping.is_set():
                for name in sorted((each.name for each in self._state.running().processes), reverse=True):  # web first
                    if not stopping.is_set():
                        self._tell(f"restart {name}")
                        await self._restart(http, self._of(name))
                        self.done[f"restart {name}"] += 1

    async def _restart(self, http: aiohttp.ClientSession, before: Process) -> None:
        program(before.pid).terminate()
        try:
            async with asyncio.timeout(READY_WITHIN):
                while True:
                    now = self._of(before.name)
                    if now.pid != before.pid and await _ready(http, now):
                        return
                    await asyncio.sleep(_TICK)
        except TimeoutError as error:
            raise NotReady(f"{before.name} was not back within {READY_WITHIN:.0f} s") from error

    def _of(self, name: str) -> Process:
        return next(each for each in self._state.running().processes if each.name == name)


def noticed(ledger: Ledger) -> list[str]:
    """What no sender may see of it: tries without an answer, or with one of trouble."""
    tries = sum(posted.open for posted in ledger.posted.values())
    return [f"{tries} tries got no answer, or a 5xx: {dict(ledger.answers)}"] if tries else []


async def _ready(http: aiohttp.ClientSession, process: Process) -> bool:
    try:
        async with http.get(f"{process.url}/readyz") as answer:
            return answer.ok
    except (aiohttp.ClientError, TimeoutError):
        return False
