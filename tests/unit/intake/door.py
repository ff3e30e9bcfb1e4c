"""The door before a log in memory: what is answered, and what stands in `raw` afterwards."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.responses import PlainTextResponse

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.topics import RAW
from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.entry import Source
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.hot import Door
from leadpact.intake.door.keeper import Keeper
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.spool.memory import MemorySpool
from leadpact.kit.access import Scope
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryAuthority, MemoryLog, MemorySafe
from tests.doubles.registry import MemoryRegistry, registered
from tests.unit.intake.desk import NOON, Desk

SECRET, OLD_SECRET = "today's secret", "yesterday's secret"
SOURCES = (
    registered("forms", "typeform", SECRET, OLD_SECRET, mapping={"r1": "email"}),
    registered("site", "segment", "write-key"),
)
WEBSITE = Actor("website", ActorKind.AUTOMATION)
EVERY = frozenset(Scope)
KEYS = {"ingest": {Scope.INGEST}, "command": {Scope.COMMAND}, "all": EVERY, "bound": EVERY, "site": EVERY}
"""What each key opens."""
BOUND = {"bound": ("site", "crm"), "site": ("site",)}
"""The sources of keys that are bound to some."""


class Front:
    """A door with its log and its spool; `answers` and `ignored` are what was counted."""

    def __init__(self) -> None:
        self.safe = MemorySafe()
        self.log = MemoryLog()
        self.spool = MemorySpool()
        self.clock = ManualClock(NOON)
        self.answers: list[tuple[str, int]] = []
        self.ignored: list[tuple[str, int]] = []
        authority = MemoryAuthority()
        for key, scopes in KEYS.items():
            authority.issue(key, WEBSITE, scopes=scopes, sources=BOUND.get(key, ()))
        acceptor = Acceptor(Keeper(Publisher(self.log), self.spool), self.safe, self.clock)

        def count(door: str, status: int) -> None:
            self.answers.append((door, status))

        def overlooked(door: str, fields: int) -> None:
            self.ignored.append((door, fields))

        behind = PlainTextResponse("behind")
        self.app = Door(authority, MemoryRegistry(*SOURCES), acceptor, count, overlooked, behind)

    async def post(self, path: str, body: Any, key: str | None = "all", **headers: str) -> httpx.Response:  # noqa: ANN401 - JSON
        """Deliver JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self._send(path, content, headers | ({"Authorization": f"Bearer {key}"} if key else {}))

    async def post_in_parts(self, path: str, parts: list[bytes]) -> httpx.Response:
        """Deliver without saying how long the body is."""

        async def told() -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        return await self._send(path, told(), {"Authorization": "Bearer all"})

    async def _send(self, path: str, content: bytes | AsyncIterator[bytes], headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.post(path, content=content, headers=headers)

    async def typeform(self, body: bytes, secret: str = SECRET) -> httpx.Response:
        """Deliver a form as Typeform signs it."""
        made = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
        return await self.post("/hooks/typeform/forms", body, None, **{"Typeform-Signature": f"sha256={made}"})

    async def segment(self, method: str, body: Any, key: str = "write-key") -> httpx.Response:  # noqa: ANN401 - JSON
        """Deliver as Segment's libraries do."""
        token = base64.b64encode(f"{key}:".encode()).decode()
        return await self.post(f"/segment/v1/{method}", body, None, Authorization=f"Basic {token}")

    async def kept(self) -> list[tuple[int, Delivery, bytes]]:
        """Partition, delivery and opened body of all that stands in `raw`."""
        found: list[tuple[int, Delivery, bytes]] = []
        for place, delivery in self._deliveries():
            body = await self.safe.open_raw(delivery.received_at.date(), delivery.body)
            assert body is not None
            found.append((place, delivery, body))
        return found

    async def normalised(self, *more: Source) -> Desk:
        """What the normaliser makes of all that was kept."""
        desk = Desk(Source("forms", mapping={"r1": "email"}), Source("site"), *more, safe=self.safe)
        desk.books.spool = self.spool
        for _, delivery in self._deliveries():
            desk.keep(delivery)
        await desk.run()
        return desk

    def _deliveries(self) -> list[tuple[int, Delivery]]:
        assert all(stream.topic == RAW.name for stream in self.log.records)
        return [(r.partition, raw.decode(r.value)) for records in self.log.records.values() for r in records]
