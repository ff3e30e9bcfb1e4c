"""API keys on a real database: made once, found by their text alone, forgotten within a minute of their end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import Door, Keys, NewKey, Role, Scope
from leadpact.kit.errors import Unauthenticated
from leadpact.kit.migrate import migrate
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.installation import Installation

NOW = datetime(2026, 5, 5, 9, tzinfo=UTC)
ANN = Actor("ann", ActorKind.HUMAN)


def with_keys(installation: Installation, story: Callable[[Keys], Awaitable[None]]) -> None:
    async def play() -> None:
        await migrate(installation.dsn("access"), "leadpact.kit.access.migrations")
        async with asyncpg.create_pool(installation.dsn("access"), min_size=1, max_size=1) as pool:
            await story(Keys(pool))

    asyncio.run(play())


async def made(keys: Keys) -> NewKey:
    return await keys.create(ANN, "Ann Lee", roles={Role.SALES}, scopes={Scope.COMMAND, Scope.READ}, now=NOW)


def test_a_key_gives_its_actor_with_roles_and_scopes(installation: Installation) -> None:
    async def story(keys: Keys) -> None:
        key = await made(keys)
        caller = await Door(keys, ManualClock(NOW)).authenticate(f"Bearer {key.text}")
        assert caller.actor == ANN
        assert caller.roles == {Role.SALES}
        assert caller.scopes == {Scope.COMMAND, Scope.READ}
        assert [info.caller for info in await keys.all()] == [caller]

    with_keys(installation, story)


def test_whatever_is_not_the_whole_key_opens_nothing(installation: Installation) -> None:
    async def story(keys: Keys) -> None:
        key, other = await made(keys), await made(keys)
        door = Door(keys, ManualClock(NOW))
        crossed = other.text.replace(other.id, key.id)
        for wrong in (None, "", "Bearer", "Bearer ", f"Basic {key.text}", key.text, f"Bearer {key.text[:-1]}"):
            with pytest.raises(Unauthenticated):
                await door.authenticate(wrong)
        for wrong in (f"Bearer {crossed}", f"Bearer {key.text}\u0000", "Bearer lp_00000000_" + "x" * 43):
            with pytest.raises(Unauthenticated):
                await door.authenticate(wrong)

    with_keys(installation, story)


def test_the_table_does_not_hold_what_opens(installation: Installation) -> None:
    async def story(keys: Keys) -> None:
        key = await made(keys)
        info = await keys.find(key.id)
        assert info is not None
        assert key.text.removeprefix(f"lp_{key.id}_").encode() not in info.secret_sha256

    with_keys(installation, story)


def test_a_revoked_key_opens_for_at_most_a_minute_more(installation: Installation) -> None:
    async def story(keys: Keys) -> None:
        key, clock = await made(keys), ManualClock(NOW)
        door = Door(keys, clock)
        await door.authenticate(f"Bearer {key.text}")
        assert await keys.revoke(key.id, NOW)
        assert not await keys.revoke(key.id, NOW)
        clock.advance(60)
        with pytest.raises(Unauthenticated):
            await door.authenticate(f"Bearer {key.text}")

    with_keys(installation, story)
