"""A process that a seed kills, stalls and cuts off: real workers, and ports through which all it does must pass."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any, cast

from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import Point
from leadpact.kit.handling import Duty
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.ports import Log, Store, Turn
from leadpact.kit.rows import Lease, Slot
from leadpact.kit.worker import Worker

_WAY = 0.004  # seconds to a server and back, on average
_LOST = 0.001  # of all questions, and of all answers
_SESSION = 3.0  # seconds that a database keeps a transaction in which nobody says anything


class Process:
    """Runs a worker until it is asked to end, or dies; `seen` counts what has happened to it."""

    def __init__(
        self,
        name: str,
        duties: Sequence[Duty],
        log: Log,
        store: Store,
        clock: Clock,
        random: Random,
        seen: Counter[str],
    ) -> None:
        self.name = name
        self._armed: tuple[Point, float] | None = None
        self.calm = False
        self.dead = False
        self._random = random
        self._seen = seen
        self._wakes_at = 0.0
        self._stopping = asyncio.Event()
        shaky_log, shaky_store = cast("Log", Shaky(log, self)), cast("Store", ShakyStore(store, self))
        meter = Watched(seen)
        self._worker = Worker(name, duties, Plumbing(shaky_log, shaky_store, clock, meter, self))
        self._task = asyncio.create_task(self._worker.run(self._stopping))

    def held(self) -> set[Slot]:
        """The slots in its hands."""
        return self._worker.held()

    def troubles(self) -> dict[str, str]:
        """Why it is not ready."""
        return self._worker.troubles()

    def kill(self) -> None:
        """Nothing it does from here on has any effect."""
        self.dead = True
        self._task.cancel()

    def stall(self, seconds: float) -> None:
        """It stands still, whatever it is doing, and then goes on as if nothing had been."""
        self._wakes_at = asyncio.get_running_loop().time() + seconds

    def arm(self, point: Point, seconds: float) -> None:
        """Where it next passes this place it stalls for so long; for no time, it dies."""
        self._armed = (point, seconds)

    def stop(self) -> None:
        """It is asked to end, and gives back what it has."""
        self._stopping.set()

    async def ended(self) -> None:
        """Wait until nothing of it runs; raises what a living one ended with."""
        await asyncio.wait({self._task})
        if not self._task.cancelled() and (error := self._task.exception()) is not None and not self.dead:
            raise error

    def passed(self, point: Point) -> None:
        """A failpoint: stall or die here, if that is the place."""
        if self._armed is None or self._armed[0] is not point:
            return
        _, seconds = self._armed
        self._armed = None
        self._seen[f"{'stalled' if seconds else 'died'} {point}"] += 1
        if not seconds:
            self.kill()
            raise Unavailable("it is dead")
        self.stall(seconds)

    async def way(self, longest: float | None = None) -> None:
        """The way to a server or back: it takes a moment, longer for who stalls, and not all arrive. `longest`: as long
        as the other side waits. Raises `Unavailable`."""
        loop, random = asyncio.get_running_loop(), self._random
        self._live()
        began = loop.time()
        await asyncio.sleep(random.expovariate(1 / _WAY))
        while (stands := self._wakes_at - loop.time()) > 0:
            if longest is not None and self._wakes_at - began > longest:
                await asyncio.sleep(min(stands, longest))
                raise Unavailable("the database has ended the session")
            await asyncio.sleep(stands)
        self._live()
        if not self.calm and random.random() < _LOST:
            self._seen["lost on its way"] += 1
            raise Unavailable("the network is away")

    def _live(self) -> None:
        if self.dead:
            raise Unavailable("it is dead")


class Shaky:
    """A port at the end of a way."""

    def __init__(self, port: object, process: Process) -> None:
        self._port: Any = port
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        method = getattr(self._port, name)

        async def asked(*args: object, **more: object) -> object:
            await self._process.way()
            answer = await method(*args, **more)
            if name == "reader":
                return Shaky(answer, self._process)
            if name != "fetch":  # one that was fetched is not read again
                await self._process.way()
            return answer

        return asked

    async def close(self) -> None:
        """There is nothing to let go of."""


class ShakyStore(Shaky):
    """A store at the end of a way, which ends the sessions of those who fall silent."""

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[Turn]:
        """One transaction under the fence."""
        await self._process.way()
        async with self._port.turn(lease) as turn:
            yield turn
            await self._process.way(_SESSION)
        await self._process.way()

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each append."""
        await self._process.way()
        await self._port.listen(wake)


class Watched(KitMeter):
    """Counts rare things for the run, too."""

    def __init__(self, seen: Counter[str]) -> None:
        super().__init__(Metrics(*CATALOGUE))
        self._seen = seen

    def happened(self, slot: Slot, what: str, times: int = 1) -> None:
        """Something rare."""
        super().happened(slot, what, times)
        self._seen[what] += times
