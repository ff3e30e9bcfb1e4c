"""An installation in which faults are planted: servers of its own, intake, the qualifier and the web process."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
from typer.testing import CliRunner, Result

from leadpact.embedded import kafka, postgres
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE, Infrastructure
from leadpact.embedded.waiting import run
from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit import clock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.settings import Settings
from leadpact.local import cli, programs
from leadpact.local.crew import Crew
from leadpact.local.installation import prepare
from leadpact.local.state import VARIABLE, Running, State
from leadpact.qualifier.main import SERVICE as QUALIFIER
from leadpact.testkit.eventually import eventually
from tests.integration.local import flawed

SERVERS = ("Kafka", "PostgreSQL")
_ROOM, _NEARLY_NONE = "3g", "1g"


@dataclass(frozen=True, slots=True)
class Faulty:
    """What runs, and how it is broken; sla-monitor and reporting have nothing to do with these faults.

    `disk`: whether its state lies on a disk of its own. `servers`: their guards.
    """

    state: State
    settings: Settings
    running: Running
    servers: dict[str, int]
    flaw: Path
    disk: bool

    async def leadpact(self, *words: str) -> Result:
        """Type a command."""
        return await asyncio.to_thread(CliRunner().invoke, cli.command(words), words)

    async def bad(self) -> dict[str, str]:
        """What the doctor finds wrong."""
        done = await self.leadpact("doctor", "--json")
        found = {each["what"]: each["says"] for each in json.loads(done.stdout) if not each["well"]}
        assert done.exit_code == (1 if found else 0)
        return found

    async def finds(self, wanted: dict[str, str]) -> None:
        """The doctor finds these wrong within some seconds, with these words, and nothing else."""

        async def said() -> bool:
            bad = await self.bad()
            assert bad.keys() == wanted.keys(), bad
            assert [what for what, words in wanted.items() if words not in bad[what]] == [], bad
            return True

        await eventually(said, within=60)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """A process or a server hangs for a while, with all that it has started."""
        guards = self.servers | {each.name: each.pid for each in self.running.processes}
        hung = psutil.Process(guards[name]).children(recursive=True)
        for each in hung:
            each.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for each in hung:
                each.send_signal(signal.SIGCONT)

    @contextmanager
    def flawed(self, how: str) -> Iterator[None]:
        """A bad version of the qualifier runs for a while."""
        self.flaw.write_text(how)
        try:
            yield
        finally:
            self.flaw.unlink()

    @contextmanager
    def nearly_full(self) -> Iterator[None]:
        """The disk of the state has little room for a while; where none can be mounted the test is skipped."""
        if not self.disk:
            pytest.skip("NOTHING MAY BE MOUNTED HERE: no disk was nearly full")
        _run("mount", "-o", f"remount,size={_NEARLY_NONE}", str(self.state.path))
        try:
            yield
        finally:
            _run("mount", "-o", f"remount,size={_ROOM}", str(self.state.path))

    def deliver(self, path: str = "leads", **told: str) -> None:
        """Hand something in at the door."""
        headers = {"Authorization": f"Bearer {self.state.admin_key.read_text()}"}
        httpx.post(f"{self.running.url}/v1/{path}", json=told, headers=headers, timeout=30).raise_for_status()

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
        log = KafkaLog(self.settings.kafka)
        yield log
        await log.close()


@contextmanager
def installed(place: Path) -> Iterator[Faulty]:
    """It runs, and is removed with all its data."""
    state = State(place / "state")
    state.path.mkdir()
    with ExitStack() as stack:
        disk = _mounted(stack, state.path)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
            patch.delenv(name, raising=False)
        patch.setenv(VARIABLE, str(state.path))
        patch.setenv(flawed.VARIABLE, str(place / "flaw"))
        stack.callback(postgres.remove, state.path)
        broker, server = kafka.start(state.path), postgres.start(state.path)
        stack.callback(server.stop)
        stack.callback(broker.stop)
        clock.create(state.clock, clock.SystemClock().wall())
        told = programs.settings(state, broker.bootstrap, server.dsn)
        settings = Settings.model_validate({**told, "postgres": server.dsn})
        run(prepare(state, Infrastructure(broker.bootstrap, server.dsn, "its own"), settings))
        door = stack.enter_context(programs.listening(0))
        bad = programs.worker(QUALIFIER, 1, ("tests.integration.local.flawed",))
        wanted = [programs.worker(INTAKE, 1), bad, programs.web(door)]
        for program in wanted:
            programs.entrust(program, state, settings)
        crew = Crew(state, programs.environment(told), wanted)
        stack.callback(lambda: run(crew.stop()))
        run(crew.start())
        stack.enter_context(state.held())
        running = Running(os.getpid(), wanted[-1].url, "its own", crew.told(), told)
        state.tell(running)
        servers = dict(zip(SERVERS, (broker.process.pid, server.process.pid), strict=True))
        yield Faulty(state, settings, running, servers, place / "flaw", disk)


def _mounted(stack: ExitStack, folder: Path) -> bool:
    """Whether the folder could be made a disk of its own: only root may, and not everywhere."""
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={_ROOM},mode=711", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        return False
    stack.callback(_run, "umount", "--lazy", str(folder))
    return True


def _run(program: str, *words: str) -> None:
    subprocess.run([f"/usr/bin/{program}", *words], check=True, capture_output=True)
