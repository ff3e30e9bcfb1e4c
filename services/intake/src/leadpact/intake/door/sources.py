"""Registered sources as the door knows them: looked up in memory, read again when they are a few seconds old.

While the database is away they stay as they were.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadpact.intake.errors import UnknownSource, Unproven
from leadpact.kit.clock import Clock
from leadpact.kit.errors import Unavailable
from leadpact.kit.keys import derive_key
from leadpact.kit.pg.answering import answering
from leadpact.kit.vault.keyring import seal, unseal

if TYPE_CHECKING:
    import asyncpg

_FRESH = 2.0  # seconds
_WAIT = 1.0  # seconds for the database
_ALL = "select name, kind, zone, channel, mapping, clear, secrets from source"
_decode = msgspec.json.Decoder(list[str]).decode
_PUT = """
insert into source (name, kind, zone, channel, mapping, clear, secrets) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (name) do update set kind = excluded.kind, zone = excluded.zone, channel = excluded.channel,
    mapping = excluded.mapping, clear = excluded.clear, secrets = excluded.secrets
"""


@dataclass(frozen=True, slots=True)
class Registered:
    """A source with its live secrets, newest first."""

    name: str
    kind: str
    zone: str
    channel: str | None
    mapping: dict[str, str]
    clear: list[str]
    secrets: tuple[str, ...]


class Registry(Protocol):
    """Knows the registered sources."""

    async def find(self, name: str, kind: str | None = None) -> Registered:
        """The source of that name, and kind; raises `UnknownSource`."""
        ...

    async def of_write_key(self, key: str) -> Registered:
        """The Segment source with that write key; raises `Unproven`."""
        ...


class Sources:
    """The table of sources; `pool` connects as the role of the schema intake."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", master: bytes, hasher: Callable[[str, str], str], clock: Clock
    ) -> None:
        self._pool = pool
        self._key = AESGCM(derive_key(master, "intake/source-secrets"))
        self._hasher = hasher
        self._clock = clock
        self._read_at: float | None = None
        self._by_name: dict[str, Registered] = {}
        self._by_write_key: dict[str, Registered] = {}

    async def find(self, name: str, kind: str | None = None) -> Registered:
        """The source of that name, and kind; raises `UnknownSource`."""
        await self._refresh()
        found = self._by_name.get(name)
        if found is None or kind not in (None, found.kind):
            raise UnknownSource(f"there is no {kind} source of that name" if kind else "there is no such source")
        return found

    async def of_write_key(self, key: str) -> Registered:
        """The Segment source with that write key; raises `Unproven`."""
        await self._refresh()
        found = self._by_write_key.get(self._hasher("write_key", key))
        if found is None:
            raise Unproven("this write key is unknown")
        return found

    async def all(self) -> list[Registered]:
        """Every source by name."""
        self._read_at = None
        await self._refresh()
        return sorted(self._by_name.values(), key=lambda source: source.name)

    async def put(self, source: Registered) -> None:
        """Register a source, or replace what is said of it."""
        sealed = seal(self._key, msgspec.json.encode(source.secrets), source.name.encode())
        await self._pool.execute(
            _PUT,
            source.name,
            source.kind,
            source.zone,
            source.channel,
            msgspec.json.encode(source.mapping).decode(),
            source.clear,
            urlsafe_b64encode(sealed).decode(),
        )
        self._read_at = None

    async def _refresh(self) -> None:
        now = self._clock.monotonic()
        if self._read_at is not None and now - self._read_at < _FRESH:
            return
        try:
            with answering():
                async with asyncio.timeout(_WAIT):
                    rows = await self._pool.fetch(_ALL)
        except Unavailable:
            if not self._by_name:
                raise
            self._read_at = now  # Kafka takes deliveries without the database, so what was known is good enough
            return
        self._by_name = {row["name"]: self._registered(row) for row in rows}
        self._by_write_key = {
            self._hasher("write_key", secret): source
            for source in self._by_name.values()
            if source.kind == "segment"
            for secret in source.secrets
        }
        self._read_at = now

    def _registered(self, row: "asyncpg.Record") -> Registered:
        sealed, name = row["secrets"], row["name"]
        opened = unseal(self._key, urlsafe_b64decode(sealed), name.encode()) if sealed else b"[]"
        mapping = msgspec.json.decode(row["mapping"], type=dict[str, str])
        return Registered(
            name, row["kind"], row["zone"], row["channel"], mapping, list(row["clear"]), tuple(_decode(opened))
        )
