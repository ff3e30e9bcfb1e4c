"""What reporting answers over HTTP, put together: reports and pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp

from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.service import ServiceSettings
from leadpact.reporting import api, operations
from leadpact.reporting.metrics import CATALOGUE, headlines
from leadpact.reporting.wall import Watch
from leadpact.web import Link, create_app, pages

NAVIGATION = (
    Link("Wall", "/wall"),
    Link("Leads", "/leads"),
    Link("Origins", "/origins"),
    Link("Operations", "/operations"),
)


@asynccontextmanager
async def opened(process: Process, settings: ServiceSettings) -> AsyncIterator[ASGIApp]:
    """The app with what it needs."""
    process.metrics.declare(*CATALOGUE)
    async with await connect(settings.dsn("reporting"), most=8) as pool:
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
