"""Faults planted one after another on an installation that runs: the doctor finds and names each, until it is mended.

A calendar that ends and mail are in the other tests of the doctor; docs/runbook.md lists all.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner, Result

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.topics import LEADS, PROMISES, RAW, partition
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE, Infrastructure
from leadpact.embedded.waiting import run
from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit import clock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Message, Record, Stream
from leadpact.kit.settings import Settings
from leadpact.local import cli, doctor, programs
from leadpact.local.crew import Crew
from leadpact.local.installation import prepare
from leadpact.local.state import VARIABLE, Running, State
from leadpact.qualifier.main import SERVICE as QUALIFIER
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from leadpact.testkit.infra import made

pytestmark = pytest.mark.timeout(300)

LEAD = "1b671a64-40d5-491e-99b0-da01ff1f3341"
PLACE = Stream(LEADS.name, partition(LEAD))
PREFIX = "faults-"
NOBODY = "127.0.0.1:1"
STEP_OVER = """
with noted as (
    insert into buried (consumer, topic, partition, "offset")
    values ('qualifier', $1::text, $2::integer, $3::bigint - 1)
)
update fence set epoch = epoch + 1, owner = null, lease_until = '-infinity', positions = (
    select jsonb_agg(case when at ->> 0 = $1 and at ->> 1 = $2::text then jsonb_set(at, '{2}', to_jsonb($3::bigint))
                     else at end)
    from jsonb_array_elements(positions) as at
) where consumer = 'qualifier' and slot = $2::integer
"""
"""As in docs/runbook.md, *A slot has stopped*."""
BEHAVED = wire.encode(
    Facts()(
        Behaved(source="site", kind="page", subject="/pricing"), lead=LEAD, at=datetime(2026, 3, 2, tzinfo=UTC)
    ).envelope
)


@dataclass(frozen=True, slots=True)
class Faulty:
    """Intake, qualifier and web of an installation; the other two have nothing to do with these faults."""

    state: State
    settings: Settings
    running: Running

    async def leadpact(self, *words: str) -> Result:
        """Type a command."""
        return await asyncio.to_thread(CliRunner().invoke, cli.command(words), words)

    async def bad(self) -> dict[str, str]:
        """What the doctor finds wrong."""
        done = await self.leadpact("doctor", "--json")
        found = {each["what"]: each["says"] for each in json.loads(done.stdout) if not each["well"]}
        assert done.exit_code == (1 if found else 0)
        return found

    async def finds(self, what: str, says: str) -> None:
        """The doctor says this within some seconds."""

        async def said() -> bool:
            return says in (await self.bad()).get(what, "")

        await eventually(said, within=30)

    async def mended(self) -> None:
        """The doctor finds nothing any more."""

        async def nothing() -> bool:
            return await self.bad() == {}

        await eventually(nothing, within=60)

    def program(self, name: str) -> psutil.Process:
        """The process itself, behind its guard."""
        (pid,) = (each.pid for each in self.running.processes if each.name == name)
        (child,) = psutil.Process(pid).children()
        return child

    def deliver(self, **lead: str) -> str:
        """Hand a lead in at the door; the delivery's id."""
        headers = {"Authorization": f"Bearer {self.state.admin_key.read_text()}"}
        answer = httpx.post(f"{self.running.url}/v1/leads", json=lead, headers=headers, timeout=30)
        return str(answer.raise_for_status().json()["ingest"])

    def shows(self, path: str = "/operations") -> str:
        """What the web process says there."""
        return httpx.get(f"{self.running.url}{path}", timeout=10).raise_for_status().text

    @asynccontextmanager
    async def tables(self, schema: str) -> AsyncIterator[asyncpg.Connection]:
        """A service's tables, as that service."""
        connection = await asyncpg.connect(self.settings.dsn(schema))
        yield connection
        await connection.close()

    @asynccontextmanager
    async def log(self) -> AsyncIterator[KafkaLog]:
        """The topics, as who writes into them by hand."""
        log = KafkaLog(self.settings.kafka, PREFIX)
        yield log
        await log.close()

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """A process that hangs for a while."""
        self.program(name).send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.program(name).send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def faulty(kafka: str, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """Started once, for it takes long; removed with all its data."""
    state = State(tmp_path_factory.mktemp("faulty"))
    with pytest.MonkeyPatch.context() as patch, made(postgres) as database, programs.listening(0) as door:
        for name, value in {
            VARIABLE: str(state.path),
            KAFKA_VARIABLE: kafka,
            POSTGRES_VARIABLE: database,
            "LEADPACT_TOPIC_PREFIX": PREFIX,
        }.items():
            patch.setenv(name, value)
        clock.create(state.clock, clock.SystemClock().wall())
        told = programs.settings(state, kafka, database)
        settings = Settings.model_validate(told)
        run(prepare(state, Infrastructure(kafka, database, "the tests'"), settings))
        wanted = [programs.worker(INTAKE, 1), programs.worker(QUALIFIER, 1), programs.web(door)]
        for program in wanted:
            programs.entrust(program, state, settings)
        crew = Crew(state, programs.environment(told), wanted)
        try:
            run(crew.start())
            with state.held():
                running = Running(os.getpid(), wanted[-1].url, "the tests'", crew.told(), told)
                state.tell(running)
                yield Faulty(state, settings, running)
        finally:
            run(crew.stop())
            done = CliRunner().invoke(cli.command(["reset"]), ["reset", "--yes"])
            assert done.exit_code == 0, done.output


async def test_0_a_healthy_installation_has_none(faulty: Faulty) -> None:
    await faulty.mended()


async def test_1_a_worker_that_hangs_and_its_slots(faulty: Faulty) -> None:
    with faulty.stopped("qualifier-1"):
        await faulty.finds("qualifier-1", "does not answer")
        await faulty.finds("qualifier's events", "9 slots without owner")
        await eventually(lambda: "not seen for" in faulty.shows(), within=20)
        assert 'leadpact_slots{consumer="qualifier",state="unowned"} 8.0' in faulty.shows("/metrics")
    await faulty.mended()


async def test_2_a_web_process_that_hangs(faulty: Faulty) -> None:
    with faulty.stopped("web"):
        await faulty.finds("web", "does not answer")
    await faulty.mended()


@pytest.mark.parametrize(("what", "address"), [("kafka", NOBODY), ("postgres", f"postgresql://{NOBODY}/nobody")])
async def test_3_4_a_broker_and_a_database_that_do_not_answer(faulty: Faulty, what: str, address: str) -> None:
    faulty.state.tell(replace(faulty.running, settings={**faulty.running.settings, what: address}))
    await faulty.finds("Kafka" if what == "kafka" else "PostgreSQL", "no answer")
    faulty.state.tell(faulty.running)
    await faulty.mended()


async def test_5_a_topic_that_somebody_deleted(faulty: Faulty) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=faulty.settings.kafka)
    await admin.start()
    await admin.delete_topics([PREFIX + PROMISES.name])
    await admin.close()
    await faulty.finds("Kafka", "topics are missing")
    async with faulty.log() as log:
        await log.ensure([PROMISES])
    await faulty.mended()


