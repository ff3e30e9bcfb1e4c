"""Reporting put together: its app for a web process, its consumers for a worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.runtime import Process
from leadpact.kit.service import Opened, Service, ServiceSettings
from leadpact.reporting import handlers
from leadpact.reporting.writing import write_in_turn

_SCHEMA = "reporting"


def opened(process: Process, settings: ServiceSettings) -> Opened:
    """The app, for a process that serves it."""
    from leadpact.reporting import app  # noqa: PLC0415 - a worker starts half a second sooner without it

    return app.opened(process, settings)


@asynccontextmanager
async def duties(
    process: Process, settings: ServiceSettings, pool: asyncpg.Pool, log: KafkaLog
) -> AsyncIterator[Sequence[Duty]]:
    """Read the three topics into the read models."""
    del process, settings, pool, log
    yield handlers.duties(write_in_turn)


SERVICE = Service(
    name="reporting",
    schema=_SCHEMA,
    says="Read models, the wall and a lead's time line.",
    settings=ServiceSettings,
    topics=(LEADS, QUALIFICATION, SLA),
    prefixes=("/operations", "/origins", "/wall", "/leads", "/v1/reports", "/"),
    opened=opened,
    duties=duties,
    migrations=("leadpact.reporting.migrations",),
    rebuilds=handlers.MODELS,
)
