"""The sla-monitor put together: its app for a web process, its decider and mail for a worker, or both in one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from leadpact.contracts.topics import PROMISES, QUALIFICATION, RETURNS, SLA
from leadpact.kit.effects import Effects
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rebuild.running import States
from leadpact.kit.runtime import Process
from leadpact.kit.service import Opened, Service
from leadpact.kit.stage import duty
from leadpact.sla_monitor import judge
from leadpact.sla_monitor.config import SlaMonitorSettings
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.sla_monitor.domain.notices import MAIL
from leadpact.sla_monitor.mail import Mail
from leadpact.sla_monitor.metrics import CATALOGUE, survey

_SCHEMA = "sla_monitor"
_SURVEY_EVERY = 15.0  # seconds

log = structlog.get_logger()


def opened(process: Process, settings: SlaMonitorSettings) -> Opened:
    """The app, for a process that serves it."""
    from leadpact.sla_monitor import app  # noqa: PLC0415 - a worker starts half a second sooner without it

    return app.opened(process, settings)


@asynccontextmanager
async def duties(
    process: Process, settings: SlaMonitorSettings, pool: asyncpg.Pool, kafka: KafkaLog
) -> AsyncIterator[Sequence[Duty]]:
    """Judge promises to leads, and those over many of them."""
    del settings, pool, kafka
    process.metrics.declare(*CATALOGUE)
    yield [duty(SlaMonitor()), judge.duty()]


async def beside(process: Process, settings: SlaMonitorSettings, pool: asyncpg.Pool) -> None:
    """Send what was decided to be sent, and count what runs."""
    senders = {MAIL: Mail(settings, process.clock)} if settings.mail_host else {}
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_survey(process, pool))
        await Effects(pool, senders, process.clock, process.metrics).run(process.stopping)
        watching.cancel()


async def _survey(process: Process, pool: asyncpg.Pool) -> None:
    while True:
        try:
            await survey(pool, process.metrics)
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            log.warning("the survey waits for the database", exc_info=error)
        await process.clock.sleep(_SURVEY_EVERY)


SERVICE = Service(
    name="sla-monitor",
    schema=_SCHEMA,
    says="Clocks, evidence, attempts and routing.",
    settings=SlaMonitorSettings,
    topics=(QUALIFICATION, SLA, RETURNS, PROMISES),
    prefixes=("/v1/clocks", "/v1/teams", "/v1/promises"),
    opened=opened,
    duties=duties,
    beside=beside,
    rebuilds=States(SlaMonitor()),
)
