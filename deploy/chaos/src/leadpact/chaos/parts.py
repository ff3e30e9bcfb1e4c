"""A broker and a database of this run's own, each behind a proxy: they die, and come back in the same place."""

import asyncio
import signal
from pathlib import Path

import psutil

from leadpact.chaos.proxy import Proxy
from leadpact.embedded import kafka, postgres
from leadpact.embedded.process import Guarded


class Parts:
    """Kafka and PostgreSQL; their addresses are those of the proxies and stay."""

    def __init__(self, folder: Path) -> None:
        self.to_kafka = Proxy()
        self.to_postgres = Proxy()
        self._folder = folder
        self._kafka: kafka.Kafka | None = None
        self._postgres: postgres.Postgres | None = None

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return f"127.0.0.1:{self.to_kafka.port}"

    @property
    def dsn(self) -> str:
        """The owner's database."""
        assert self._postgres is not None  # noqa: S101 - started first
        before, _, after = self._postgres.dsn.rpartition(f":{self.to_postgres.target}")
        return f"{before}:{self.to_postgres.port}{after}"

    async def start(self) -> None:
        """Both, side by side."""
        await self.to_kafka.open()
        await self.to_postgres.open()
        await asyncio.gather(self.start_kafka(), self.start_postgres())

    async def stop(self) -> None:
        """Both, and the proxies."""
        await self.to_kafka.close()
        await self.to_postgres.close()
        for part in (self._kafka, self._postgres):
            if part is not None:
                await asyncio.to_thread(part.stop)
        await asyncio.to_thread(postgres.remove, self._folder)

    async def start_kafka(self) -> None:
        """With the data it had."""
        self._kafka = await asyncio.to_thread(kafka.start, self._folder, advertised=self.to_kafka.port)
        self.to_kafka.target = int(self._kafka.bootstrap.rpartition(":")[2])

    async def start_postgres(self) -> None:
        """With the data it had: it recovers from its log."""
        self._postgres = await asyncio.to_thread(postgres.start, self._folder)
        self.to_postgres.target = int(self._postgres.dsn.rpartition(":")[2].partition("/")[0])

    async def kill_kafka(self) -> None:
        """Kill -9; what the operating system had not written yet it will write all the same."""
        assert self._kafka is not None  # noqa: S101 - started first
        await _end(self._kafka.process, signal.SIGKILL)

    async def crash_postgres(self) -> None:
        """An immediate shutdown: no checkpoint, sessions cut off."""
        assert self._postgres is not None  # noqa: S101 - started first
        await _end(self._postgres.process, signal.SIGQUIT)


async def _end(guarded: Guarded, how: signal.Signals) -> None:
    program(guarded.pid).send_signal(how)
    await asyncio.to_thread(guarded.process.wait)


def program(guard: int) -> psutil.Process:
    """The program under a guard; raises `psutil.Error`, `IndexError` when it has just gone."""
    return psutil.Process(guard).children()[0]
