"""The vault: sealed per person and per day, every reading written down, forgotten by losing the key."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import asyncpg
import pytest

from leadpact.kit.errors import Unavailable, VaultError
from leadpact.kit.migrate import migrate
from leadpact.kit.vault import Vault
from leadpact.kit.vault.keyring import REMEMBERED_SECONDS
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.installation import Installation

ANN = {"email": "ann@example.com", "name": "Ann Ünal"}
BOB = {"email": "bob@example.com"}
NOW = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)
DAY = date(2024, 3, 4)


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


async def test_what_one_process_sealed_another_opens(vault: Vault, elsewhere: Vault) -> None:
    ann, bob, nothing = await vault.seal([("ann", ANN), ("bob", BOB), ("cy", {})])
    assert nothing == ""
    opened = await elsewhere.open([("bob", bob), ("ann", ann), ("cy", nothing)], reader="kim", purpose="test")
    assert opened == [BOB, ANN, {}]


async def test_r13_sealed_text_shows_nothing_and_never_repeats(vault: Vault) -> None:
    once, again = await vault.seal([("ann", ANN), ("ann", ANN)])
    assert once != again
    assert "ann" not in once


async def test_r13_a_forgotten_person_is_unreadable_everywhere_within_a_minute(
    vault: Vault, elsewhere: Vault, clock: ManualClock
) -> None:
    [ann, bob] = await vault.seal([("ann", ANN), ("bob", BOB)])
    await elsewhere.open([("ann", ann)], reader="kim", purpose="test")

    await vault.forget("ann")

    assert await vault.open([("ann", ann), ("bob", bob)], reader="kim", purpose="test") == [None, BOB]
    clock.advance(REMEMBERED_SECONDS)
    assert await elsewhere.open([("ann", ann)], reader="kim", purpose="test") == [None]


async def test_r13_nothing_is_kept_of_a_person_after_they_were_forgotten(vault: Vault) -> None:
    await vault.forget("ann")
    [ann, bob] = await vault.seal([("ann", ANN), ("bob", BOB)])
    assert ann == ""
    assert bob != ""


async def test_r13_the_bytes_of_a_forgotten_key_are_gone(vault: Vault, pool: asyncpg.Pool) -> None:
    await vault.seal([("ann", ANN)])
    await vault.forget("ann")
    assert await pool.fetchval("select wrapped from sealing_key where name = 'ann'") is None


async def test_every_reading_is_written_down_also_those_from_memory(
    vault: Vault, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    [ann] = await vault.seal([("ann", ANN)])
    await vault.open([("ann", ann)], reader="kim", purpose="lead page")
    clock.advance(10)
    await vault.open([("ann", ann), ("ann", ann)], reader="lee", purpose="mail")
    readings = [tuple(row) for row in await pool.fetch("select at, reader, purpose, person from reading order by at")]
    assert [reading[1:] for reading in readings] == [("kim", "lead page", "ann"), ("lee", "mail", "ann")]
    assert readings[0][0] == NOW


async def test_a_text_moved_to_another_person_does_not_open(vault: Vault) -> None:
    [ann, _] = await vault.seal([("ann", ANN), ("bob", BOB)])
    with pytest.raises(VaultError):
        await vault.open([("bob", ann)], reader="kim", purpose="test")


@pytest.mark.parametrize("text", ["!", "AAAA", "Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk"])
async def test_a_forged_text_does_not_open(vault: Vault, text: str) -> None:
    await vault.seal([("ann", ANN)])
    with pytest.raises(VaultError):
        await vault.open([("ann", text)], reader="kim", purpose="test")


async def test_another_master_key_opens_nothing(vault: Vault, pool: asyncpg.Pool, clock: ManualClock) -> None:
    [ann] = await vault.seal([("ann", ANN)])
    with pytest.raises(VaultError):
        await Vault(pool, bytes(32), clock).open([("ann", ann)], reader="kim", purpose="test")


async def test_processes_that_meet_a_person_together_agree_on_the_key(vault: Vault, elsewhere: Vault) -> None:
    people = [(f"person-{number}", ANN) for number in range(200)]
    texts = await asyncio.gather(vault.seal(people), elsewhere.seal(people[::-1]))
    crossed = [(person, text) for (person, _), text in zip(people, reversed(texts[1]), strict=True)]
    assert await vault.open(crossed, reader="kim", purpose="test") == [ANN] * 200


async def test_r13_raw_deliveries_are_readable_until_their_day_is_forgotten(vault: Vault, elsewhere: Vault) -> None:
    old, new = await vault.seal_raw(DAY, b"\x00old"), await vault.seal_raw(date(2024, 3, 5), b"new")
    assert await elsewhere.open_raw(DAY, old) == b"\x00old"

    await elsewhere.forget_raw(date(2024, 3, 5))

    assert await elsewhere.open_raw(DAY, old) is None
    assert await elsewhere.open_raw(date(2024, 3, 5), new) == b"new"


async def test_r13_nothing_is_sealed_for_a_day_that_was_forgotten(vault: Vault) -> None:
    await vault.seal_raw(DAY, b"x")
    await vault.forget_raw(date(2024, 4, 3))
    with pytest.raises(VaultError, match="2024-03-04"):
        await vault.seal_raw(DAY, b"y")


async def test_a_database_that_is_away_is_told_as_such(vault: Vault, pool: asyncpg.Pool) -> None:
    [ann] = await vault.seal([("ann", ANN)])
    await pool.close()
    for asked in (
        vault.seal([("bob", BOB)]),
        vault.open([("ann", ann)], reader="kim", purpose="test"),
        vault.forget("ann"),
        vault.forget_raw(DAY),
    ):
        with pytest.raises(Unavailable):
            await asked
