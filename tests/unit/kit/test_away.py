"""Without the database the door goes on with what it knew last (ADR 8); what it never knew it cannot know."""

import hashlib
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Caller, Door, Keys
from leadpact.kit.access.keys import KeyInfo, split
from leadpact.kit.errors import Unauthenticated, Unavailable
from leadpact.kit.vault import Vault
from leadpact.testkit.clock import ManualClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = f"lp_0123abcd_{'x' * 43}"


class FewKeys(Keys):
    """One key; while `away`, no database."""

    away = False

    def __init__(self) -> None:
        caller = Caller("0123abcd", Actor("crm", ActorKind.AUTOMATION), "CRM", frozenset(), frozenset())
        self._info = KeyInfo(caller, _sha256(TEXT), NOON, None)

    async def find(self, id_: str) -> KeyInfo | None:
        if self.away:
            raise asyncpg.CannotConnectNowError("the database system is starting up")
        return self._info if id_ == "0123abcd" else None


def _sha256(text: str) -> bytes:
    parts = split(text)
    assert parts is not None
    return hashlib.sha256(parts[1].encode()).digest()


async def test_a_key_known_last_opens_and_an_unknown_one_has_to_wait() -> None:
    clock, keys = ManualClock(NOON), FewKeys()
    door = Door(keys, clock)
    await door.authenticate(f"Bearer {TEXT}")
    keys.away = True
    clock.advance(3_600)
    assert (await door.authenticate(f"Bearer {TEXT}")).actor.id == "crm"
    with pytest.raises(Unavailable):
        await door.authenticate(f"Bearer {TEXT.replace('0123abcd', '99999999')}")
    keys.away = False
    keys._info = KeyInfo(keys._info.caller, keys._info.secret_sha256, NOON, NOON + timedelta(seconds=1))
    clock.advance(3)
    with pytest.raises(Unauthenticated):
        await door.authenticate(f"Bearer {TEXT}")


class Rows:
    """A pool that keeps sealing keys; while `away`, no database."""

    def __init__(self) -> None:
        self.away = False
        self._kept: dict[str, bytes] = {}

    async def execute(self, _: str, __: str, names: list[str], wrapped: list[bytes]) -> None:
        self._answer()
        self._kept |= {name: key for name, key in zip(names, wrapped, strict=True) if name not in self._kept}

    async def fetch(self, _: str, __: str, names: list[str]) -> list[dict[str, object]]:
        self._answer()
        return [{"name": name, "wrapped": self._kept[name]} for name in names if name in self._kept]

    def _answer(self) -> None:
        if self.away:
            raise ConnectionRefusedError(111, "refused")


async def test_r13_a_delivery_is_sealed_with_the_days_key_known_last_and_another_day_has_to_wait() -> None:
    clock, rows = ManualClock(NOON), Rows()
    vault = Vault(rows, bytes(32), clock)  # type: ignore[arg-type]  # only what is asked of it
    await vault.seal_raw(NOON.date(), b"x")
    rows.away = True
    clock.advance(3_600)
    sealed = await vault.seal_raw(NOON.date(), b"said")
    with pytest.raises(Unavailable):
        await vault.seal_raw(NOON.date() + timedelta(days=1), b"x")
    with pytest.raises(Unavailable):
        await vault.open_raw(NOON.date(), sealed)
    rows.away = False
    assert await vault.open_raw(NOON.date(), sealed) == b"said"
