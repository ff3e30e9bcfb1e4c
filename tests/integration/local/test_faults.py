"""Faults planted one after another on an installation that runs: the doctor finds and names each, and nothing else.

Each is mended as docs/runbook.md says, which lists these and others; then the doctor finds nothing any more.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from leadpact.contracts.topics import LEADS, PROMISES
from leadpact.kit import clock
from leadpact.kit.rows import Message, Stream
from leadpact.local import passing
from leadpact.local.errors import NotUp
from leadpact.testkit.eventually import eventually
from leadpact.testkit.prometheus import Prometheus, found, program, prometheus
from tests.integration.local.faulty import Faulty, installed

pytestmark = pytest.mark.timeout(300)

SHIPPED = Path(__file__).parents[3] / "deploy" / "grafana"
ANN = "ann@acme.example"
PLACE = Stream(LEADS.name, 0)
GONE = "does not answer"
LEADS_STATE = "select md5(string_agg(data, '' order by key)) from cell where key <> ''"
UNOWNED = "slots without owner"
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


@asynccontextmanager
async def a_worker_that_hangs(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.stopped("qualifier-1"):
        yield


@asynccontextmanager
async def a_web_process_that_hangs(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.stopped("web"):
        refused = await faulty.leadpact("source", "list")
        assert isinstance(refused.exception, NotUp) and "the web process" in str(refused.exception)
        yield


@asynccontextmanager
async def a_broker_that_hangs(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.stopped("Kafka"):
        yield


@asynccontextmanager
async def a_database_that_hangs(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.stopped("PostgreSQL"):
        refused = await faulty.leadpact("parked", "list")
        assert isinstance(refused.exception, NotUp) and "PostgreSQL" in str(refused.exception)
        yield


@asynccontextmanager
async def a_topic_that_somebody_deleted(faulty: Faulty) -> AsyncIterator[None]:
    admin = AIOKafkaAdminClient(bootstrap_servers=faulty.settings.kafka)
    await admin.start()
    await admin.delete_topics([PROMISES.name])
    await admin.close()
    yield
    async with faulty.log() as log:
        await log.ensure([PROMISES])


@asynccontextmanager
async def a_spool_that_does_not_empty(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.stopped("intake-1"):
        with faulty.stopped("Kafka"):
            faulty.deliver(email=ANN)
        yield


@asynccontextmanager
async def an_item_that_nothing_fits(faulty: Faulty) -> AsyncIterator[None]:
    faulty.deliver(email="no address")
    yield
    (waiting,) = json.loads((await faulty.leadpact("quarantine", "list", "--json")).stdout)
    assert (await faulty.leadpact("quarantine", "drop", waiting["id"], "--reason", "a test")).exit_code == 0


@asynccontextmanager
async def code_that_fails_on_a_lead(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.flawed("raises"):
        faulty.deliver(email="bo@acme.example")
        yield
    (parked,) = json.loads((await faulty.leadpact("parked", "list", "--json")).stdout)
    assert "KeyError" in parked["reason"]
    assert (await faulty.leadpact("parked", "release", "qualifier", parked["key"])).exit_code == 0


@asynccontextmanager
async def records_that_nobody_can_read(faulty: Faulty) -> AsyncIterator[None]:
    """One of somebody else's, and one that only an older version cannot read."""
    with faulty.flawed("older"):
        async with faulty.log() as log:
            await log.publish(PLACE, [Message(b"", b"\xff")])
        faulty.deliver("activities", type="behaviour", email=ANN, kind="page", subject="/pricing")
        yield
    letters = json.loads((await faulty.leadpact("dead-letters", "list", "--json")).stdout)
    ids = {each["reason"].partition(":")[0]: str(each["id"]) for each in letters}
    async with faulty.tables("qualifier") as tables:
        before = await tables.fetchval(LEADS_STATE)
        assert (await faulty.leadpact("dead-letters", "drop", "qualifier", ids["Malformed"])).exit_code == 0
        assert (await faulty.leadpact("dead-letters", "redrive", "qualifier", ids["UnknownType"])).exit_code == 0
        await faulty.finds({})
        assert await tables.fetchval(LEADS_STATE) != before, "it was handled"


@asynccontextmanager
async def a_gap_in_a_topic(faulty: Faulty) -> AsyncIterator[None]:
    async with faulty.log() as log:
        await log.publish(PLACE, [Message(b"", b"{}", seq=99)])
        end = (await log.ends([PLACE]))[PLACE]
    yield
    async with faulty.tables("qualifier") as tables:
        await tables.execute(STEP_OVER, *PLACE, end)


