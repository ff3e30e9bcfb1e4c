"""The store on a real PostgreSQL keeps the rules of its port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import resources

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from leadpact.kit.errors import Unavailable
from leadpact.kit.pg import PgStore, append, connect, leases
from leadpact.kit.rows import BEGINNING, Message
from leadpact.testkit.conformance.outbox import Outbox
from leadpact.testkit.conformance.passing import Passing
from leadpact.testkit.conformance.store import MARK, OUT, Expire, StoreConformance, claimed, emit
from leadpact.testkit.conformance.tallying import Tallying
from leadpact.testkit.eventually import eventually

CONSUMER = "counting"


class TestPgStore(StoreConformance, Outbox, Passing, Tallying):
    @pytest.fixture
    def store(self, pool: asyncpg.Pool) -> PgStore:
        return PgStore(pool)

    @pytest.fixture
    def expire(self, pool: asyncpg.Pool) -> Expire:
        async def run_out() -> None:
            await pool.execute("update worker set seen = seen - interval '4 seconds'")
            await pool.execute(
                "update fence f set lease_until = lease_until - interval '4 seconds' from "
                "(select consumer, slot from fence for update skip locked) as free "
                "where (f.consumer, f.slot) = (free.consumer, free.slot)"
            )

        return run_out


async def test_point4_two_writers_cannot_make_later_sequences_visible_before_earlier_ones(pool: asyncpg.Pool) -> None:
    store = PgStore(pool)
    async with pool.acquire() as first, pool.acquire() as second:
        slow = first.transaction()
        await slow.start()
        await append(first, OUT, [Message(b"", b"slow")])
        quick = asyncio.create_task(_append(second, b"quick"))
        done, _ = await asyncio.wait({quick}, timeout=0.2)
        assert not done
        assert await store.outbox({OUT: 0}, 10) == {}
        await slow.commit()
        await quick
    assert [(m.seq, m.value) for m in (await store.outbox({OUT: 0}, 10))[OUT]] == [(1, b"slow"), (2, b"quick")]


async def test_point1_a_handlers_own_rows_are_taken_back_with_the_turn(pool: asyncpg.Pool) -> None:
    store = PgStore(pool)
    lease = await claimed(store)
    with pytest.raises(ZeroDivisionError):
        async with store.turn(lease) as turn:
            await turn.connection.execute("insert into shared (name, data) values ('mine', 'x')")
            raise ZeroDivisionError
    assert await pool.fetchval("select count(*) from shared") == 0


async def test_point11_a_turn_whose_session_is_ended_is_unavailable_and_leaves_nothing(pool: asyncpg.Pool) -> None:
    store = PgStore(pool)
    lease = await claimed(store)
    with pytest.raises(Unavailable):
        async with store.turn(lease) as turn:
            pid = await turn.connection.fetchval("select pg_backend_pid()")
            await pool.execute("select pg_terminate_backend($1)", pid)
            turn.emit(OUT, [Message(b"", b"lost")])
    await emit(store, lease, b"a")
    assert [m.value for m in (await store.outbox({OUT: 0}, 10))[OUT]] == [b"a"]


async def _append(connection: PoolConnectionProxy, value: bytes) -> None:
    async with connection.transaction():
        await append(connection, OUT, [Message(b"", value)])


async def test_point1_a_worker_whose_own_sign_of_life_is_old_already_still_gets_its_share(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine so busy that seconds pass between two statements."""
    slow = leases._SEEN.replace("$2, clock_timestamp()", "$2, clock_timestamp() - interval '4 seconds'")
    assert slow != leases._SEEN
    monkeypatch.setattr(leases, "_SEEN", slow)
    store = PgStore(pool)
    await store.ensure("counter", 4)
    assert await store.attend("counter", "ann", {}) == (set(), 4, 0)


async def test_a_server_that_became_a_standby_only_makes_the_slot_wait(pool: asyncpg.Pool) -> None:
    store = PgStore(pool)
    lease = await claimed(store)
    async with pool.acquire() as connection:
        await connection.execute("set default_transaction_read_only = on")
    with pytest.raises(Unavailable, match="ReadOnly"):
        async with store.turn(lease):
            pass


async def test_point1_the_slots_of_an_owner_whose_connection_is_gone_are_free_at_once(
    pool: asyncpg.Pool, database: str
) -> None:
    async with own_store(database) as (dying, its):
        await dying.ensure(CONSUMER, 2)
        await dying.attend(CONSUMER, "dying", {})
        assert len(await dying.claim(CONSUMER, "dying", (), 2)) == 2
        store = PgStore(pool)
        assert (await store.attend(CONSUMER, "next", {}))[1] == 1, "both live"
        assert await store.claim(CONSUMER, "next", (), 2) == []
        its.terminate()

        async def taken() -> bool:
            _, share, _ = await store.attend(CONSUMER, "next", {})
            return share == 2 and len(await store.claim(CONSUMER, "next", (), share)) == 2

        await eventually(taken, within=2)


@asynccontextmanager
async def own_store(database: str) -> AsyncIterator[tuple[PgStore, asyncpg.Pool]]:
    """The store of another process, which listens, and its connections."""
    pool = await connect(database)
    store = PgStore(pool)
    listening = asyncio.create_task(store.listen(lambda: None))
    try:
        await eventually(lambda: store.backend, within=10)
        yield store, pool
    finally:
        listening.cancel()
        await asyncio.wait({listening})
        pool.terminate()


async def test_point1_a_slot_from_before_there_were_tallies_counts_from_its_mark_on(database: str) -> None:
    files = sorted((resources.files("leadpact.kit") / "migrations").iterdir(), key=lambda file: file.name)
    added = next(number for number, file in enumerate(files) if "tally" in file.name)
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        for file in files[:added]:
            await pool.execute(file.read_text())
        await pool.execute("insert into fence (consumer, slot, turn, mark) values ('test', 0, 7, $1)", MARK)
        await pool.execute("insert into fence (consumer, slot) values ('test', 1)")
        await pool.execute(files[added].read_text())
        await pool.execute("update fence set mark = $1", MARK + timedelta(hours=1))
        since = await pool.fetch("select tallied_since from fence order by slot")
    assert [row[0] for row in since] == [MARK, BEGINNING]
