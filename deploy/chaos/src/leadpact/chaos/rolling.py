"""A rolling restart under load, as a new version brings it: each process is asked to end, and the next when it is back.

Nobody who delivers may notice.
"""

import asyncio
from collections import Counter

from leadpact.chaos.back import back, of
from leadpact.chaos.faults import Tell
from leadpact.chaos.ledger import Ledger
from leadpact.local.state import State, program


class Rolling:
    """Restarts one after another until asked to stop; counts what it did, by name."""

    def __init__(self, state: State, tell: Tell) -> None:
        self.done: Counter[str] = Counter()
        self._state = state
        self._tell = tell

    async def run(self, stopping: asyncio.Event) -> None:
        """Round after round; raises `NotReady` for a process that does not come back."""
        while not stopping.is_set():
            for name in sorted((each.name for each in self._state.running().processes), reverse=True):  # web first
                if not stopping.is_set():
                    self._tell(f"restart {name}")
                    before = of(self._state, name).pid
                    program(before).terminate()
                    await back(self._state, name, unlike=before)
                    self.done[f"restart {name}"] += 1


def noticed(ledger: Ledger) -> list[str]:
    """What no sender may see of it: tries without an answer, or with one of trouble."""
    return [f"{ledger.open} tries got no answer, or a 5xx: {dict(ledger.answers)}"] if ledger.open else []
