"""Making an installation ready before its services start: roles, schemas, tables, topics, the administrator's key."""

import asyncio

import asyncpg

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.topics import TOPICS
from leadpact.embedded.find import Infrastructure
from leadpact.kit import roles
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.clock import SystemClock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.settings import Settings
from leadpact.local import outside
from leadpact.local.services import SERVICES
from leadpact.local.state import State, write_secret

_SHARED = {"access": "leadpact.kit.access.migrations", "vault": "leadpact.kit.vault.migrations"}


async def prepare(state: State, infra: Infrastructure, settings: Settings) -> None:
    """Bring database and broker up to date; doing it again changes nothing."""
    await roles.provision(infra.dsn, settings.master)
    outside.note(state, settings)
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        await asyncio.gather(
            log.ensure(TOPICS),
            *(migrate(settings.dsn(schema), source) for schema, source in _SHARED.items()),
            *(service.migrate(settings) for service in SERVICES),
        )
    finally:
        await log.close()
    if not state.admin_key.exists():
        write_secret(state.admin_key, await _administrator(settings))


async def _administrator(settings: Settings) -> str:
    """The text of a new key that may do everything but sign."""
    pool = await asyncpg.create_pool(settings.dsn("access"), min_size=1, max_size=1)
    try:
        made = await Keys(pool).create(
            Actor("administrator", ActorKind.HUMAN),
            "Administrator",
            roles=frozenset({Role.ADMIN}),
            scopes=frozenset(Scope),
            now=SystemClock(settings.clock).wall(),
        )
    finally:
        await pool.close()
    return made.text
