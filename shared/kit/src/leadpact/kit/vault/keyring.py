"""Sealing keys of one kind, wrapped by the master key in the database, known in memory for a minute at most."""

import os
from collections.abc import Collection

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leadpact.kit.clock import Clock
from leadpact.kit.errors import VaultError
from leadpact.kit.keys import derive_key
from leadpact.kit.pg.answering import answering

REMEMBERED_SECONDS = 60.0
_MOST = 100_000
_NONCE = 12


class Keyring:
    """AES-256-GCM keys by name; `kind` keeps those of people and of days apart. All raise `Unavailable`."""

    def __init__(self, pool: asyncpg.Pool, master: bytes, kind: str, clock: Clock) -> None:
        self._pool = pool
        self._wrapping = AESGCM(derive_key(master, f"vault/{kind}"))
        self._kind = kind
        self._clock = clock
        self._known: dict[str, tuple[float, AESGCM]] = {}

    async def known(self, names: Collection[str]) -> dict[str, AESGCM]:
        """The keys that exist; those never made or forgotten are left out. At most one query."""
        found = self._remembered(names)
        if missing := [name for name in names if name not in found]:
            found |= self._remember(await self._read(missing))
        return found

    async def made(self, names: Collection[str]) -> dict[str, AESGCM]:
        """The keys by name, made where they did not exist; forgotten ones are left out. At most three queries."""
        found = await self.known(names)
        if missing := sorted(set(names) - found.keys()):
            wrapped = [seal(self._wrapping, AESGCM.generate_key(256), self._about(name)) for name in missing]
            with answering():
                await self._pool.execute(
                    "insert into sealing_key select $1, * from unnest($2::text[], $3::bytea[]) on conflict do nothing",
                    self._kind,
                    missing,
                    wrapped,
                )
            found |= self._remember(await self._read(missing))
        return found

    def last(self, names: Collection[str]) -> dict[str, AESGCM]:
        """Those of the keys that were known here, however long ago: only to seal with while the database is away."""
        return {name: self._known[name][1] for name in names if name in self._known}

    async def forget(self, names: Collection[str]) -> None:
        """Lose keys for ever, also those not made yet; other processes may remember them for a minute."""
        with answering():
            await self._pool.execute(
                "insert into sealing_key select $1, unnest($2::text[]), null"
                " on conflict (kind, name) do update set wrapped = null",
                self._kind,
                sorted(set(names)),
            )
        for name in names:
            self._known.pop(name, None)

    async def forget_before(self, name: str) -> None:
        """Lose every key whose name sorts before `name`, for ever."""
        with answering():
            await self._pool.execute(
                "update sealing_key set wrapped = null where kind = $1 and name < $2 and wrapped is not null",
                self._kind,
                name,
            )
        self._known.clear()

    async def _read(self, names: list[str]) -> dict[str, bytes]:
        with answering():
            rows = await self._pool.fetch(
                "select name, wrapped from sealing_key where kind = $1 and name = any($2) and wrapped is not null",
                self._kind,
                names,
            )
        return {row["name"]: row["wrapped"] for row in rows}

    def _remembered(self, names: Collection[str]) -> dict[str, AESGCM]:
        now = self._clock.monotonic()
        known = ((name, self._known.get(name)) for name in names)
        return {name: entry[1] for name, entry in known if entry is not None and entry[0] > now}

    def _remember(self, wrapped: dict[str, bytes]) -> dict[str, AESGCM]:
        until = self._clock.monotonic() + REMEMBERED_SECONDS
        keys = {name: AESGCM(unseal(self._wrapping, key, self._about(name))) for name, key in wrapped.items()}
        if len(self._known) + len(keys) > _MOST:
            self._known.clear()
        self._known.update((name, (until, key)) for name, key in keys.items())
        return keys

    def _about(self, name: str) -> bytes:
        return f"{self._kind}/{name}".encode()


def seal(key: AESGCM, clear: bytes, about: bytes) -> bytes:
    """Encrypt under a fresh nonce; `about` is bound to the bytes but not kept in them."""
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, clear, about)


def unseal(key: AESGCM, sealed: bytes, about: bytes) -> bytes:
    """Decrypt; raises `VaultError` if the bytes were changed, are about something else, or sealed under another key."""
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], about)
    except (InvalidTag, ValueError) as error:
        message = (
            f"what was sealed about {about.decode()} cannot be opened: changed, moved, or under another master key"
        )
        raise VaultError(message) from error
