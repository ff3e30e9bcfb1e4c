"""What the qualifier answers over HTTP, put together: agreements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from leadpact.kit.access import Door, Keys
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.service import ServiceSettings
from leadpact.qualifier import api
from leadpact.qualifier.book import Book
from leadpact.qualifier.clerk import Clerk
from leadpact.qualifier.metrics import CATALOGUE
from leadpact.qualifier.problems import handle_errors
from leadpact.web import create_app


@asynccontextmanager
async def opened(process: Process, settings: ServiceSettings) -> AsyncIterator[ASGIApp]:
    """The app with what it needs."""
    process.metrics.declare(*CATALOGUE)
    async with (
        await connect(settings.dsn("qualifier"), most=4) as pool,
        await connect(settings.dsn("access"), most=2) as keys,
    ):
        app = create_app("Leadpact agreements", process.version)
        handle_errors(app)
        clerk = Clerk(Book(pool), process.clock)
        app.include_router(api.router(clerk, Door(Keys(keys), process.clock), process.metrics))
        yield app
