"""Reporting put together: its app for a web process, its consumers for a worker, or both in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
from fastapi import FastAPI

from leadpact.contracts.topics import LEADS, MARKS, QUALIFICATION, SLA
from leadpact.kit.failpoints import parse
from leadpact.kit.ids import fresh
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.ops import alone
from leadpact.kit.pg.store import PgStore
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.runtime import Process
from leadpact.kit.settings import Settings
from leadpact.kit.worker import Worker
from leadpact.reporting import api
from leadpact.reporting.config import ReportingSettings
from leadpact.reporting.handlers import duties
from leadpact.reporting.metrics import CATALOGUE, headlines
from leadpact.reporting.wall import Watch
from leadpact.web import Link, create_app, pages

SCHEMA = "reporting"
NAVIGATION = (Link("Wall", "/wall"), Link("Leads", "/leads"))
_GATE_EVERY = 0.5  # seconds


@asynccontextmanager
async def opened(process: Process, settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the service's app with what it needs, until the context is left; it answers for `api.PREFIXES`."""
    await _migrate(settings)
    process.metrics.declare(*CATALOGUE)
    async with asyncpg.create_pool(settings.dsn(SCHEMA), min_size=1, max_size=8) as pool:
        watch = Watch(pool, process.clock, lambda wall, seconds: headlines(process.metrics, wall, seconds))
        app = create_app("Leadpact", process.version)
        shown = pages(app, "leadpact.reporting", NAVIGATION)
        app.include_router(api.router(pool, process.clock, watch, shown, process.metrics))
        tasks = [asyncio.create_task(watch.run()), asyncio.create_task(_close(watch, process.stopping))]
        try:
            yield app
        finally:
            await _end(*tasks)


async def work(process: Process, settings: ReportingSettings) -> None:
    """Read the three topics into the read models until the process is asked to stop."""
    gate = process.readiness.gate("reporting")
    await _migrate(settings)
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    async with asyncpg.create_pool(settings.dsn(SCHEMA), min_size=1, max_size=16) as pool:
        try:
            await log.ensure([LEADS, QUALIFICATION, SLA, MARKS])
            plumbing = Plumbing(log, PgStore(pool), process.clock, process.meter, parse(settings.failpoint))
            worker = Worker(fresh(), duties(), plumbing)

            async def watch_gate() -> None:
                while True:
                    if troubles := worker.troubles():
                        gate.close("; ".join(f"{where}: {what}" for where, what in troubles.items()))
                    else:
                        gate.open()
                    await process.clock.sleep(_GATE_EVERY)

            watching = asyncio.create_task(watch_gate())
            try:
                await worker.run(process.stopping)
            finally:
                await _end(watching)
        finally:
            await log.close()


async def run(process: Process, settings: ReportingSettings, role: str) -> None:
    """Be an API, a worker, or both, and answer on one port."""
    async with AsyncExitStack() as stack:
        app = alone(process.ops())
        if role != "worker":
            app.mount("/", await stack.enter_async_context(opened(process, settings)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(process.serve(app, settings.port))
            if role != "api":
                tasks.create_task(work(process, settings))
            process.started()


async def _migrate(settings: Settings) -> None:
    await migrate(settings.dsn(SCHEMA), "leadpact.kit.migrations", "leadpact.reporting.migrations")


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
