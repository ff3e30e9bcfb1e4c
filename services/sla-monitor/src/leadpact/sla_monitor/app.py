"""What the sla-monitor answers over HTTP, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from leadpact.kit.access import Door, Keys
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.sla_monitor import api
from leadpact.sla_monitor.config import SlaMonitorSettings
from leadpact.web import create_app


@asynccontextmanager
async def opened(process: Process, settings: SlaMonitorSettings) -> AsyncIterator[ASGIApp]:
    """The app with what it needs."""
    async with (
        await connect(settings.dsn("sla_monitor"), most=4) as pool,
        await connect(settings.dsn("access"), most=2) as access,
    ):
        app = create_app("Leadpact sla-monitor", process.version)
        app.include_router(api.router(pool, Door(Keys(access), process.clock)))
        yield app
