"""The door, put together: what intake answers over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from starlette.types import ASGIApp, Receive, Scope, Send

from leadpact.intake.config import IntakeSettings
from leadpact.intake.door import imports, outcomes, quarantine, registration
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.describing import describe
from leadpact.intake.door.files import Importer
from leadpact.intake.door.hot import Door
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.door.refusals import handle_refusals
from leadpact.intake.door.sources import Sources
from leadpact.intake.metrics import ANSWERS, DOOR, IGNORED, SPOOLED
from leadpact.intake.spool.pg import PgSpool
from leadpact.kit import access
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect
from leadpact.kit.runtime import Process
from leadpact.kit.vault import Hasher, Vault
from leadpact.web.app import create_app

_CONNECTIONS = 8


@asynccontextmanager
async def opened(process: Process, settings: IntakeSettings) -> AsyncIterator[ASGIApp]:
    """The app that answers for `PREFIXES`."""
    process.metrics.declare(*DOOR)
    async with AsyncExitStack() as stack:
        pool = await _pool(stack, settings, "intake")
        safe = Vault(await _pool(stack, settings, "vault"), settings.intake_key, process.clock)
        authority = access.Door(access.Keys(await _pool(stack, settings, "access")), process.clock)
        log = KafkaLog(settings.kafka, settings.topic_prefix)
        stack.push_async_callback(log.close)
        publisher = Publisher(log)
        stack.push_async_callback(publisher.close)
        sources = Sources(pool, settings.intake_key, Hasher(settings.intake_key), process.clock)
        keeper = Keeper(publisher, PgSpool(pool), lambda: process.metrics.count(SPOOLED))
        acceptor = Acceptor(keeper, safe, process.clock)
        files = create_app("Leadpact intake: files", process.version, max_body=imports.MOST_BYTES)
        files.include_router(imports.router(authority, sources, Importer(pool, acceptor), pool))
        asked = create_app("Leadpact intake", process.version)
        asked.include_router(registration.router(authority, sources))
        asked.include_router(outcomes.router(authority, pool))
        asked.include_router(quarantine.router(authority, acceptor, pool, safe))
        for app in (files, asked):
            handle_refusals(app)
        describe(asked, files)

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            """A file may be larger than any other body."""
            app = files if str(scope.get("path", "")).startswith("/v1/imports") else asked
            await app(scope, receive, send)

        def count(door: str, status: int) -> None:
            process.metrics.count(ANSWERS, door, str(status))

        def overlooked(door: str, fields: int) -> None:
            if fields:
                process.metrics.count(IGNORED, door, by=fields)

        yield Door(authority, sources, acceptor, count, overlooked, behind)


async def _pool(stack: AsyncExitStack, settings: IntakeSettings, schema: str) -> asyncpg.Pool:
    return await stack.enter_async_context(await connect(settings.dsn(schema), most=_CONNECTIONS))
