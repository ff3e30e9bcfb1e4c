"""The table of API keys; of a secret only its SHA-256 is kept, and the text of a key is shown once, when it is made."""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access.caller import Caller, Role, Scope
from leadpact.kit.ids import fresh, secret

if TYPE_CHECKING:
    import asyncpg

_TEXT = re.compile(r"lp_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_COLUMNS = "id, secret_sha256, actor, actor_kind, name, roles, scopes, sources, created_at, revoked_at"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key; `secret_sha256` proves a secret and does not reveal it."""

    caller: Caller
    secret_sha256: bytes
    created_at: datetime
    revoked_at: datetime | None

    def opens(self, text: str) -> bool:
        """Whether this is the secret of a key still valid; takes the same time for any wrong secret."""
        return hmac.compare_digest(_hash(text), self.secret_sha256) and self.revoked_at is None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `text` is what its holder keeps and nobody else ever sees again."""

    id: str
    text: str


def split(text: str) -> tuple[str, str] | None:
    """Id and secret of a key's text, or nothing if it is none."""
    found = _TEXT.fullmatch(text)
    return (found[1], found[2]) if found else None


class Keys:
    """The keys in the schema `access`; `pool` connects as the role of that schema."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def create(
        self,
        actor: Actor,
        name: str,
        *,
        roles: Collection[Role],
        scopes: Collection[Scope],
        now: datetime,
        sources: Collection[str] = (),
    ) -> NewKey:
        """Make a key for an actor; with `sources` it delivers as these alone."""
        id_, text = fresh()[:8], secret()
        await self._pool.execute(
            f"insert into api_key ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null)",  # noqa: S608 - constants
            id_,
            _hash(text),
            actor.id,
            actor.kind.value,
            name,
            sorted(roles),
            sorted(scopes),
            sorted(sources),
            now,
        )
        return NewKey(id_, f"lp_{id_}_{text}")

    async def revoke(self, id_: str, now: datetime) -> bool:
        """End a key; whether there was such a key that had not ended yet. Doors notice within a minute."""
        status = await self._pool.execute(
            "update api_key set revoked_at = $2 where id = $1 and revoked_at is null", id_, now
        )
        return status == "UPDATE 1"

    async def find(self, id_: str) -> KeyInfo | None:
        """The key of an id."""
        row = await self._pool.fetchrow(f"select {_COLUMNS} from api_key where id = $1", id_)  # noqa: S608 - constants
        return None if row is None else _info(row)

    async def all(self) -> list[KeyInfo]:
        """Every key ever made, oldest first."""
        rows = await self._pool.fetch(f"select {_COLUMNS} from api_key order by created_at, id")  # noqa: S608 - constants
        return [_info(row) for row in rows]


def _info(row: "asyncpg.Record") -> KeyInfo:
    caller = Caller(
        key=row["id"],
        actor=Actor(row["actor"], ActorKind(row["actor_kind"])),
        name=row["name"],
        roles=frozenset(map(Role, row["roles"])),
        scopes=frozenset(map(Scope, row["scopes"])),
        sources=frozenset(row["sources"]),
    )
    return KeyInfo(caller, row["secret_sha256"], row["created_at"], row["revoked_at"])


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
