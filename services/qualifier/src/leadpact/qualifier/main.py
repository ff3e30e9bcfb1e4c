"""The qualifier put together: the agreements' app for a web process, the judging of leads for a worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from starlette.types import ASGIApp

from leadpact.contracts.topics import AGREEMENTS, LEADS, QUALIFICATION
from leadpact.kit.access import Door, Keys
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.service import Service, ServiceSettings
from leadpact.kit.stage import duty
from leadpact.qualifier import api
from leadpact.qualifier.book import STREAM, Book
from leadpact.qualifier.clerk import Clerk
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.qualifier.metrics import CATALOGUE
from leadpact.qualifier.problems import handle_errors
from leadpact.web import create_app

_SCHEMA = "qualifier"
_BOOK = Duty(consumer="agreements", inputs=[[]], outputs=[[STREAM]])  # relays what the API appends


@asynccontextmanager
async def opened(process: Process, settings: ServiceSettings) -> AsyncIterator[ASGIApp]:
    """The app with what it needs."""
    process.metrics.declare(*CATALOGUE)
    async with (
        await connect(settings.dsn(_SCHEMA), most=4) as pool,
        await connect(settings.dsn("access"), most=2) as keys,
    ):
        app = create_app("Leadpact agreements", process.version)
        handle_errors(app)
        clerk = Clerk(Book(pool), process.clock)
        app.include_router(api.router(clerk, Door(Keys(keys), process.clock), process.metrics))
        yield app


@asynccontextmanager
async def duties(
    process: Process, settings: ServiceSettings, pool: asyncpg.Pool, log: KafkaLog
) -> AsyncIterator[Sequence[Duty]]:
    """Judge leads, and publish what the API wrote about agreements."""
    del process, settings, pool, log
    yield [duty(Qualifier()), _BOOK]


SERVICE = Service(
    name="qualifier",
    schema=_SCHEMA,
    says="Agreements, engagements and the judging of leads.",
    settings=ServiceSettings,
    topics=(LEADS, QUALIFICATION, AGREEMENTS),
    prefixes=api.PREFIXES,
    opened=opened,
    duties=duties,
    migrations=("leadpact.qualifier.migrations",),
)
