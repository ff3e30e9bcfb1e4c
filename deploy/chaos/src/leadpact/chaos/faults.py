"""What goes wrong, in three rows beside each other: processes die or stall, the ground breaks, clocks are wrong.

Each row is a deck, shuffled by the seed: first one fault of each kind, and everything once before anything comes twice.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import psutil

from leadpact.chaos.disk import full
from leadpact.chaos.parts import Part, Parts
from leadpact.chaos.proxy import Weather
from leadpact.chaos.trap import Trap
from leadpact.kit.failpoints import Point
from leadpact.kit.tasks import ended
from leadpact.local.state import State, program

Tell = Callable[[str], None]
_OTHERS = 3  # faults before what could not be done is tried again
_CALM = (1.0, 3.0)  # seconds between faults of a row
_STALL = (5.0, 8.0)  # leases last 3
_HAND = 8.0  # for a batch to come, though the ground be broken
_BACK = 15.0  # for a process to be started again, to ask for its share and to be given it
_UNSPOOLED = 45.0  # for what comes while Kafka is away to be spooled, and sent once it is back
# Most before the fence: who stalls behind it keeps its lock until the database ends the session, and is not fenced.
_IN_A_TURN = (Point.BEFORE_FENCE, Point.BEFORE_FENCE, Point.AFTER_FENCE, Point.BEFORE_COMMIT, Point.AFTER_COMMIT)
_SENDING = (Point.BEFORE_FENCE, Point.BEFORE_SEND, Point.AFTER_SEND)
_UNSPOOLING = (Point.BEFORE_UNSPOOLING, Point.AFTER_UNSPOOLING)
_SPOOLS = "intake"
_LOOK = 0.5  # seconds between looks at a log
_DOWN = (0.5, 3.0)
_SPOOLING = (3.0, 5.0)  # the door waits a second before it spools
_SPOILED = (2.0, 6.0)
_MISTIMED = (5.0, 10.0)
_STARTED_WITHIN = 30.0
_ENDED_WITHIN = 15.0
_WEB = "web"
_WRONG = {"ahead": 600, "behind": -600}  # seconds


class Kind(StrEnum):
    """What a run must have seen of, where it can be brought about."""

    KILLS = "kills"
    STALLS = "stalls"
    HAND_OVERS = "hand-overs"
    SPOOL = "the spool"
    CLOCKS = "clocks"
    SERVERS = "servers"
    NETWORK = "network"
    DISKS = "disks"


class Fault(NamedTuple):
    """How to bring it about; raises one of `_NOT_NOW` where it cannot be."""

    kind: Kind
    inflict: Callable[[], Awaitable[None]]


Deck = Mapping[str, Fault]
_NOT_NOW = (psutil.Error, IndexError, TimeoutError)  # it has just died of something else


def arms(state: State) -> Path:
    """Where a file named after a worker's process makes it stall at its failpoint."""
    return state.path / "arms"


def clocks(state: State) -> Path:
    """Where a file named after a service makes its processes' wall clocks wrong when they start."""
    return state.path / "clocks"


