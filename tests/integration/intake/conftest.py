"""A whole intake on a real Kafka and a real PostgreSQL: the door on a port, the normaliser beside it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope
from leadpact.contracts.topics import LEADS
from leadpact.embedded.places import free_port
from leadpact.intake.config import IntakeSettings
from leadpact.intake.main import SERVICE
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.rows import Stream
from leadpact.kit.runtime import Process
from leadpact.kit.service import answering, work
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation


@dataclass(slots=True)
class Intake:
    """The running service, and a client that holds every scope."""

    url: str
    http: httpx.AsyncClient
    process: Process
    settings: IntakeSettings
    pool: asyncpg.Pool
    log: KafkaLog

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:  # noqa: ANN401 - JSON
        """Deliver JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(path, content=content, headers=headers)

    async def source(self, **told: Any) -> None:  # noqa: ANN401 - JSON
        """Register a source."""
        answer = await self.http.post("/v1/sources", json=told)
        assert answer.status_code == 200, answer.text

    async def outcomes(self, ingest: str, items: int = 1) -> list[str]:
        """What became of a delivery, once it is known of all its items."""

        async def known() -> list[str]:
            found = (await self.http.get(f"/v1/deliveries/{ingest}")).json()
            assert len(found) == items
            return [each["outcome"] for each in found]

        return await eventually(known, within=15)

    async def leads(self, most: int) -> list[Envelope]:
        """Exactly so many records of `leads` other than control records, waited for."""
        reader = await self.log.reader({Stream(LEADS.name, n): 0 for n in range(LEADS.partitions)})
        found: list[Envelope] = []

        async def read() -> bool:
            records = await reader.fetch(10_000, 0.2)
            found.extend(e for r in records if (e := wire.decode(r.value)).lead)
            return len(found) >= most

        try:
            await eventually(read, within=20)
        finally:
            await reader.close()
        assert len(found) == most
        return found


@pytest.fixture
async def intake(kafka: str, topic_prefix: str, installation: Installation) -> AsyncIterator[Intake]:
    """The service, started and stopped."""
    async with running(kafka, topic_prefix, installation) as service:
        yield service


async def prepared(kafka: str, topic_prefix: str, installation: Installation) -> IntakeSettings:
    """Settings for these parts, with the tables that all services share."""
    settings = IntakeSettings.model_validate(
        {
            "kafka": kafka,
            "postgres": installation.admin_dsn,
            "master_key": installation.master.hex(),
            "topic_prefix": topic_prefix,
        }
    )
    await migrate(settings.dsn("access"), "leadpact.kit.access.migrations")
    await migrate(settings.dsn("vault"), "leadpact.kit.vault.migrations")
    return settings


async def allowed(process: Process, settings: IntakeSettings) -> dict[str, str]:
    """Headers with a new key that may do everything."""
    async with asyncpg.create_pool(settings.dsn("access"), min_size=1, max_size=1) as pool:
        crm, now = Actor("crm", ActorKind.AUTOMATION), process.clock.wall()
        key = await Keys(pool).create(crm, "CRM", roles=[Role.ADMIN], scopes=list(Scope), now=now)
    return {"Authorization": f"Bearer {key.text}"}


@asynccontextmanager
async def running(kafka: str, topic_prefix: str, installation: Installation) -> AsyncIterator[Intake]:
    """The service on these parts."""
    settings = await prepared(kafka, topic_prefix, installation)
    process = Process("test", settings)
    port = free_port()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(answering(SERVICE, process, settings))
        log = KafkaLog(kafka, topic_prefix)
        stack.push_async_callback(log.close)
        pool = await stack.enter_async_context(asyncpg.create_pool(settings.dsn("intake"), min_size=1, max_size=2))
        url = f"http://127.0.0.1:{port}"
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, headers=await allowed(process, settings), timeout=30)
        )
        running = [asyncio.create_task(process.serve(app, port)), asyncio.create_task(work(SERVICE, process, settings))]

        async def listens() -> bool:
            try:
                return (await http.get("/v1/sources")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(listens, within=20)
            yield Intake(url, http, process, settings, pool, log)
        finally:
            process.stopping.set()
            await asyncio.wait(running, timeout=60)
            for task in running:
                task.result()
