"""`leadpact reset` of an installation whose data are on servers that are not its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner, Result

from leadpact.contracts.topics import TOPICS
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE, Infrastructure
from leadpact.embedded.waiting import run
from leadpact.kit import roles
from leadpact.kit.errors import RoleTaken
from leadpact.kit.settings import Settings
from leadpact.local import cli, programs
from leadpact.local.errors import LocalError
from leadpact.local.installation import prepare
from leadpact.local.state import VARIABLE, State

SCHEMAS = "select count(*) from pg_namespace where nspname = any($1)"
NOBODY = "127.0.0.1:1"


@pytest.fixture
def state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kafka: str, topic_prefix: str, database: str
) -> Iterator[State]:
    """A state directory of an installation that was prepared on the servers of the environment, and does not run."""
    for name, value in {
        VARIABLE: str(tmp_path / "state"),
        KAFKA_VARIABLE: kafka,
        POSTGRES_VARIABLE: database,
        "LEADPACT_TOPIC_PREFIX": topic_prefix,
    }.items():
        monkeypatch.setenv(name, value)
    state = State(tmp_path / "state")
    start(state, kafka, database)
    yield state
    run(roles.remove(database))


def start(state: State, kafka: str, database: str) -> None:
    """As far as `up` goes before its programs start."""
    told = programs.settings(state, kafka, database)
    run(prepare(state, Infrastructure(kafka, database, "outside"), Settings.model_validate(told)))


def reset() -> Result:
    return CliRunner().invoke(cli.command(["reset"]), ["reset", "--yes"])


def test_reset_leaves_neither_schemas_roles_nor_topics_and_up_begins_anew(
    state: State, kafka: str, topic_prefix: str, database: str
) -> None:
    assert (run(schemas(database)), run(topics(kafka, topic_prefix))) == (len(roles.SCHEMAS), len(TOPICS))
    assert "leadpact:" not in state.outside.read_text()
    done = reset()
    assert done.exit_code == 0, done.exception
    assert (run(schemas(database)), run(topics(kafka, topic_prefix))) == (0, 0)
    assert not state.path.exists()
    start(state, kafka, database)
    assert run(schemas(database)) == len(roles.SCHEMAS)


@pytest.mark.parametrize(("part", "says"), [("postgres", "PostgreSQL at"), ("kafka", "Kafka at")])
def test_while_a_server_does_not_answer_nothing_is_removed(
    state: State, monkeypatch: pytest.MonkeyPatch, database: str, part: str, says: str
) -> None:
    noted = json.loads(state.outside.read_text())
    address = NOBODY if part == "kafka" else f"postgresql://nobody@{NOBODY}/postgres"
    state.outside.write_text(json.dumps(noted | {part: address.replace("nobody@", "")}))
    if part == "postgres":
        monkeypatch.setenv(POSTGRES_VARIABLE, address)
    done = reset()
    assert isinstance(done.exception, LocalError)
    assert says in str(done.exception) and "outside.json" in str(done.exception)
    assert state.master_key().exists()
    assert run(schemas(database)) == len(roles.SCHEMAS)


def test_without_the_address_of_the_database_nothing_is_removed(
    state: State, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.delenv(POSTGRES_VARIABLE)
    done = reset()
    assert isinstance(done.exception, LocalError) and POSTGRES_VARIABLE in str(done.exception)
    assert state.master_key().exists()
    assert run(schemas(database)) == len(roles.SCHEMAS)


@pytest.mark.usefixtures("state")
def test_what_is_another_installations_by_now_is_not_removed(database: str) -> None:
    run(roles.remove(database))
    run(roles.provision(database, bytes(32)))
    assert isinstance(reset().exception, RoleTaken)
    assert run(schemas(database)) == len(roles.SCHEMAS)


async def schemas(database: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval(SCHEMAS, list(roles.SCHEMAS)))
    finally:
        await connection.close()


async def topics(kafka: str, prefix: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return sum(name.startswith(prefix) for name in await admin.list_topics())
    finally:
        await admin.close()
