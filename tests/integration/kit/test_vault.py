"""The vault on a real PostgreSQL keeps the rules of its port, and forgets by losing the key."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from leadpact.kit.errors import VaultError
from leadpact.kit.migrate import migrate
from leadpact.kit.vault import Vault
from leadpact.kit.vault.keyring import REMEMBERED_SECONDS
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.conformance.safe import ANN, Away, Minute, Reading, Readings, SafeConformance
from leadpact.testkit.installation import Installation

NOW = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)


@pytest.fixture
async def pool(installation: Installation) -> AsyncIterator[asyncpg.Pool]:
    """Connect as the role of a vault that is empty."""
    await migrate(installation.dsn("vault"), "leadpact.kit.vault.migrations")
    async with asyncpg.create_pool(installation.dsn("vault"), min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def clock() -> ManualClock:
    """Stand still."""
    return ManualClock(NOW)


@pytest.fixture
def vault(pool: asyncpg.Pool, installation: Installation, clock: ManualClock) -> Vault:
    """Make one process's vault."""
    return Vault(pool, installation.master, clock)


@pytest.fixture
def elsewhere(pool: asyncpg.Pool, installation: Installation, clock: ManualClock) -> Vault:
    """Make another process's vault."""
    return Vault(pool, installation.master, clock)


class TestVault(SafeConformance):
    @pytest.fixture
    def safe(self, vault: Vault) -> Vault:
        return vault

    @pytest.fixture
    def minute(self, clock: ManualClock) -> Minute:
        return lambda: clock.advance(REMEMBERED_SECONDS)

    @pytest.fixture
    def readings(self, pool: asyncpg.Pool) -> Readings:
        async def told() -> list[Reading]:
            return [(*row,) for row in await pool.fetch("select reader, purpose, person from reading")]

        return told

    @pytest.fixture
    def away(self, pool: asyncpg.Pool) -> Away:
        return pool.close


async def test_a_reading_carries_the_time_of_the_world_also_when_the_key_was_remembered(
    vault: Vault, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    [ann] = await vault.seal([("ann", ANN)])
    await vault.open([("ann", ann)], reader="kim", purpose="lead page")
    clock.advance(10)
    await vault.open([("ann", ann)], reader="kim", purpose="lead page")
    assert [row["at"] for row in await pool.fetch("select at from reading order by at")] == [NOW, clock.wall()]


async def test_r13_the_bytes_of_a_forgotten_key_are_gone(vault: Vault, pool: asyncpg.Pool) -> None:
    await vault.seal([("ann", ANN)])
    await vault.forget("ann")
    assert await pool.fetchval("select wrapped from sealing_key where name = 'ann'") is None


async def test_another_master_key_opens_nothing(vault: Vault, pool: asyncpg.Pool, clock: ManualClock) -> None:
    [ann] = await vault.seal([("ann", ANN)])
    with pytest.raises(VaultError):
        await Vault(pool, bytes(32), clock).open([("ann", ann)], reader="kim", purpose="test")


async def test_processes_that_meet_a_person_together_agree_on_the_key(vault: Vault, elsewhere: Vault) -> None:
    people = [(f"person-{number}", ANN) for number in range(200)]
    texts = await asyncio.gather(vault.seal(people), elsewhere.seal(people[::-1]))
    crossed = [(person, text) for (person, _), text in zip(people, reversed(texts[1]), strict=True)]
    assert await vault.open(crossed, reader="kim", purpose="test") == [ANN] * 200
