"""The whole installation on a real Kafka and a real PostgreSQL: the web process on a port, all workers beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.embedded.find import Infrastructure
from leadpact.embedded.places import free_port
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.runtime import Process
from leadpact.kit.service import Service, ServiceSettings, work
from leadpact.kit.settings import load
from leadpact.local import web
from leadpact.local.installation import prepare
from leadpact.local.services import SERVICES
from leadpact.local.state import State
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation

PEOPLE = {
    "admin": (frozenset({Role.ADMIN}), frozenset(Scope)),
    "mia": (frozenset({Role.MARKETING, Role.SALES}), frozenset({Scope.AGREEMENTS, Scope.READ})),
    "rep": (frozenset({Role.SALES}), frozenset({Scope.COMMAND, Scope.READ})),
}


@dataclass(slots=True)
class Installed:
    """What runs: a client without a key, everybody's key, the log, and the database as its administrator."""

    http: httpx.AsyncClient
    keys: dict[str, str]
    log: KafkaLog
    database: asyncpg.Connection

    def by(self, name: str, **headers: str) -> dict[str, str]:
        """Headers with somebody's key."""
        return {"Authorization": f"Bearer {self.keys[name]}", **headers}


@pytest.fixture
def addresses(
    kafka: str, topic_prefix: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> Infrastructure:
    """Where all is, as the environment tells it."""
    told = {
        "KAFKA": kafka,
        "POSTGRES": installation.admin_dsn,
        "MASTER_KEY": installation.master.hex(),
        "TOPIC_PREFIX": topic_prefix,
        "PORT": str(free_port()),
    }
    for name, value in told.items():
        monkeypatch.setenv(f"LEADPACT_{name}", value)
    return Infrastructure(kafka, installation.admin_dsn, "the test's")


@pytest.fixture
async def installed(addresses: Infrastructure, tmp_path: Path) -> AsyncIterator[Installed]:
    """All of it, started and stopped."""
    async with _running(addresses, State(tmp_path), SERVICES) as all_:
        yield all_


@pytest.fixture
async def answering(addresses: Infrastructure, tmp_path: Path) -> AsyncIterator[Installed]:
    """The web process alone."""
    async with _running(addresses, State(tmp_path), ()) as web_:
        yield web_


@asynccontextmanager
async def _running(
    addresses: Infrastructure, state: State, working: Sequence[Service[Any]]
) -> AsyncIterator[Installed]:
    settings = load(ServiceSettings)
    await prepare(state, addresses, settings)
    process = Process("test", settings)
    async with AsyncExitStack() as stack:
        log = KafkaLog(addresses.bootstrap, settings.topic_prefix)
        stack.push_async_callback(log.close)
        database = await asyncpg.connect(addresses.dsn)
        stack.push_async_callback(database.close)
        access = await stack.enter_async_context(asyncpg.create_pool(settings.dsn("access"), min_size=1, max_size=1))
        keys = {name: await _key(Keys(access), name, process) for name in PEOPLE}
        url = f"http://127.0.0.1:{settings.port}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        running = [asyncio.create_task(web.serve(process, settings))]
        running += [asyncio.create_task(work(service, process, load(service.settings))) for service in working]

        async def ready() -> bool:
            for task in running:
                assert not task.done(), task.exception()
            try:
                return (await http.get("/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(ready, within=60)
            yield Installed(http, keys, log, database)
        finally:
            process.stopping.set()
            await asyncio.wait(running, timeout=20)
            for task in running:
                task.result()


async def _key(keys: Keys, name: str, process: Process) -> str:
    roles, scopes = PEOPLE[name]
    made = await keys.create(
        Actor(name, ActorKind.HUMAN), name.title(), roles=roles, scopes=scopes, now=process.clock.wall()
    )
    return made.text
