"""Faults planted one after another on an installation that runs: the doctor finds and names each, until it is mended.

Disk, calendar, mail and what no process of ours can cause are in the other tests of the doctor (docs/runbook.md lists all).
"""

import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.topics import LEADS, PROMISES, partition
from leadpact.embedded.find import Infrastructure
from leadpact.embedded.waiting import run
from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit import clock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Message, Stream
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
PREFIX = "faults."


@dataclass(frozen=True, slots=True)
class Faulty:
    """Intake, qualifier and web of an installation; the other two have nothing to do with these faults."""

    state: State
    settings: Settings
    running: Running

    def leadpact(self, *words: str) -> str:
        """Type a command; what it says."""
        done = CliRunner().invoke(cli.command(words), words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.stdout

    def bad(self) -> dict[str, str]:
        """What the doctor finds wrong."""
        done = CliRunner().invoke(cli.command(["doctor"]), ["doctor", "--json"])
        found = {each["what"]: each["says"] for each in json.loads(done.stdout) if not each["well"]}
        assert done.exit_code == (1 if found else 0)
        return found

    async def finds(self, what: str, says: str) -> None:
        """The doctor says this within some seconds."""
        await eventually(lambda: says in self.bad().get(what, ""), within=30)

    async def mended(self) -> None:
        """The doctor finds nothing any more."""
        await eventually(lambda: self.bad() == {}, within=60)

    def program(self, name: str) -> psutil.Process:
        """The process itself, behind its guard."""
        (pid,) = (each.pid for each in self.running.processes if each.name == name)
        (child,) = psutil.Process(pid).children()
        return child

    def deliver(self, **lead: str) -> int:
        """Hand a lead in at the door."""
        headers = {"Authorization": f"Bearer {self.state.admin_key.read_text()}"}
        return httpx.post(f"{self.running.url}/v1/leads", json=lead, headers=headers, timeout=30).status_code

    def page(self) -> str:
        """The operations page."""
        return httpx.get(f"{self.running.url}/operations", timeout=10).text

    @asynccontextmanager
    async def tables(self, schema: str) -> AsyncIterator[asyncpg.Connection]:
        """A service's tables, as that service."""
        connection = await asyncpg.connect(self.settings.dsn(schema))
        yield connection
        await connection.close()

    async def publish(self, message: Message) -> None:
        """Write into a topic by hand."""
        log = KafkaLog(self.settings.kafka, PREFIX)
        await log.publish(PLACE, [message])
        await log.close()
