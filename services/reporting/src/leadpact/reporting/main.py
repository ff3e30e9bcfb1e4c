"""Reporting put together: its app for a web process, its consumers for a worker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg
from starlette.types import ASGIApp

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.service import Service, ServiceSettings
from leadpact.reporting import api, handlers, operations
from leadpact.reporting.metrics import CATALOGUE, headlines
from leadpact.reporting.wall import Watch
from leadpact.web import Link, create_app, pages

_SCHEMA = "reporting"
NAVIGATION = (Link("Wall", "/wall"), Link("Leads", "/leads"), Link("Operations", "/operations"))


@asynccontextmanager
async def opened(process: Process, settings: ServiceSettings) -> AsyncIterator[ASGIApp]:
    """The app with what it needs."""
    process.metrics.declare(*CATALOGUE)
    async with await connect(settings.dsn(_SCHEMA), most=8) as pool:
        watch = Watch(pool, process.clock, lambda wall, seconds: headlines(process.metrics, wall, seconds))
        app = create_app("Leadpact", process.version)
        shown = pages(app, "leadpact.reporting", NAVIGATION)
        app.include_router(api.router(pool, process.clock, watch, shown, process.metrics))
        seen = operations.Operations(process.surveyors, process.readiness, process.clock)
        app.include_router(operations.router(seen, shown, process.stopping))
        tasks = [asyncio.create_task(watch.run()), asyncio.create_task(_close(watch, process.stopping))]
        try:
            yield app
        finally:
            await _end(*tasks)


@asynccontextmanager
async def duties(
    process: Process, settings: ServiceSettings, pool: asyncpg.Pool, log: KafkaLog
) -> AsyncIterator[Sequence[Duty]]:
    """Read the three topics into the read models."""
    del process, settings, pool, log
    yield handlers.duties()


async def _close(watch: Watch, stopping: asyncio.Event) -> None:
    """Let the browsers that watch go, so that the server need not wait for them."""
    await stopping.wait()
    await watch.close()


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


SERVICE = Service(
    name="reporting",
    schema=_SCHEMA,
    says="Read models, the wall and a lead's time line.",
    settings=ServiceSettings,
    topics=(LEADS, QUALIFICATION, SLA),
    prefixes=("/operations", *api.PREFIXES),
    opened=opened,
    duties=duties,
    migrations=("leadpact.reporting.migrations",),
)
