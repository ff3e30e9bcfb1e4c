"""The door before a log in memory: what is answered, and what stands in `raw` afterwards."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
from starlette.responses import PlainTextResponse

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.topics import RAW
from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.entry import Source
from leadpact.intake.domain.features import CLEAR
from leadpact.intake.door.accept import Acceptor
from leadpact.intake.door.hot import Door
from leadpact.intake.door.publisher import Publisher
from leadpact.intake.door.sources import Registered
from leadpact.intake.errors import UnknownSource, Unproven
from leadpact.kit.access import Caller, Scope
from leadpact.kit.errors import Unauthenticated
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog
from tests.unit.intake.desk import NOON, Desk, OpenSafe

SECRET, OLD_SECRET = "today's secret", "yesterday's secret"
SOURCES = {
    "api": Registered("api", "json", "UTC", None, {}, list(CLEAR), ()),
    "forms": Registered("forms", "typeform", "UTC", None, {"r1": "email"}, list(CLEAR), (SECRET, OLD_SECRET)),
    "site": Registered("site", "segment", "UTC", None, {}, list(CLEAR), ("write-key",)),
}


class Registry:
    """The registered sources."""

    async def find(self, name: str, kind: str | None = None) -> Registered:
        found = SOURCES.get(name)
        if found is None or kind not in (None, found.kind):
            raise UnknownSource("there is no such source")
        return found

    async def of_write_key(self, key: str) -> Registered:
        if key != "write-key":
            raise Unproven("this write key is unknown")
        return SOURCES["site"]


class Authority:
    """The text of a key lists its scopes; `all` has every one, a key that begins with `ann` is a person's."""

    async def authenticate(self, authorization: str | None) -> Caller:
        name = (authorization or "").removeprefix("Bearer ")
        if not authorization or name == "wrong":
            raise Unauthenticated("this API key is unknown or revoked")
        scopes = frozenset(Scope) if "all" in name else frozenset(s for s in Scope if s.value in name)
        kind = ActorKind.HUMAN if name.startswith("ann") else ActorKind.AUTOMATION
        return Caller(name, Actor(name, kind), name, frozenset(), scopes)


class Front:
    """A door with its log; `answers` are what was counted."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.clock = ManualClock(NOON)
        self.answers: list[tuple[str, int]] = []
        acceptor = Acceptor(Publisher(self.log), OpenSafe(), self.clock)

        def count(door: str, status: int) -> None:
            self.answers.append((door, status))

        self.app = Door(Authority(), Registry(), acceptor, count, PlainTextResponse("behind"))

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

    def kept(self) -> list[tuple[int, Delivery, bytes]]:
        """Partition, delivery and body of all that stands in `raw`."""
        found = [(r.partition, raw.decode(r.value)) for records in self.log.records.values() for r in records]
        return [(place, d, d.body.removeprefix(f"{date(2026, 3, 2)}:".encode())) for place, d in found]

    async def normalised(self, *more: Source) -> Desk:
        """What the normaliser makes of all that was kept."""
        desk = Desk(Source("forms", mapping={"r1": "email"}), Source("site"), *more)
        assert all(stream.topic == RAW.name for stream in self.log.records)
        for _, delivery, body in self.kept():
            desk.put_delivery(delivery, body)
        await desk.run()
        return desk
