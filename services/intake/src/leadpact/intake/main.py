"""Intake put together: the door for a web process, the normaliser for a worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import asyncpg

from leadpact.contracts.topics import AGREEMENTS, LEADS, RAW, RETURNS
from leadpact.intake.config import IntakeSettings
from leadpact.intake.door import PREFIXES
from leadpact.intake.metrics import FACTS, ITEMS, MISTAKES, NORMALISER, SPOOL
from leadpact.intake.normaliser.handler import Normaliser, duty
from leadpact.intake.normaliser.pg import PgBooks
from leadpact.intake.normaliser.rebuilding import Identity
from leadpact.intake.normaliser.state import Changes
from leadpact.intake.spool.pg import PgSpool
from leadpact.intake.spool.relay import SpoolRelay
from leadpact.kit.handling import Duty
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.service import Opened, Service
from leadpact.kit.surveying import Count
from leadpact.kit.vault import Hasher, Vault

if TYPE_CHECKING:
    from leadpact.kit.pg.turn import PgTurn

_CONNECTIONS = 8
_SILENT = "from control, jsonb_each(listening -> 'heard') as feed where value ->> 'until' is not null"


def opened(process: Process, settings: IntakeSettings) -> Opened:
    """The app, for a process that serves it."""
    from leadpact.intake import app  # noqa: PLC0415 - a worker starts half a second sooner without it

    return app.opened(process, settings)


@asynccontextmanager
async def duties(
    process: Process, settings: IntakeSettings, pool: asyncpg.Pool, log: KafkaLog
) -> AsyncIterator[Sequence[Duty]]:
    """The normaliser."""
    del pool, log  # the turn brings its connection
    process.metrics.declare(*NORMALISER)
    async with await connect(settings.dsn("vault"), most=_CONNECTIONS) as vault:
        safe = Vault(vault, settings.intake_key, process.clock)
        hasher = Hasher(settings.intake_key)

        def told(changes: Changes, types: Sequence[str]) -> None:
            for each in changes.ended:
                process.metrics.count(ITEMS, each.outcome)
            if mistakes := changes.mistakes:
                process.metrics.count(MISTAKES, by=mistakes)
            for name in types:
                process.metrics.count(FACTS, name)

        def books(turn: object) -> PgBooks:
            return PgBooks(cast("PgTurn", turn).connection)

        yield [duty(lambda _: Normaliser(books, safe, hasher, told))]


async def relay(process: Process, settings: IntakeSettings, pool: asyncpg.Pool) -> None:
    """What stands in the spool goes to `raw`."""
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    told = partial(process.metrics.set, SPOOL)
    try:
        await SpoolRelay(PgSpool(pool), log, process.clock, process.failpoints, told).run(process.stopping)
    finally:
        await log.close()


SERVICE = Service(
    name="intake",
    schema="intake",
    says="The door and the normaliser: deliveries become facts about a lead.",
    settings=IntakeSettings,
    topics=(RAW, AGREEMENTS, RETURNS, LEADS),
    prefixes=PREFIXES,
    opened=opened,
    duties=duties,
    migrations=("leadpact.intake.migrations",),
    beside=relay,
    rebuilds=Identity(),
    either=True,
    opens_vault=True,
    counts=(
        Count(
            "spool",
            "Deliveries in the spool",
            "select count(*) from spool where handled_at is null",
            "until Kafka takes them",
        ),
        Count(
            "quarantine",
            "Items in quarantine",
            "select count(*) from quarantine where settled_at is null",
            "leadpact quarantine list",
        ),
        Count(
            "silent",
            "Silent feeds",
            f"select count(*) {_SILENT}",
            "what they prove is unverified",
            f"select string_agg(key, ', ' order by key) {_SILENT}",
            "unheard",
        ),
    ),
)
