"""Effects: sent once per id, tried again without end, given up when refused for good, held where nobody can."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from leadpact.kit import meter
from leadpact.kit.effects import FIRST_PAUSE, LEASE, LONGEST_PAUSE, Effects, Sender
from leadpact.kit.errors import Unavailable, Undeliverable
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation

NOW = datetime(2024, 3, 4, 8, 0, tzinfo=UTC)


class Outbox:
    """A sender that remembers what it did, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[tuple[str, Mapping[str, str]]] = []
        self.failures = failures

    async def __call__(self, effect: str, payload: Mapping[str, str]) -> None:
        await asyncio.sleep(0)
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("no route to ann@example.com")
        self.sent.append((effect, payload))


@pytest.fixture
async def pool(installation: Installation) -> AsyncIterator[asyncpg.Pool]:
    """Connect to a service's schema with the kit's tables."""
    await migrate(installation.dsn("sla_monitor"), "leadpact.kit.migrations")
    async with asyncpg.create_pool(installation.dsn("sla_monitor"), min_size=1, max_size=8) as pool:
        yield pool


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


async def ask(pool: asyncpg.Pool, *effects: str, kind: str = "mail") -> None:
    """Do what a turn does."""
    rows = [(effect, kind, '{"lead": "1"}') for effect in effects]
    await pool.executemany(
        "insert into effect (id, kind, payload) values ($1, $2, $3) on conflict (id) do nothing", rows
    )


async def row(pool: asyncpg.Pool, effect: str) -> tuple[str, int, str | None]:
    found = await pool.fetchrow("select state, attempts, error from effect where id = $1", effect)
    assert found is not None
    return found["state"], found["attempts"], found["error"]


def loop(pool: asyncpg.Pool, clock: ManualClock, **senders: Sender) -> Effects:
    return Effects(pool, senders, clock, Metrics(*meter.CATALOGUE))


async def test_an_effect_is_sent_once_however_often_it_is_asked_for(pool: asyncpg.Pool, clock: ManualClock) -> None:
    mail = Outbox()
    effects = loop(pool, clock, mail=mail)
    await ask(pool, "e1")
    await ask(pool, "e1")
    assert await effects.send_due() == 1
    await ask(pool, "e1")
    clock.advance(LEASE.total_seconds() * 10)
    assert await effects.send_due() == 0
    assert mail.sent == [("e1", {"lead": "1"})]
    assert await row(pool, "e1") == ("sent", 1, None)