@asynccontextmanager
async def a_clock_that_was_set_back(faulty: Faulty) -> AsyncIterator[None]:
    clock.create(faulty.state.clock, clock.SystemClock().wall() - timedelta(hours=2))
    yield
    clock.create(faulty.state.clock, clock.SystemClock().wall())


@asynccontextmanager
async def a_disk_that_is_nearly_full(faulty: Faulty) -> AsyncIterator[None]:
    with faulty.nearly_full():
        yield


@asynccontextmanager
async def time_that_stands(faulty: Faulty) -> AsyncIterator[None]:
    """For seconds, where the doctor otherwise waits for a minute."""
    with faulty.stopped("intake-1"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "_LATE", 5.0)
        yield


@dataclass(frozen=True, slots=True)
class Fault:
    """How it is planted, mended on leaving; all that the doctor finds then, the alarms that begin at once, and a word
    of the operations page."""

    number: int
    planted: Callable[[Faulty], AbstractAsyncContextManager[None]]
    finds: dict[str, str]
    alarms: frozenset[str] = frozenset()
    shows: str = ""


NO_KAFKA = "no contact with Kafka"
NO_DATABASE = "no contact with the database"
FAULTS = [
    Fault(
        1,
        a_worker_that_hangs,
        {"qualifier-1": GONE, "qualifier's events": f"9 {UNOWNED}"},
        frozenset({"ProcessGone", "SlotsUnowned"}),
        "not seen for",
    ),
    Fault(2, a_web_process_that_hangs, {"web": GONE}, frozenset({"ProcessGone"})),
    Fault(
        3,
        a_broker_that_hangs,
        {"Kafka": "no answer", "intake-1": NO_KAFKA, "qualifier-1": NO_KAFKA},
        frozenset({"NotReady"}),
    ),
    Fault(
        4,
        a_database_that_hangs,
        {"PostgreSQL": "no answer", "intake-1": NO_DATABASE, "qualifier-1": NO_DATABASE},
        frozenset({"NotReady"}),
    ),
    Fault(5, a_topic_that_somebody_deleted, {"Kafka": "topics are missing"}),
    Fault(
        6,
        a_spool_that_does_not_empty,
        {"intake-1": GONE, "intake's events": UNOWNED, "quarantine and spool": "1 deliveries in the spool"},
        frozenset({"ProcessGone", "SlotsUnowned"}),
        "Deliveries in the spool",
    ),
    Fault(7, an_item_that_nothing_fits, {"quarantine and spool": "1 items wait in quarantine"}),
    Fault(8, code_that_fails_on_a_lead, {"qualifier's events": "1 parked keys"}, frozenset({"KeysParked"})),
    Fault(9, records_that_nobody_can_read, {"qualifier's events": "2 dead letters"}, frozenset({"DeadLetters"})),
    Fault(
        10,
        a_gap_in_a_topic,
        {"qualifier-1": "sequence 99 after"},
        frozenset({"SlotStopped", "NotReady"}),
        "sequence 99 after",
    ),
    Fault(11, a_clock_that_was_set_back, {"time": "ahead of the business clock"}),
    Fault(12, a_disk_that_is_nearly_full, {"disk": "GiB free"}),
    Fault(
        13,
        time_that_stands,
        {
            "intake-1": GONE,
            "intake's events": UNOWNED,
            "time": "intake has passed all but the last",  # and the qualifier waits behind it
        },
    ),
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """Started once, for it takes long."""
    with installed(tmp_path_factory.mktemp("faulty")) as made:
        yield made


@pytest.fixture(scope="module")
def watching(faulty: Faulty, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus | None]:
    """A Prometheus that asks its processes; none where the machine has none."""
    with ExitStack() as stack:
        pages = {each.name: each.url for each in faulty.running.processes}
        place = tmp_path_factory.mktemp("watching") / "prometheus"
        yield stack.enter_context(prometheus(SHIPPED, place, pages)) if found("prometheus") else None


async def test_0_a_healthy_installation_has_none(faulty: Faulty, watching: Prometheus | None) -> None:
    await faulty.finds({})
    if watching:
        await eventually(watching.answers, within=30)
        await eventually(lambda: watching.alarms() == {}, within=30)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.number}-{fault.planted.__name__}")
async def test_the_doctor_finds_it_and_nothing_else(faulty: Faulty, watching: Prometheus | None, fault: Fault) -> None:
    async with fault.planted(faulty):
        await faulty.finds(fault.finds)
        if watching and fault.alarms:
            await eventually(lambda: fault.alarms <= watching.alarms().keys(), within=30)
        if fault.shows:
            await eventually(lambda: fault.shows in faulty.shows(), within=20)
    await faulty.finds({})
    if fault.alarms:
        program("prometheus")
