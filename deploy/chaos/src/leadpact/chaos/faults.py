"""What goes wrong, in two rows beside each other: processes die or stall, and what they stand on breaks.

Each row is a deck, shuffled by the seed: everything comes once before anything comes twice.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import psutil

from leadpact.chaos.parts import Parts, program
from leadpact.chaos.proxy import Proxy, Weather
from leadpact.local.state import State

Tell = Callable[[str], None]
Deck = Mapping[str, Callable[[], Awaitable[None]]]
_CALM = (1.0, 3.0)  # seconds between faults of a row
_STALL = (3.5, 7.0)  # leases last 3
_HAND = 2.0  # for a batch to come
_TICK = 0.01
_DOWN = (0.5, 3.0)
_SPOILED = (2.0, 6.0)


def arms(state: State) -> Path:
    """Where a file named after a worker's process makes it stall at its failpoint."""
    return state.path / "arms"


class Faults:
    """Inflicts them on the workers of an installation and on its parts; counts what it did, by name."""

    def __init__(self, state: State, parts: Parts, seed: int, tell: Tell) -> None:
        self.done: Counter[str] = Counter()
        self._arms = arms(state)
        self._state = state
        self._parts = parts
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - which worker, how long: as the seed says, and the moment
        self._tell = tell

    async def run(self, stopping: asyncio.Event) -> None:
        """Until asked to stop; what is broken then is mended first."""
        async with asyncio.TaskGroup() as rows:
            for deck in (self._processes(), self._ground()):
                rows.create_task(self._play(deck, stopping))

    async def _play(self, deck: Deck, stopping: asyncio.Event) -> None:
        order = Random(self._seed)  # noqa: S311 - a row's own: the other row's pace does not change it
        waiting: list[str] = []
        while not stopping.is_set():
            if not waiting:
                waiting = order.sample(sorted(deck), len(deck))
            name = waiting.pop()
            self._tell(name)
            await deck[name]()
            self.done[name] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._random.uniform(*_CALM)):
                    await stopping.wait()

    def _processes(self) -> Deck:
        names = [each.name for each in self._state.running().processes]
        workers = sorted({name.rpartition("-")[0] for name in names if name != "web"})
        kills = {f"kill {each}": partial(self._kill, each) for each in [*workers, "web"]}
        return kills | {f"stall {each}": partial(self._stall, each) for each in workers}

    def _ground(self) -> Deck:
        parts = self._parts
        deck: dict[str, Callable[[], Awaitable[None]]] = {
            "kill kafka": partial(self._down, parts.kill_kafka, parts.start_kafka),
            "crash postgres": partial(self._down, parts.crash_postgres, parts.start_postgres),
        }
        for name, proxy in (("kafka", parts.to_kafka), ("postgres", parts.to_postgres)):
            deck[f"reset {name}"] = partial(self._reset, proxy)
            for weather in Weather:
                if weather is not Weather.CLEAR:
                    deck[f"{weather} {name}"] = partial(self._spoil, proxy, weather)
        return deck

    async def _kill(self, service: str) -> None:
        with suppress(psutil.Error, IndexError):  # it has just died of something else
            self._one(service).kill()

    async def _stall(self, service: str) -> None:
        """With a batch in hand, until another has taken its slots; then it wakes and believes that they are its own."""
        with suppress(psutil.Error, IndexError):
            stalled = self._one(service)
            armed = self._arms / str(stalled.pid)
            armed.touch()
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_HAND):
                        while stalled.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - another process
                            await asyncio.sleep(_TICK)
                stalled.send_signal(signal.SIGSTOP)  # if it had nothing to do
            finally:
                armed.unlink()
            await asyncio.sleep(self._random.uniform(*_STALL))
            stalled.send_signal(signal.SIGCONT)

    async def _down(self, end: Callable[[], Awaitable[None]], start: Callable[[], Awaitable[None]]) -> None:
        await end()
        await asyncio.sleep(self._random.uniform(*_DOWN))
        await start()

    async def _spoil(self, proxy: Proxy, weather: Weather) -> None:
        proxy.change(weather)
        await asyncio.sleep(self._random.uniform(*_SPOILED))
        proxy.change(Weather.CLEAR)

    async def _reset(self, proxy: Proxy) -> None:
        proxy.reset()

    def _one(self, service: str) -> psutil.Process:
        """A process of the service: the web process, or one of its workers."""
        processes = self._state.running().processes
        found = [each.pid for each in processes if service in (each.name, each.name.rpartition("-")[0])]
        return program(self._random.choice(found))
