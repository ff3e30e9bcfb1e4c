"""The life of a local installation, from the first `up` to `reset`: these tests follow one another on one of them."""

import asyncio
import json
import signal
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from leadpact.contracts.topics import TOPICS
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.kit.settings import Settings
from leadpact.testkit.eventually import eventually
from leadpact.verify.installation import SERVICES, Addresses, verify
from tests.integration.local.conftest import Installed, alive

ALL_GONE = 5.0
LEAD = "ann@acme.example"
PAGES = ["wall", "leads", "origins", "operations"]
PROCESSES = ["intake-1", "qualifier-1", "sla-monitor-1", "reporting-1", "web"]

pytestmark = pytest.mark.timeout(600)


def test_1_up_names_its_steps_and_ends_in_addresses(installed: Installed) -> None:
    said = installed.up().splitlines()
    assert [line.split(" s  ")[1] for line in said[:4]] == [
        "Kafka and PostgreSQL",
        "schemas and topics",
        "web and workers",
        "up",
    ]
    pages = [line.split() for line in said[-6:-2]]
    assert [(name, url.rpartition("/")[2]) for name, url in pages] == [(page, page) for page in PAGES]
    assert all(httpx.get(url, timeout=30).is_success for _, url in pages)
    assert [line.split() for line in installed.leadpact("status").stdout.splitlines()[-4:]] == pages


