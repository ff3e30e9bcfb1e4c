"""What every service's `main` shares: its app for a web process, its consumers for a worker, or both in one process."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import asyncpg
from starlette.types import ASGIApp

from leadpact.contracts.topics import MARKS, Topic
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import Failpoints
from leadpact.kit.handling import Duty
from leadpact.kit.ids import fresh
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.pg.survey import tell
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.readiness import patiently, watch, watch_stores
from leadpact.kit.rebuild.told import Rebuildable
from leadpact.kit.runtime import Process, run
from leadpact.kit.settings import Settings, load
from leadpact.kit.surveying import Count, Surveyor
from leadpact.kit.tasks import ended
from leadpact.kit.worker import Worker

_CONNECTIONS = 16
_TOLD_EVERY = 2.0  # seconds
ROLES = ("api", "worker", "all")


class ServiceSettings(Settings):
    """`port`: where the process answers, 0 for any free one; `listening`: the number of a socket that listens there,
    handed over by whoever started us."""

    port: int = 0
    listening: int | None = None


S = TypeVar("S", bound=ServiceSettings)
Opened = AbstractAsyncContextManager[ASGIApp]


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """A service as its `main` declares it.

    `opened` gives the app that answers for `prefixes`. `duties` are what its worker does, given the worker's process,
    settings, pool and log; `beside` what else runs in a worker until it is asked to stop (the sender of effects).
    `migrations` are the sources of its own tables, behind the kit's. `either`: its app does what matters most with one
    of Kafka and the database. `opens_vault`: its processes are entrusted with intake's key. `counts` are what waits in
    its own tables, for the operations page. `rebuilds` is what `leadpact rebuild` can make again.
    """

    name: str
    schema: str
    says: str
    settings: type[S]
    topics: Sequence[Topic]
    prefixes: Sequence[str]
    opened: Callable[[Process, S], Opened]
    duties: Callable[[Process, S, asyncpg.Pool, KafkaLog], AbstractAsyncContextManager[Sequence[Duty]]]
    rebuilds: Rebuildable
    migrations: Sequence[str] = ()
    beside: Callable[[Process, S, asyncpg.Pool], Awaitable[None]] | None = None
    either: bool = False
    opens_vault: bool = False
    counts: Sequence[Count] = ()

    async def migrate(self, settings: Settings) -> None:
        """Bring the service's tables up to date."""
        await migrate(settings.dsn(self.schema), "leadpact.kit.migrations", *self.migrations)


async def work(service: Service[S], process: Process, settings: S) -> None:
    """Be a worker of the service until the process is asked to stop."""
    gate = process.readiness.gate(process.called)
    async with AsyncExitStack() as stack:
        tools = await patiently(stack, lambda: _tools(service, process, settings), process, gate)
        if tools is None:
            return
        pool, log, duties = tools
        process.started()
        plumbing = Plumbing(log, PgStore(pool), process.clock, process.meter, process.failpoints)
        owner = f"{process.called}/{fresh()}"
        worker = Worker(owner, duties, plumbing)

        def reason() -> str:
            return "; ".join(f"{where}: {trouble}" for where, trouble in worker.troubles().items())

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(process, gate, reason))
            telling = tasks.create_task(_tell(process, pool, owner, reason, [duty.consumer for duty in duties]))
            if service.beside is not None:
                tasks.create_task(_awaited(service.beside(process, settings, pool)))
            await worker.run(process.stopping)
            telling.cancel()


@asynccontextmanager
async def _tools(
    service: Service[S], process: Process, settings: S
) -> AsyncIterator[tuple[asyncpg.Pool, KafkaLog, Sequence[Duty]]]:
    """What a worker works with, its tables up to date and its topics made; raises `Unavailable`."""
    await service.migrate(settings)
    async with AsyncExitStack() as stack:
        log = KafkaLog(settings.kafka, settings.topic_prefix)
        stack.push_async_callback(log.close)
        await log.ensure([*service.topics, MARKS])
        pool = await stack.enter_async_context(await connect(settings.dsn(service.schema), most=_CONNECTIONS))
        yield pool, log, await stack.enter_async_context(service.duties(process, settings, pool, log))


@asynccontextmanager
async def answering(service: Service[S], process: Process, settings: S) -> AsyncIterator[ASGIApp]:
    """The service's app with its tables up to date, until the context is left; beside it they are looked after.

    Raises `Unavailable`.
    """
    await service.migrate(settings)
    async with AsyncExitStack() as stack:
        log = KafkaLog(settings.kafka, settings.topic_prefix)
        stack.push_async_callback(log.close)
        pool = await stack.enter_async_context(await connect(settings.dsn(service.schema), most=1))
        surveyor = Surveyor(service.name, pool, log, process.clock, process.metrics, service.counts)
        process.surveyors[service.name] = surveyor
        app = await stack.enter_async_context(service.opened(process, settings))
        stack.push_async_callback(ended, asyncio.create_task(surveyor.run()))
        yield app


def main(service: Service[S], failpoints: Failpoints | None = None) -> None:
    """`python -m leadpact.<service> --role api|worker|all`, which has no failpoints."""
    parser = argparse.ArgumentParser(prog=f"leadpact.{service.schema}", description=service.says)
    parser.add_argument("--role", choices=ROLES, default="all")
    role = parser.parse_args().role
    settings = load(service.settings)
    sys.exit(run(service.name, settings, partial(_be, service, settings, role), failpoints=failpoints))


async def _be(service: Service[S], settings: S, role: str, process: Process) -> None:
    async with AsyncExitStack() as stack:
        app = process.ops()
        gate = None if role == "worker" else process.readiness.gate(f"{process.called} api")
        if gate is not None:
            opened = await patiently(stack, lambda: answering(service, process, settings), process, gate)
            if opened is None:
                return
            app.mount("/", opened)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(process.serve(app, settings.port, handed=settings.listening))
            if gate is not None:
                tasks.create_task(watch_stores(process, settings, service.schema, gate, either=service.either))
            if role == "api":
                process.started()
            else:
                tasks.create_task(work(service, process, settings))


async def _tell(
    process: Process, pool: asyncpg.Pool, owner: str, reason: Callable[[], str], consumers: Sequence[str]
) -> None:
    """Let the tables say how this worker does, until cancelled."""
    while True:
        with suppress(Unavailable):  # readiness says so
            await tell(pool, owner, reason(), {consumer: process.meter.fenced(consumer) for consumer in consumers})
        await process.clock.sleep(_TOLD_EVERY)


async def _awaited(doing: Awaitable[None]) -> None:
    await doing
