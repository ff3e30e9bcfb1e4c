"""A process that serves apps is ready while the stores it needs answer, and by itself again after they did not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest

from leadpact.contracts.topics import MARKS
from leadpact.kit.clock import SystemClock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.ops import Gate
from leadpact.kit.pg import connect
from leadpact.kit.readiness import watch_stores
from leadpact.kit.runtime import Process
from leadpact.kit.service import ServiceSettings, answering, work
from leadpact.kit.settings import Settings
from leadpact.local.services import SERVICES
from leadpact.qualifier.main import SERVICE
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation

NOBODY = "127.0.0.1:1"
WITHIN = 30.0


class Hasty(SystemClock):
    """A second of a test is a minute of waiting."""

    def monotonic(self) -> float:
        return super().monotonic() * 60


Watched = Callable[[str, str], Gate]


@pytest.fixture
async def watched(installation: Installation, kafka: str, topic_prefix: str) -> AsyncIterator[Watched]:
    """The gate of a process that watches the Kafka at an address, and needs `either` or the `database`."""
    log = KafkaLog(kafka, topic_prefix)
    await log.ensure([MARKS])
    await log.close()
    async with AsyncExitStack() as stack:

        def watched(address: str, needs: str) -> Gate:
            settings = Settings.model_validate(addresses(installation, address, topic_prefix))
            process = Process("web", settings)
            process.clock = Hasty()
            gate = process.readiness.gate("web")
            task = asyncio.create_task(watch_stores(process, settings, "intake", gate, either=needs == "either"))

            async def end() -> None:
                process.stopping.set()
                await task

            stack.push_async_callback(end)
            return gate

        yield watched


@asynccontextmanager
async def standby(installation: Installation) -> AsyncIterator[None]:
    """The database only reads meanwhile, as after a failover to a standby."""
    await _turn(installation, "on")
    try:
        yield
    finally:
        await _turn(installation, "off")


async def _turn(installation: Installation, read_only: str) -> None:
    connection = await asyncpg.connect(installation.admin_dsn)
    try:
        name = await connection.fetchval("select current_database()")
        await connection.execute("set default_transaction_read_only = off")
        await connection.execute(f"alter database {name} set default_transaction_read_only = {read_only}")
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
            name,
        )
    finally:
        await connection.close()


async def test_adr8_the_web_process_is_ready_while_one_of_the_stores_answers(
    installation: Installation, kafka: str, watched: Watched
) -> None:
    door, alone, reader = watched(kafka, "either"), watched(NOBODY, "either"), watched(kafka, "database")
    await eventually(lambda: not said(door, alone, reader), within=WITHIN)
    async with standby(installation):
        await eventually(lambda: "no contact with the database for" in said(reader), within=WITHIN)
        await eventually(lambda: "no contact with the database for" in said(alone), within=WITHIN)
        assert "no contact with Kafka" in said(alone)
        assert not said(door), "Kafka takes deliveries alone"
    await eventually(lambda: not said(alone, reader), within=WITHIN)


async def test_a_worker_that_starts_while_nobody_writes_waits_until_somebody_does(
    installation: Installation, kafka: str, topic_prefix: str
) -> None:
    settings = ServiceSettings.model_validate(addresses(installation, kafka, topic_prefix))
    process = Process("qualifier", settings)
    async with standby(installation):
        working = asyncio.create_task(work(SERVICE, process, settings))
        await eventually(lambda: "ReadOnly" in reason(process), within=WITHIN)
        assert not working.done()
    await eventually(lambda: not reason(process), within=WITHIN)
    process.stopping.set()
    await asyncio.wait_for(working, WITHIN)


async def test_what_a_process_opens_can_be_opened_again(
    installation: Installation, kafka: str, topic_prefix: str
) -> None:
    """Given a start that was cut short half-way, when the process tries again, then it is as if it were the first."""
    log = KafkaLog(kafka, topic_prefix)
    for service in SERVICES:
        settings = service.settings.model_validate(addresses(installation, kafka, topic_prefix))
        await migrate(settings.dsn("access"), "leadpact.kit.access.migrations")
        process, pool = Process(service.name, settings), await connect(settings.dsn(service.schema), most=4)
        for _ in range(2):
            async with answering(service, process, settings), service.duties(process, settings, pool, log) as duties:
                assert duties, service.name
        await pool.close()
    await log.close()


def addresses(installation: Installation, kafka: str, topic_prefix: str) -> dict[str, str]:
    """Where all is, as settings tell it."""
    master = installation.master.hex()
    return {"kafka": kafka, "postgres": installation.admin_dsn, "master_key": master, "topic_prefix": topic_prefix}


def reason(process: Process) -> str:
    """Why a process is not ready; nothing when it is."""
    return "; ".join(str(gate.reason) for gate in process.readiness.closed())


def said(*gates: Gate) -> str:
    """Why these are closed; nothing when all are open."""
    return "; ".join(gate.reason for gate in gates if gate.reason)
