"""API keys on a real database keep the rules of their port: found by their whole text alone, kept as hashes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from leadpact.kit.access import Door, Keys
from leadpact.kit.access.door import REMEMBERED
from leadpact.kit.errors import Unauthenticated
from leadpact.kit.migrate import migrate
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.conformance.authority import ANN, ROLES, SCOPES, AuthorityConformance, Issue, Revoke
from leadpact.testkit.installation import Installation

NOW = datetime(2026, 5, 5, 9, tzinfo=UTC)


@pytest.fixture
async def keys(installation: Installation) -> AsyncIterator[Keys]:
    await migrate(installation.dsn("access"), "leadpact.kit.access.migrations")
    async with asyncpg.create_pool(installation.dsn("access"), min_size=1, max_size=1) as pool:
        yield Keys(pool)


@pytest.fixture
def issue(keys: Keys) -> Issue:
    async def made(*sources: str) -> str:
        return (await keys.create(ANN, "Ann Lee", roles=ROLES, scopes=SCOPES, now=NOW, sources=sources)).text

    return made


class TestDoor(AuthorityConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(NOW)

    @pytest.fixture
    def authority(self, keys: Keys, clock: ManualClock) -> Door:
        return Door(keys, clock)

    @pytest.fixture
    def revoke(self, keys: Keys, clock: ManualClock) -> Revoke:
        async def ended(key: str) -> None:
            assert await keys.revoke(key.split("_")[1], NOW)
            clock.advance(REMEMBERED.total_seconds())

        return ended


async def test_a_secret_opens_only_with_its_own_id(keys: Keys, issue: Issue) -> None:
    door = Door(keys, ManualClock(NOW))
    (_, one, _), (_, other, secret) = [(await issue()).split("_", 2) for _ in range(2)]
    for wrong in (f"lp_{one}_{secret}", f"lp_00000000_{secret}"):
        with pytest.raises(Unauthenticated):
            await door.authenticate(f"Bearer {wrong}")
    await door.authenticate(f"Bearer lp_{other}_{secret}")


async def test_the_table_does_not_hold_what_opens(keys: Keys, issue: Issue) -> None:
    _, id_, secret = (await issue()).split("_", 2)
    info = await keys.find(id_)
    assert info is not None
    assert secret.encode() not in info.secret_sha256


async def test_a_key_ends_once_and_is_still_told_of(keys: Keys, issue: Issue) -> None:
    _, id_, _ = (await issue()).split("_", 2)
    assert await keys.revoke(id_, NOW)
    assert not await keys.revoke(id_, NOW)
    assert not await keys.revoke("00000000", NOW)
    assert [(info.caller.key, info.caller.name, info.revoked_at) for info in await keys.all()] == [
        (id_, "Ann Lee", NOW)
    ]
