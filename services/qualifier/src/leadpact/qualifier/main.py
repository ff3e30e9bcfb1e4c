"""The qualifier put together: the agreements' app for a web process, the judging of leads for a worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from leadpact.contracts.topics import AGREEMENTS, LEADS, QUALIFICATION
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rebuild.running import States
from leadpact.kit.runtime import Process
from leadpact.kit.service import Opened, Service, ServiceSettings
from leadpact.kit.stage import duty
from leadpact.qualifier.book import STREAM
from leadpact.qualifier.domain.decider import Qualifier

_SCHEMA = "qualifier"
_BOOK = Duty(consumer="agreements", inputs=[[]], outputs=[[STREAM]])  # relays what the API appends


def opened(process: Process, settings: ServiceSettings) -> Opened:
    """The app, for a process that serves it."""
    from leadpact.qualifier import app  # noqa: PLC0415 - a worker starts half a second sooner without it

    return app.opened(process, settings)


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
    prefixes=("/v1/agreements",),
    opened=opened,
    duties=duties,
    migrations=("leadpact.qualifier.migrations",),
    rebuilds=States(Qualifier()),
)