class Faults:
    """Inflicts them on the workers of an installation and on its parts; counts what it did, by name, and by kind, those
    of which it could not do one yet too. `stalled_at` counts those who stood still or were killed at a place of their
    work, by place."""

    def __init__(self, state: State, parts: Parts, seed: int, tell: Tell) -> None:
        self.done: Counter[str] = Counter()
        self.kinds: Counter[Kind] = Counter()
        self._clocks = clocks(state)
        self._state = state
        self._parts = parts
        self._seed = seed
        self.stalled_at: Counter[Point] = Counter()
        self._traps = defaultdict[str, Trap](lambda: Trap(arms(state), self.stalled_at))
        self._random = Random(seed)  # noqa: S311 - which worker, how long: as the seed says, and the moment
        self._tell = tell

    async def run(self, stopping: asyncio.Event) -> None:
        """Until asked to stop; what is broken then is mended first.

        Raises an `EmbeddedError` for a server that stays broken, `NoDisk` for a disk that cannot be made full.
        """
        decks = (self._processes(), self._ground(), self._times())
        self.kinds.update({fault.kind: 0 for deck in decks for fault in deck.values()})
        rows = [asyncio.create_task(self._play(deck, stopping)) for deck in decks]
        try:
            await asyncio.gather(*rows)
        finally:
            await ended(*rows)

    async def _play(self, deck: Deck, stopping: asyncio.Event) -> None:
        order = Random(self._seed)  # noqa: S311 - a row's own: the other row's pace does not change it
        waiting: list[str] = []
        while not stopping.is_set():
            if not waiting:
                waiting = shuffled(deck, order)
            name = waiting.pop(0)
            self._tell(name)
            try:
                await deck[name].inflict()
            except _NOT_NOW:
                self._tell(f"{name}: not now")
                waiting.insert(_OTHERS, name)  # soon: of its kind there may be no other
            else:
                self.done[name] += 1
                self.kinds[deck[name].kind] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._random.uniform(*_CALM)):
                    await stopping.wait()

    def _processes(self) -> Deck:
        services = self._services()
        deck = {f"kill {each}": Fault(Kind.KILLS, partial(self._kill, each)) for each in services}
        for each in services:
            if each != _WEB:
                places = _IN_A_TURN if each == "reporting" else (*_IN_A_TURN, *_SENDING)
                deck[f"stall {each}"] = Fault(Kind.STALLS, partial(self._stall, each, places, _HAND))
                deck[f"stall {each} handing over"] = Fault(Kind.HAND_OVERS, partial(self._stall_handing_over, each))
                deck[f"kill {each} handing over"] = Fault(Kind.HAND_OVERS, partial(self._kill_handing_over, each))
        return deck

    def _times(self) -> Deck:
        wrong = ((service, way) for service in self._services() for way in _WRONG)
        return {
            f"{service}'s clock {way}": Fault(Kind.CLOCKS, partial(self._mistime, service, way))
            for service, way in wrong
        }

    def _ground(self) -> Deck:
        brokers, database = self._parts.brokers, [self._parts.database]
        every = [*brokers, *database]
        deck = {"crash postgres": Fault(Kind.SERVERS, partial(self._down, database, 1))}
        if len(brokers) == 1:
            deck["kill kafka"] = Fault(Kind.SERVERS, partial(self._down, brokers, 1))
        else:
            most = len(brokers) // 2 + 1
            deck["kill one broker"] = Fault(Kind.SERVERS, partial(self._down, brokers, 1))
            deck[f"kill {most} of {len(brokers)} brokers"] = Fault(Kind.SERVERS, partial(self._down, brokers, most))
        deck[f"stall {_SPOOLS} unspooling"] = Fault(Kind.SPOOL, self._stall_unspooling)
        for name, parts in (("kafka", brokers), ("postgres", database)):
            deck[f"reset {name}"] = Fault(Kind.NETWORK, partial(self._reset, parts))
            if any(part.disk for part in parts):
                deck[f"no room for {name}"] = Fault(Kind.DISKS, partial(self._full, parts))
                deck["no room anywhere"] = Fault(Kind.DISKS, partial(self._full, every, least=len(every)))
            for weather in Weather:
                if weather is not Weather.CLEAR:
                    deck[f"{weather} {name}"] = Fault(Kind.NETWORK, partial(self._spoil, parts, weather))
        return deck

    async def _kill(self, service: str) -> None:
        self._random.choice(self._living(service, least=1)).kill()

    async def _stall(self, service: str, places: Sequence[Point], within: float) -> None:
        """With a batch in hand, until another has taken its slots; then it wakes and believes that they are its own."""
        workers = partial(self._living, service, least=0)
        async with self._traps[service].catch(workers, self._random.choice(places), within):
            await asyncio.sleep(self._random.uniform(*_STALL))

    async def _stall_handing_over(self, service: str) -> None:
        """Another is started again and asks for its share; who gives it stands still before it lets go."""
        giver, other = self._random.sample(self._living(service, least=2), 2)
        async with self._traps[service].catch(lambda: [giver], Point.HAND_OVER, _BACK, other.terminate):
            await asyncio.sleep(self._random.uniform(*_STALL))

    async def _kill_handing_over(self, service: str) -> None:
        """It is asked to end, and dies with its slots ended but not given back."""
        giver = self._random.choice(self._living(service, least=2))
        async with self._traps[service].catch(lambda: [giver], Point.HAND_OVER, _HAND, giver.terminate):
            giver.kill()

    async def _stall_unspooling(self) -> None:
        """Kafka is away, so that the door spools; who claims that stands still before or behind publishing it."""
        brokers = self._parts.brokers
        away = asyncio.create_task(self._down(brokers, len(brokers) // 2 + 1, _SPOOLING))
        try:
            await self._stall(_SPOOLS, _UNSPOOLING, _UNSPOOLED)
        finally:
            await away

    async def _mistime(self, service: str, way: str) -> None:
        """Started again with a wall clock that is ten minutes wrong, as it says itself, then with the right one."""
        file = self._clocks / service
        file.write_text(str(_WRONG[way]))
        logs = [Path(each.log) for each in self._state.running().processes if _service(each.name) == service]
        before = _complaints(logs)
        try:
            await self._end(service)
            async with asyncio.timeout(_STARTED_WITHIN):
                while _complaints(logs) == before:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_LOOK)
            await asyncio.sleep(self._random.uniform(*_MISTIMED))
        finally:
            file.unlink()
            await self._end(service)

    async def _end(self, service: str) -> None:
        """Ask its processes to end, and return when they have: until then they would pass for those that come back."""
        ending = self._living(service, least=0)
        for each in ending:
            with suppress(psutil.Error):
                each.terminate()
        with suppress(TimeoutError):  # the other row has stopped it
            async with asyncio.timeout(_ENDED_WITHIN):
                while any(each.is_running() for each in ending):  # noqa: ASYNC110 - other processes
                    await asyncio.sleep(_LOOK)

    async def _down(self, parts: Sequence[Part], number: int, lasting: tuple[float, float] = _DOWN) -> None:
        chosen = self._random.sample(parts, number)
        await asyncio.gather(*(part.kill() for part in chosen))
        await asyncio.sleep(self._random.uniform(*lasting))
        await asyncio.gather(*(part.start() for part in chosen))

    async def _full(self, parts: Sequence[Part], least: int = 1) -> None:
        """The disks of at least so many of them are full; then there is room again."""
        chosen = self._some(parts, least)
        disks = [part.disk for part in chosen if part.disk is not None]
        with full(disks):
            await asyncio.sleep(self._random.uniform(*_SPOILED))
        await asyncio.gather(*(part.recover() for part in chosen))

    async def _spoil(self, parts: Sequence[Part], weather: Weather) -> None:
        """Towards some of them, or all."""
        chosen = self._some(parts)
        for part in chosen:
            part.proxy.change(weather)
        await asyncio.sleep(self._random.uniform(*_SPOILED))
        for part in chosen:
            part.proxy.change(Weather.CLEAR)

    async def _reset(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.proxy.reset()

    def _some(self, parts: Sequence[Part], least: int = 1) -> list[Part]:
        return self._random.sample(parts, self._random.randint(least, len(parts)))

    def _living(self, service: str, least: int) -> list[psutil.Process]:
        """The service's processes, of which so many live; raises `IndexError` where they do not."""
        living = list[psutil.Process]()
        for each in self._of(service):
            with suppress(psutil.Error, IndexError):
                living.append(program(each))
        if len(living) < least:
            raise IndexError(f"{len(living)} of {service} live")
        return living

    def _of(self, service: str) -> list[int]:
        """The guards of the service's processes."""
        return [each.pid for each in self._state.running().processes if _service(each.name) == service]

    def _services(self) -> list[str]:
        return sorted({_service(each.name) for each in self._state.running().processes})


def shuffled(deck: Deck, order: Random) -> list[str]:
    """Every name of a deck, before all others one of each kind."""
    names = order.sample(sorted(deck), len(deck))
    first = {deck[name].kind: name for name in reversed(names)}.values()
    return sorted(names, key=lambda name: name not in first)


def _complaints(logs: Sequence[Path]) -> int:
    """How often a process said that its clock is wrong."""
    return sum(log.read_bytes().count(b'"LEADPACT_WRONG_CLOCKS"') for log in logs)


def _service(process: str) -> str:
    return process.rpartition("-")[0] or process