def test_2_all_is_ready_and_the_doctor_finds_nothing(installed: Installed) -> None:
    told = installed.leadpact("status", "--json")
    assert told.returncode == 0
    status = json.loads(told.stdout)
    assert [(each["name"], each["ready"]) for each in status["processes"]] == [(name, "ready") for name in PROCESSES]
    ports = [each["url"] for each in status["processes"]]
    assert len(set(ports)) == len(ports) and status["url"] == ports[-1]
    doctor = installed.leadpact("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "BAD" not in doctor.stdout and f"Kafka: {len(TOPICS)} topics" in doctor.stdout
    nothing_yet = installed.leadpact("verify")
    assert nothing_yet.returncode == 0, nothing_yet.stdout + nothing_yet.stderr
    assert '"level":"error"' not in installed.leadpact("logs", "-n", "1000").stdout, "a healthy start logs no error"


async def test_3_a_lead_that_was_accepted_is_seen(installed: Installed) -> None:
    assert installed.deliver(LEAD).status_code == 202
    assert await eventually(installed.leads, within=60) == 1


def test_4_a_second_up_says_that_there_is_one_and_harms_nothing(installed: Installed) -> None:
    log = (installed.state / "logs" / "runner.log").read_text()
    for how in (["up"], ["up", "--detach"]):
        again = installed.leadpact(*how)
        assert again.returncode == 1 and "already" in again.stderr
    assert (installed.state / "logs" / "runner.log").read_text() == log
    assert installed.ready()


def test_5_reset_refuses_while_it_runs(installed: Installed) -> None:
    refused = installed.leadpact("reset", "--yes")
    assert refused.returncode == 1 and "leadpact down" in refused.stderr
    assert installed.ready()


def test_6_logs_are_shown_by_process(installed: Installed) -> None:
    shown = installed.leadpact("logs", "intake-1", "-n", "5").stdout
    assert 0 < len(shown.splitlines()) <= 5 and '"service":"intake","process":"intake-1"' in shown
    assert "qualifier" in installed.leadpact("logs").stdout
    assert installed.leadpact("logs", "nobody").returncode == 2


async def test_7_a_worker_that_was_killed_is_started_again(installed: Installed) -> None:
    guard = psutil.Process(_told(installed, "qualifier-1"))
    (worker,) = guard.children()
    worker.send_signal(signal.SIGKILL)
    await eventually(lambda: _told(installed, "qualifier-1") != guard.pid, within=30)
    await eventually(lambda: _ready(installed), within=120)


async def test_8_another_state_directory_is_another_installation_here_on_servers_that_are_not_its_own(
    installed: Installed, tmp_path: Path, kafka: str, topic_prefix: str, database: str
) -> None:
    servers = {KAFKA_VARIABLE: kafka, POSTGRES_VARIABLE: database, "LEADPACT_TOPIC_PREFIX": topic_prefix}
    other = Installed(tmp_path / "other", servers)
    try:
        other.up()
        here, there = installed.running, other.running
        assert not {each.url for each in here.processes} & {each.url for each in there.processes}
        assert here.infrastructure != there.infrastructure
        assert len(other.family()) < len(installed.family()), "no broker, no database"
        assert other.deliver("bo@acme.example").status_code == 202
        assert other.deliver("cy@acme.example").status_code == 202
        await eventually(lambda: other.leads() == 2, within=60)
        assert installed.leads() == 1
        family = other.family()
        family[0].send_signal(signal.SIGINT)
        await eventually(lambda: not alive(family), within=ALL_GONE)
    finally:
        other.end()
    assert not other.state.exists()


async def test_9_a_killed_runner_leaves_nothing_behind_and_up_goes_on_where_it_was(installed: Installed) -> None:
    await _done(installed, "qualifier", "update fence set shape = 7 where consumer = 'qualifier'")
    family, address = installed.family(), installed.running.url
    assert len(family) > 10
    family[0].send_signal(signal.SIGKILL)
    await eventually(lambda: not alive(family), within=ALL_GONE)
    nothing = installed.leadpact("status")
    assert nothing.returncode == 1 and "nothing runs" in nothing.stderr
    down = installed.leadpact("down")
    assert down.returncode == 0 and "nothing runs" in down.stdout
    said = installed.up()
    assert "state of qualifier in its new shape" in said, "nobody works here: what older code left is rebuilt"
    assert installed.running.url == address
    assert await eventually(installed.leads, within=60) == 1


async def test_10_what_was_accepted_is_verified(installed: Installed) -> None:
    assert installed.deliver("dot@acme.example").status_code == 202
    assert installed.deliver(LEAD).status_code == 202
    assert await eventually(lambda: installed.leads() == 2, within=60)
    done = installed.leadpact("verify", "--json", "--canary", LEAD, "--canary", "dot@acme.example")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["clean"] and told["violations"] == []
    figures = told["figures"]
    assert (figures["deliveries"], figures["items"], figures["leads"]) == (3, 3, 2), figures
    assert figures["rows of lead"] == figures["rows of state of qualifier"] == 2
    assert figures["log files searched"] > 4 and figures["pages searched"] == 5


async def test_11_a_state_that_was_spoilt_is_found_and_made_again_from_the_log(installed: Installed) -> None:
    assert installed.leadpact("rebuild", "sla-monitor", "--check").returncode == 0
    await _done(installed, "qualifier", "update cell set data = '\\x00' where key <> ''")
    found = installed.leadpact("rebuild", "qualifier", "--check")
    assert found.returncode == 1, found.stderr
    assert "cell " in found.stdout and "lives version" in found.stdout and "what lived differed" in found.stdout
    mended = installed.leadpact("rebuild", "qualifier", "--json")
    assert mended.returncode == 0, mended.stderr
    told = json.loads(mended.stdout)
    assert (told["differs"], sum(slot["differing_cells"] for slot in told["slots"])) == (True, 2)
    assert installed.deliver("eve@acme.example").status_code == 202
    assert await eventually(lambda: installed.leads() == 3, within=60)


async def test_12_a_row_that_says_something_else_is_found(installed: Installed) -> None:
    changed = "update lead set source = 'another' where lead = (select min(lead) from lead) returning lead"
    lead = await _done(installed, "reporting", changed)
    done = installed.leadpact("verify", "--json")
    assert done.returncode == 1
    (violation,) = json.loads(done.stdout)["violations"]
    assert (violation["check"], violation["where"]) == ("read_models", f"lead {lead}")
    assert lead in installed.leadpact("verify").stdout


def test_13_several_processes_find_what_one_finds(installed: Installed) -> None:
    settings = Settings.model_validate(installed.running.settings)
    where = Addresses(settings.kafka, settings.topic_prefix, {schema: settings.dsn(schema) for schema in SERVICES})
    by_one, by_two = (asyncio.run(verify(where, lambda *_: None, 20, processes=number)) for number in (1, 2))
    for found in (by_one, by_two):
        del found.figures["records"]  # marks are said meanwhile
    assert by_two == by_one
    assert by_two.figures["leads"] == 3 and by_two.violations


def test_14_it_is_made_again_from_the_log_while_reporting_goes_on(installed: Installed) -> None:
    found = installed.leadpact("rebuild", "reporting", "--check")
    assert found.returncode == 1 and "it says something else than the log" in found.stdout, found.stderr
    mended = json.loads(installed.leadpact("rebuild", "reporting", "--json").stdout)
    assert [(each["table"], each["differing"]) for each in mended["tables"] if each["differing"]] == [("lead", 1)]
    assert installed.leadpact("verify").returncode == 0
    assert installed.leadpact("rebuild", "intake", "--check").returncode == 0


def test_15_down_ends_everything_and_reset_forgets_it(installed: Installed) -> None:
    family = installed.family()
    assert installed.leadpact("down").returncode == 0
    assert alive(family) == []
    assert (installed.state / "master.key").exists()
    assert installed.leadpact("reset", "--yes").returncode == 0
    assert not installed.state.exists()
    assert installed.leadpact("status").returncode == 1
    nothing = installed.leadpact("verify")
    assert nothing.returncode == 1 and "nothing runs" in nothing.stderr


async def _done(installed: Installed, schema: str, statement: str) -> str:
    """The first value of what a statement in a service's schema returns."""
    connection = await asyncpg.connect(Settings.model_validate(installed.running.settings).dsn(schema))
    try:
        return str(await connection.fetchval(statement))
    finally:
        await connection.close()


def _told(installed: Installed, name: str) -> int:
    (pid,) = (each.pid for each in installed.running.processes if each.name == name)
    return pid


def _ready(installed: Installed) -> bool:
    try:
        return installed.ready()
    except httpx.TransportError:
        return False
