"""The embedded Kafka and PostgreSQL: they keep their data, find their way round trouble, and outlive nobody."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from leadpact.embedded import kafka, postgres
from leadpact.testkit.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_GONE = 5.0
STARTER = """
import pathlib, sys, time
from leadpact.embedded.find import infrastructure
with infrastructure(pathlib.Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    postgres.remove(tmp_path)
    shutil.rmtree(tmp_path)


async def _query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def test_kafka_starts_with_its_class_archive(state: Path) -> None:
    broker = kafka.start(state)
    try:
        (java,) = psutil.Process(broker.process.pid).children()
        mapped = [Path(each.path) for each in java.memory_maps() if each.path.endswith("kafka.jsa")]
        assert mapped, "the JVM passed it over: see kafka.log"
        assert mapped[0].stat().st_size > 0
    finally:
        broker.stop()


async def test_kafka_keeps_its_topics_and_moves_when_its_port_is_taken(state: Path) -> None:
    first = kafka.start(state)
    admin = AIOKafkaAdminClient(bootstrap_servers=first.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 2, 1)])
    await admin.close()
    first.stop()
    with socket.create_server(("127.0.0.1", int(first.bootstrap.rpartition(":")[2]))):
        second = kafka.start(state)
        assert second.bootstrap != first.bootstrap
        admin = AIOKafkaAdminClient(bootstrap_servers=second.bootstrap)
        await admin.start()
        assert "kept" in await admin.list_topics()
        await admin.close()
        second.stop()


async def test_postgres_keeps_its_data_and_is_durable(state: Path) -> None:
    first = postgres.start(state)
    await _query(first.dsn, "create table kept as select 42 as answer")
    first.stop()
    second = postgres.start(state)
    assert second.dsn == first.dsn
    assert await _query(second.dsn, "select answer from kept") == 42
    assert await _query(second.dsn, "show fsync") == "on"
    assert await _query(second.dsn, "show synchronous_commit") == "on"
    assert str(await _query(second.dsn, "show server_version")).startswith("18")
    second.stop()


async def test_postgres_wants_the_password(state: Path) -> None:
    server = postgres.start(state)
    assert (state / "postgres.password").stat().st_mode & 0o077 == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn, password="a guess")  # noqa: S106 - a wrong one, on purpose
    server.stop()


async def test_postgres_comes_back_after_kill_9_of_guard_and_server(state: Path) -> None:
    first = postgres.start(state)
    busy = await asyncpg.connect(first.dsn)
    await busy.execute("create table kept as select 42 as answer")
    for one in (psutil.Process(first.process.pid), *psutil.Process(first.process.pid).children()):
        os.kill(one.pid, signal.SIGKILL)
    first.stop()
    second = postgres.start(state)
    assert await _query(second.dsn, "select answer from kept") == 42
    second.stop()
    busy.terminate()


@pytest.fixture
def starter(state: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", STARTER, state], stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


async def test_kill_9_of_the_starter_leaves_no_kafka_and_no_postgres(starter: subprocess.Popen[str]) -> None:
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    family = psutil.Process(starter.pid).children(recursive=True)
    assert {"java", "postgres"} <= {one.name() for one in family}
    starter.kill()
    starter.wait()
    await eventually(lambda: not [one for one in family if one.is_running()], within=ALL_GONE)
