"""Kafka and PostgreSQL for tests: one of each per session, a fresh database and fresh topic names per test.

A pytest plugin. What is missing fails the test when CI=true, and is skipped loudly elsewhere. With xdist the
controller starts both, and its workers share them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from leadpact.embedded import postgres as embedded_postgres
from leadpact.embedded.errors import EmbeddedError
from leadpact.embedded.find import Infrastructure, infrastructure
from leadpact.embedded.saying import timed
from leadpact.embedded.waiting import run

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARED = "leadpact_infrastructure"
_found = pytest.StashKey[str]()
_shared = pytest.StashKey[str | tuple[str, ...]]()
_stack = pytest.StashKey[ExitStack]()


@pytest.fixture(scope="session")
def real_parts(pytestconfig: pytest.Config) -> Iterator[Infrastructure]:
    """Kafka and PostgreSQL, found or started once."""
    if (shared := getattr(pytestconfig, "workerinput", {}).get(_SHARED)) is not None:
        if isinstance(shared, str):
            missing(shared)
        yield Infrastructure(*shared)
        return
    with ExitStack() as stack:
        try:
            parts = stack.enter_context(_running(pytestconfig))
        except EmbeddedError as error:
            missing(str(error))
        pytestconfig.stash[_found] = parts.how
        yield parts


@pytest.fixture(scope="session")
def kafka(real_parts: Infrastructure) -> str:
    """Bootstrap servers of a real Kafka; take topic names from `topic_prefix`."""
    return real_parts.bootstrap


@pytest.fixture(scope="session")
def postgres(real_parts: Infrastructure) -> str:
    """Address of a real PostgreSQL's maintenance database, as a user who may create databases and roles."""
    return real_parts.dsn


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """Address of an empty database of this test's own, dropped afterwards, open connections or not."""
    with made(postgres) as address:
        yield address


@contextmanager
def made(postgres: str) -> Iterator[str]:
    """Address of a new database beside `postgres`, which is dropped at the end, open connections or not."""
    name = f"test_{secrets.token_hex(6)}"
    run(_execute(postgres, f"create database {name} strategy file_copy"))  # half the work, where nobody else writes
    yield f"{postgres.rpartition('/')[0]}/{name}"
    run(_execute(postgres, f"drop database {name} with (force)"))


@pytest.fixture
def topic_prefix(kafka: str) -> Iterator[str]:
    """A start for topic names that no other test uses; topics so named are deleted afterwards."""
    prefix = f"t{secrets.token_hex(6)}-"
    yield prefix
    run(_delete_topics(kafka, prefix))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's worker controller has no public type
    """Before an xdist worker starts: start both parts with the first one, tell each where they are."""
    stash = node.config.stash
    if _shared not in stash:
        stash[_stack] = stack = ExitStack()
        try:
            parts = stack.enter_context(_running(node.config))
        except EmbeddedError as error:
            stash[_shared] = str(error)
        else:
            stash[_shared] = astuple(parts)
            stash[_found] = parts.how
    node.workerinput[_SHARED] = stash[_shared]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started for xdist's workers."""
    if stack := config.stash.get(_stack, None):
        stack.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which Kafka and PostgreSQL the tests ran on."""
    if how := config.stash.get(_found, None):
        terminalreporter.write_line(f"infrastructure: {how}")


def missing(why: str) -> NoReturn:
    """Fail the test when CI=true, else skip it loudly, for want of what it stands on."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"infrastructure is missing: {why}", pytrace=False)
    pytest.skip(f"INFRASTRUCTURE IS MISSING: {why}")


@contextmanager
def _running(config: pytest.Config) -> Iterator[Infrastructure]:
    reporter: pytest.TerminalReporter = config.pluginmanager.getplugin("terminalreporter")

    def say(what: str, seconds: float) -> None:
        reporter.write_line(f"{seconds:7.1f} s  {what}")

    state = Path(tempfile.mkdtemp(prefix="leadpact-tests-"))
    state.chmod(0o711)  # so that PostgreSQL, which is not root, can keep its data here
    try:
        with ExitStack() as stack:
            with timed(say, "Kafka and PostgreSQL"):
                parts = stack.enter_context(infrastructure(state, say))
            yield parts
    finally:
        embedded_postgres.remove(state)
        shutil.rmtree(state, ignore_errors=True)


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if topics := [name for name in await admin.list_topics() if name.startswith(prefix)]:
            await admin.delete_topics(topics)
    finally:
        await admin.close()
