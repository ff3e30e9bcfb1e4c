"""Brokers and a database of this run's own, each behind a proxy: they die, and come back in the same place."""

import asyncio
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from leadpact.chaos.disk import Disk
from leadpact.chaos.proxy import Proxy
from leadpact.embedded import kafka, postgres, unprivileged
from leadpact.embedded.errors import StartError
from leadpact.embedded.places import free_port
from leadpact.embedded.process import Guarded
from leadpact.local.state import program

_RECOVERS_WITHIN = 60.0
_TICK = 0.2
_MEGABYTE = 1_000_000
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


class Server(NamedTuple):
    """A running server, and where it answers itself."""

    address: str
    process: Guarded


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start it, given the port at which it is found; whether it answers at an address; the signal that ends it
    without a chance to tidy up; the folder of its data."""

    start: Callable[[int], Server]
    answers: Callable[[str], bool]
    dies: signal.Signals
    home: Path


class Part:
    """A server behind a proxy, at whose address it is found."""

    def __init__(self, recipe: Recipe) -> None:
        self.proxy = Proxy()
        self.disk: Disk | None = None
        self._recipe = recipe
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """Where clients find it."""
        return _PORT.sub(str(self.proxy.port), self._running.address)

    def mount(self, megabytes: int) -> None:
        """Give its data a disk of their own, before the first start; raises `NoDisk`."""
        self.disk = Disk(self._recipe.home, megabytes)

    async def start(self) -> None:
        """With the data it had; returns once it answers. Raises an `EmbeddedError`."""
        self._server = await asyncio.to_thread(self._recipe.start, self.proxy.port)
        self.proxy.target = int(_PORT.findall(self._server.address)[0])

    async def kill(self) -> None:
        """What the operating system had not written yet it will write all the same."""
        guarded = self._running.process
        program(guarded.pid).send_signal(self._recipe.dies)
        await asyncio.to_thread(guarded.process.wait)

    async def recover(self) -> None:
        """Return once it answers; if it has ended by itself, it is started again. Raises an `EmbeddedError`."""
        give_up = monotonic() + _RECOVERS_WITHIN
        while not await asyncio.to_thread(self._recipe.answers, self._running.address):
            guarded = self._running.process
            if guarded.ended() is not None:
                await self.start()
            elif monotonic() > give_up:
                raise StartError(f"{guarded.name} did not recover within {_RECOVERS_WITHIN:.0f} s:\n{guarded.tail()}")
            await asyncio.sleep(_TICK)

    async def stop(self) -> None:
        """End it, and let go of its clients and its disk."""
        await self.proxy.close()
        if self._server is not None:
            await asyncio.to_thread(self._server.process.stop)
        if self.disk is not None:
            self.disk.remove()

    @property
    def _running(self) -> Server:
        assert self._server is not None  # noqa: S101 - started first
        return self._server


class Parts:
    """So many brokers of one cluster, and PostgreSQL; their addresses stay."""

    def __init__(self, folder: Path, brokers: int) -> None:
        controllers = tuple(free_port() for _ in range(brokers))
        self._folder = folder
        self.brokers = [
            Part(_broker(folder / f"broker-{number}", kafka.Member(number, controllers)))
            for number in range(1, brokers + 1)
        ]
        self.database = Part(_database(folder))
        self._every = (*self.brokers, self.database)

    @property
    def bootstrap(self) -> str:
        """Kafka's addresses."""
        return ",".join(broker.address for broker in self.brokers)

    def mount(self, megabytes: int) -> None:
        """Give each a disk of its own, before the first start; raises `NoDisk`."""
        for part in self._every:
            part.mount(megabytes)

    def filled(self) -> dict[str, int]:
        """Megabytes on each one's disk, by server; nothing of those that have none."""
        names = {f"broker {number}": part for number, part in enumerate(self.brokers, 1)} | {"postgres": self.database}
        return {name: part.disk.used() // _MEGABYTE for name, part in names.items() if part.disk is not None}

    async def start(self) -> None:
        """All of them, side by side: a broker answers when most of its cluster does."""
        for part in self._every:
            await part.proxy.open()
        await asyncio.gather(*(part.start() for part in self._every))

    async def stop(self) -> None:
        """All of them, and what they kept elsewhere."""
        await asyncio.gather(*(part.stop() for part in self._every))
        await asyncio.to_thread(postgres.remove, self._folder)


def _broker(folder: Path, member: kafka.Member) -> Recipe:
    def start(advertised: int) -> Server:
        started = kafka.start(folder, advertised, member)
        return Server(started.bootstrap, started.process)

    home = folder / "kafka" / "data"
    home.mkdir(parents=True)
    return Recipe(start, kafka.answers, signal.SIGKILL, home)


def _database(folder: Path) -> Recipe:
    def start(_advertised: int) -> Server:
        started = postgres.start(folder)
        return Server(started.dsn, started.process)

    immediate = signal.SIGQUIT  # no checkpoint, sessions cut off
    return Recipe(start, postgres.answers, immediate, unprivileged.home(folder))
