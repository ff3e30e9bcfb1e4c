"""Rule 7 and ADR 8 on real parts: either store is enough, and no death of a relay makes or loses an outcome."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.topics import RAW
from leadpact.embedded import kafka as brokers
from leadpact.embedded import postgres as servers
from leadpact.embedded.places import free_port
from leadpact.intake import delivery as raw
from leadpact.intake.delivery import Delivery
from leadpact.intake.main import SERVICE
from leadpact.intake.normaliser.pg import PgBooks
from leadpact.intake.spool.pg import PgSpool
from leadpact.intake.spool.spool import Spooled
from leadpact.kit import roles
from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import Point
from leadpact.kit.ids import fresh
from leadpact.kit.keys import INTAKE, derive_key
from leadpact.kit.migrate import migrate
from leadpact.kit.rows import Stream
from leadpact.kit.runtime import Process
from leadpact.kit.service import answering
from leadpact.kit.vault import Vault
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import MASTER, Installation
from tests.integration.intake.conftest import Intake, allowed, prepared, running
from tests.unit.intake.spool import SpoolSuite

if TYPE_CHECKING:
    from asyncpg.pool import Pool

PROGRAM = Path(__file__).with_name("relaying.py")
_ENDED = "select outcome, count(*) as items from outcome group by outcome"


class TestPgSpool(SpoolSuite):
    _pool: "Pool[asyncpg.Record]"

    @pytest.fixture(autouse=True)
    async def _schema(self, installation: Installation) -> AsyncIterator[None]:
        await migrate(installation.dsn("intake"), "leadpact.kit.migrations", *SERVICE.migrations)
        async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=2) as pool:
            self._pool, self.spool = pool, PgSpool(pool)
            yield

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[PgBooks]:
        async with self._pool.acquire() as connection, connection.transaction():
            yield PgBooks(connection)


@pytest.fixture
def place() -> Iterator[Path]:
    """Where a broker and a server of this test's own keep their data."""
    state = Path(tempfile.mkdtemp(prefix="leadpact-spool-"))
    state.chmod(0o711)
    yield state
    servers.remove(state)
    shutil.rmtree(state, ignore_errors=True)


async def _ended(intake: Intake) -> Counter[str]:
    return Counter({row["outcome"]: row["items"] for row in await intake.pool.fetch(_ENDED)})


@pytest.mark.timeout(240)
async def test_r7_either_store_is_enough_and_both_away_is_503(place: Path) -> None:
    server = await asyncio.to_thread(servers.start, place)
    broker = await asyncio.to_thread(brokers.start, place)
    accepted: list[str] = []

    async def post(intake: Intake) -> int:
        answer = await intake.post("/v1/leads", {"email": f"a{len(accepted)}@x.example"})
        if answer.status_code == 202:
            accepted.append(answer.json()["ingest"])
        return answer.status_code

    async def all_ended() -> bool:
        # what was answered 503 may have come through all the same: it is sent again
        rows = await intake.pool.fetch("select delivery::text, outcome from outcome where delivery = any($1)", accepted)
        assert sorted(tuple(row) for row in rows) == sorted((ingest, "normalised") for ingest in accepted)
        return True

    try:
        await roles.provision(server.dsn, MASTER)
        async with running(broker.bootstrap, "spool.", Installation(server.dsn)) as intake:
            assert await post(intake) == 202
            await eventually(all_ended, within=30)

            await asyncio.to_thread(broker.stop)
            assert [await post(intake) for _ in range(3)] == [202] * 3
            assert await intake.pool.fetchval("select count(*) from spool where handled_at is null") == 3
            broker = await asyncio.to_thread(brokers.start, place)
            await eventually(all_ended, within=60)
            assert await PgSpool(intake.pool).waiting() == 0

            await asyncio.to_thread(server.stop)
            assert [await post(intake) for _ in range(3)] == [202] * 3
            await asyncio.to_thread(broker.stop)
            refused = await intake.post("/v1/leads", {"email": "refused@x.example"})
            assert refused.status_code == 503 and refused.headers["retry-after"]

            server = await asyncio.to_thread(servers.start, place)
            broker = await asyncio.to_thread(brokers.start, place)
            await eventually(all_ended, within=60)
    finally:
        await asyncio.to_thread(broker.stop)
        await asyncio.to_thread(server.stop)


async def test_r7_a_door_that_opens_while_kafka_is_away_keeps_what_comes(installation: Installation) -> None:
    settings = await prepared(f"127.0.0.1:{free_port()}", "", installation)
    process = Process("test", settings)
    async with answering(SERVICE, process, settings) as app:
        headers = await allowed(process, settings)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door", headers=headers)
        async with http, asyncpg.create_pool(settings.dsn("intake"), min_size=1, max_size=1) as pool:
            assert (await http.post("/v1/leads", json={"email": "ann@x.example"})).status_code == 202
            assert await PgSpool(pool).waiting() == 1


@pytest.mark.parametrize("point", [Point.BEFORE_UNSPOOLING, Point.AFTER_UNSPOOLING])
async def test_r8_a_relay_killed_between_spool_and_raw_makes_and_loses_nothing(
    kafka: str, topic_prefix: str, installation: Installation, point: Point
) -> None:
    address = (kafka, topic_prefix, installation.dsn("intake"))
    async with running(kafka, topic_prefix, installation) as intake:
        await intake.outcomes((await intake.post("/v1/leads", {"email": "first@x.example"})).json()["ingest"])
        before = await _logged(intake)  # it stands there twice when a new topic takes more than a second
    async with asyncpg.create_pool(installation.dsn("intake"), min_size=1, max_size=1) as pool:
        for number in range(20):
            await PgSpool(pool).put(await _spooled(installation, number))
        for _ in range(2):
            dying = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), *address, point)
            assert await asyncio.wait_for(dying.wait(), 60) == -signal.SIGKILL
            await pool.execute("update spool set claimed_at = null")

    async def all_ended() -> bool:
        assert await _ended(intake) == {"normalised": 21}
        return await PgSpool(intake.pool).waiting() == 0

    async with running(kafka, topic_prefix, installation) as intake:
        await eventually(all_ended, within=60)
        relayed = 20 if point is Point.BEFORE_UNSPOOLING else 60
        assert await _logged(intake) == before + relayed, "second records pass by"
        assert await _ended(intake) == {"normalised": 21}
        assert await intake.pool.fetchval("select count(*) from person") == 21


async def _logged(intake: Intake) -> int:
    ends = await intake.log.ends([Stream(RAW.name, number) for number in range(RAW.partitions)])
    return sum(ends.values())


async def _spooled(installation: Installation, number: int) -> Spooled:
    async with asyncpg.create_pool(installation.dsn("vault"), min_size=1, max_size=1) as pool:
        clock = SystemClock()
        now = clock.business()
        body = b'{"email": "s%d@x.example"}' % number
        sealed = await Vault(pool, derive_key(installation.master, INTAKE), clock).seal_raw(now.date(), body)
    delivery = Delivery(
        id=fresh(),
        door="leads",
        source="api",
        received_at=now,
        key=f"k{number}",
        actor=Actor("crm", ActorKind.AUTOMATION),
        body=sealed,
    )
    return Spooled(delivery.id, Stream(RAW.name, number % RAW.partitions), now, raw.encode(delivery))
