"""The qualifier's API on a real database, with callers known by a word instead of a key."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope
from leadpact.kit.access import Caller, Role, Scope
from leadpact.kit.errors import Unauthenticated
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore
from leadpact.qualifier.api import router
from leadpact.qualifier.book import STREAM, Book
from leadpact.qualifier.clerk import Clerk
from leadpact.qualifier.metrics import CATALOGUE
from leadpact.qualifier.problems import handle_errors
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.installation import Installation
from leadpact.web import create_app

NOW = datetime(2026, 5, 5, 9, tzinfo=UTC)


def _caller(
    id_: str, *roles: Role, kind: ActorKind = ActorKind.HUMAN, scopes: tuple[Scope, ...] = tuple(Scope)
) -> Caller:
    return Caller(f"key-{id_}", Actor(id_, kind), id_.title(), frozenset(roles), frozenset(scopes))


CALLERS = {
    caller.actor.id: caller
    for caller in (
        _caller("mia", Role.MARKETING),
        _caller("sam", Role.SALES),
        _caller("both", Role.MARKETING, Role.SALES),
        _caller("ruth", Role.ADMIN),
        _caller("vic", Role.VIEWER, scopes=(Scope.READ, Scope.AGREEMENTS)),
        _caller("robot", Role.SALES, kind=ActorKind.AUTOMATION),
        _caller("form", Role.ADMIN, scopes=(Scope.INGEST,)),
    )
}


class Words:
    """An authority that knows people by their first name."""

    async def authenticate(self, authorization: str | None) -> Caller:
        try:
            return CALLERS[(authorization or "").removeprefix("Bearer ")]
        except KeyError as error:
            raise Unauthenticated("who are you?") from error


@dataclass(frozen=True, slots=True)
class Desk:
    """Speaks to the API as somebody."""

    client: httpx.AsyncClient
    pool: "asyncpg.Pool[asyncpg.Record]"
    clock: ManualClock

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        headers = {"authorization": f"Bearer {who}", **more.pop("headers", {})}
        return await self.client.request(method, f"/v1/agreements{path}", headers=headers, **more)

    async def draft(self, text: str | bytes, who: str = "ruth") -> dict[str, Any]:
        answer = await self.ask(who, "POST", "", content=text)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def approve(self, who: str, team: str, paper: dict[str, Any], hash_: str | None = None) -> httpx.Response:
        path = f"/{paper['id']}/versions/{paper['version']}/approvals"
        return await self.ask(who, "POST", path, json={"team": team, "hash": hash_ or paper["hash"]})

    async def act(self, who: str, act: str, paper: dict[str, Any]) -> httpx.Response:
        return await self.ask(who, "POST", f"/{paper['id']}/versions/{paper['version']}/{act}")

    async def in_force(self, text: str | bytes) -> dict[str, Any]:
        paper = await self.draft(text)
        assert (await self.approve("mia", "marketing", paper)).status_code == 200
        assert (await self.approve("sam", "sales", paper)).status_code == 200
        answer = await self.act("ruth", "activation", paper)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def told(self) -> list[str]:
        """Types of the events in the outbox, in order."""
        return [envelope.type for envelope in await self.envelopes()]

    async def envelopes(self) -> list[Envelope]:
        """The events in the outbox, in order."""
        found = await PgStore(self.pool).outbox({STREAM: 0}, 1_000)
        return [wire.decode(message.value) for message in found.get(STREAM, [])]


@pytest.fixture
async def desk(installation: Installation) -> AsyncIterator[Desk]:
    dsn = installation.dsn("qualifier")
    await migrate(dsn, "leadpact.kit.migrations", "leadpact.qualifier.migrations")
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        app = create_app("test", "0")
        handle_errors(app)
        clock = ManualClock(NOW)
        app.include_router(router(Clerk(Book(pool), clock), Words(), Metrics(*CATALOGUE)))
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Desk(client, pool, clock)