async def test_a_kind_without_a_sender_stays_held_until_somebody_can_do_it(
    pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ask(pool, "e1", kind="chat")
    assert await loop(pool, clock, mail=Outbox()).send_due() == 0
    assert await row(pool, "e1") == ("held", 0, None)
    chat = Outbox()
    assert await loop(pool, clock, chat=chat).send_due() == 1
    assert [effect for effect, _ in chat.sent] == ["e1"]


async def test_many_loops_side_by_side_send_each_effect_once(pool: asyncpg.Pool, clock: ManualClock) -> None:
    mail = Outbox()
    await ask(pool, *(f"e{number}" for number in range(100)))
    loops = [loop(pool, clock, mail=mail) for _ in range(4)]
    while sum(await asyncio.gather(*(one.send_due() for one in loops))):
        pass
    assert sorted(effect for effect, _ in mail.sent) == sorted(f"e{number}" for number in range(100))


async def test_a_failed_effect_waits_twice_as_long_each_time_and_then_succeeds(
    pool: asyncpg.Pool, clock: ManualClock
) -> None:
    mail = Outbox(failures=2)
    effects = loop(pool, clock, mail=mail)
    await ask(pool, "e1")
    assert await effects.send_due() == 1
    assert await row(pool, "e1") == ("held", 1, "ConnectionError")
    clock.advance(FIRST_PAUSE.total_seconds() - 1)
    assert await effects.send_due() == 0
    clock.advance(1)
    assert await effects.send_due() == 1
    clock.advance(FIRST_PAUSE.total_seconds() * 2 - 1)
    assert await effects.send_due() == 0
    clock.advance(1)
    assert await effects.send_due() == 1
    assert await row(pool, "e1") == ("sent", 3, None)
    assert len(mail.sent) == 1


async def test_r42_an_effect_outlives_an_outage_of_hours_and_is_sent_once_when_it_ends(
    pool: asyncpg.Pool, clock: ManualClock
) -> None:
    outage = timedelta(hours=5)
    tries = int(outage / LONGEST_PAUSE)
    mail = Outbox(failures=tries)
    effects = loop(pool, clock, mail=mail)
    await ask(pool, "e1")
    for _ in range(tries):
        assert await effects.send_due() == 1
        clock.advance(LONGEST_PAUSE.total_seconds())
    assert await row(pool, "e1") == ("held", tries, "ConnectionError")
    assert await effects.send_due() == 1
    assert await effects.send_due() == 0
    assert await row(pool, "e1") == ("sent", tries + 1, None)
    assert len(mail.sent) == 1


async def test_r42_an_effect_that_is_refused_for_good_is_given_up_and_says_why(
    pool: asyncpg.Pool, clock: ManualClock
) -> None:
    async def refused(_effect: str, _payload: Mapping[str, str]) -> None:
        raise Undeliverable("no such mailbox")

    effects = loop(pool, clock, mail=refused)
    await ask(pool, "e1")
    assert await effects.send_due() == 1
    clock.advance(LONGEST_PAUSE.total_seconds() * 10)
    assert await effects.send_due() == 0
    assert await row(pool, "e1") == ("given_up", 1, "no such mailbox")


async def test_one_that_fails_does_not_keep_the_others(pool: asyncpg.Pool, clock: ManualClock) -> None:
    mail = Outbox(failures=1)
    await ask(pool, "e1", "e2", "e3")
    await loop(pool, clock, mail=mail).send_due()
    assert len(mail.sent) == 2


async def test_what_a_dead_process_had_claimed_is_sent_after_its_lease(pool: asyncpg.Pool, clock: ManualClock) -> None:
    dying = asyncio.Event()

    async def never(_effect: str, _payload: Mapping[str, str]) -> None:
        dying.set()
        await asyncio.Event().wait()

    await ask(pool, "e1")
    dead = asyncio.create_task(loop(pool, clock, mail=never).send_due())
    await dying.wait()
    dead.cancel()
    mail = Outbox()
    assert await loop(pool, clock, mail=mail).send_due() == 0
    clock.advance(LEASE.total_seconds())
    assert await loop(pool, clock, mail=mail).send_due() == 1
    assert await row(pool, "e1") == ("sent", 2, None)


async def test_whoever_comes_back_after_its_lease_changes_nothing(pool: asyncpg.Pool, clock: ManualClock) -> None:
    stalled, go_on = asyncio.Event(), asyncio.Event()

    async def stalling(_effect: str, _payload: Mapping[str, str]) -> None:
        stalled.set()
        await go_on.wait()
        raise ConnectionError

    await ask(pool, "e1")
    slow = asyncio.create_task(loop(pool, clock, mail=stalling).send_due())
    await stalled.wait()
    clock.advance(LEASE.total_seconds())
    await loop(pool, clock, mail=Outbox()).send_due()
    go_on.set()
    await slow
    assert await row(pool, "e1") == ("sent", 2, None)


async def test_the_loop_sends_what_comes_and_ends_when_asked(pool: asyncpg.Pool, clock: ManualClock) -> None:
    mail, stopping = Outbox(), asyncio.Event()
    running = asyncio.create_task(loop(pool, clock, mail=mail).run(stopping))

    def arrived() -> bool:
        clock.advance(timedelta(seconds=1).total_seconds())
        return bool(mail.sent)

    await ask(pool, "e1")
    assert await eventually(arrived, within=5)
    stopping.set()

    def ended() -> bool:
        clock.advance(1)  # it may have gone to sleep only now
        return running.done()

    assert await eventually(ended, within=5)


async def test_r13_the_words_of_an_error_are_not_kept(pool: asyncpg.Pool, clock: ManualClock) -> None:
    await ask(pool, "e1")
    await loop(pool, clock, mail=Outbox(failures=1)).send_due()
    kept = await pool.fetchval("select effect::text from effect")
    assert "ann@" not in kept


async def test_the_loop_outlives_a_database_that_is_away(pool: asyncpg.Pool, clock: ManualClock) -> None:
    stopping = asyncio.Event()
    effects = loop(pool, clock, mail=Outbox())
    await pool.close()
    with pytest.raises(Unavailable):
        await effects.send_due()
    running = asyncio.create_task(effects.run(stopping))
    assert await eventually(lambda: clock._sleepers, within=5)
    stopping.set()
    clock.advance(1)
    async with asyncio.timeout(5):
        await running