async def test_6_a_spool_that_does_not_empty(faulty: Faulty) -> None:
    with faulty.stopped("intake-1"):
        delivery = faulty.deliver(email="ann@acme.example")
        async with faulty.tables("intake") as tables, faulty.log() as log:
            record = await _last(log)
            await tables.execute(
                "insert into spool (delivery, partition, received_at, value) values ($1, $2, now(), $3)",
                delivery,
                record.partition,
                record.value,
            )
        await faulty.finds("quarantine and spool", "1 deliveries in the spool")
        await eventually(lambda: "Deliveries in the spool" in faulty.shows(), within=20)
    await faulty.mended()


async def test_7_an_item_that_nothing_fits(faulty: Faulty) -> None:
    faulty.deliver(email="no address")
    await faulty.finds("quarantine and spool", "1 items wait in quarantine")
    (waiting,) = json.loads((await faulty.leadpact("quarantine", "list", "--json")).stdout)
    assert (await faulty.leadpact("quarantine", "drop", waiting["id"], "--reason", "a test")).exit_code == 0
    await faulty.mended()


async def test_8_a_parked_key(faulty: Faulty) -> None:
    async with faulty.tables("qualifier") as tables:
        await tables.execute(
            "insert into parked (consumer, slot, key, by, reason) values ('qualifier', $1, $2, 'qualifier', 'a bug')",
            PLACE.partition,
            LEAD,
        )
    await faulty.finds("qualifier's events", "1 parked keys")
    assert (await faulty.leadpact("parked", "release", "qualifier", LEAD)).exit_code == 0
    await faulty.mended()


async def test_9_a_dead_letter_that_is_none_of_ours_and_one_that_newer_code_reads(faulty: Faulty) -> None:
    async with faulty.log() as log:
        await log.publish(PLACE, [Message(b"", b"\xff")])
    await faulty.finds("qualifier's events", "1 dead letters")
    async with faulty.tables("qualifier") as tables:
        ((garbage, offset),) = await tables.fetch('select id, "offset" from dead_letter')
        early = await tables.fetchval(
            'insert into dead_letter (consumer, topic, partition, "offset", key, value, reason)'
            " values ('qualifier', $1, $2, $3, '', $4, 'UnknownType: to an older version') returning id",
            *PLACE,
            offset,
            BEHAVED,
        )
        assert await tables.fetchval("select count(*) from cell where key = $1 and version > 1", LEAD) == 0
        assert (await faulty.leadpact("dead-letters", "drop", "qualifier", str(garbage))).exit_code == 0
        assert (await faulty.leadpact("dead-letters", "redrive", "qualifier", str(early))).exit_code == 0
        await faulty.mended()
        assert await tables.fetchval("select octet_length(data) from cell where key = $1", LEAD) > 0, "it was handled"
        assert await tables.fetchval("select count(*) from waiting") == 0


async def test_10_a_gap_in_a_topic(faulty: Faulty) -> None:
    async with faulty.log() as log:
        await log.publish(PLACE, [Message(b"", BEHAVED, seq=99)])
        end = (await log.ends([PLACE]))[PLACE]
    await faulty.finds("qualifier-1", "sequence 99 after")
    await eventually(lambda: "sequence 99 after" in faulty.shows(), within=20)
    async with faulty.tables("qualifier") as tables:
        await tables.execute(STEP_OVER, *PLACE, end)
    await faulty.mended()


async def test_11_a_clock_that_was_set_back(faulty: Faulty) -> None:
    clock.create(faulty.state.clock, clock.SystemClock().wall() - timedelta(hours=2))
    await faulty.finds("time", "ahead of the business clock")
    clock.create(faulty.state.clock, clock.SystemClock().wall())
    await faulty.mended()


async def test_12_a_disk_that_is_nearly_full(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(doctor, "_ENOUGH", 2**60)
        await faulty.finds("disk", "GiB free")
    await faulty.mended()


async def _last(log: KafkaLog) -> Record:
    """The newest record of `raw`."""
    ends = await log.ends([Stream(RAW.name, number) for number in range(RAW.partitions)])
    reader = await log.reader({stream: end - 1 for stream, end in ends.items() if end})
    records: list[Record] = []

    async def read() -> bool:
        records.extend(await reader.fetch(10, 0.2))
        return bool(records)

    await eventually(read, within=20)
    await reader.close()
    (record,) = records
    return record
