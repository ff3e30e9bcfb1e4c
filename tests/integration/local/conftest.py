"""The `leadpact` command in a state directory of a test's own, with its own broker and database."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.state import Running, State

PATIENCE = 240  # seconds for a command; the machine may be busy


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation and what a person would type about it."""

    state: Path
    servers: Mapping[str, str] = field(default_factory=dict)
    """What its environment says of servers that are not its own."""

    def leadpact(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        clean = {k: v for k, v in os.environ.items() if k not in {KAFKA_VARIABLE, POSTGRES_VARIABLE}}
        return subprocess.run(
            [sys.executable, "-m", "leadpact.local", *words],
            env={**clean, **self.servers, "LEADPACT_STATE": str(self.state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def up(self) -> str:
        """Start it in the background; returns what was said."""
        done = self.leadpact("up", "--detach")
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def running(self) -> Running:
        """What the runner says of itself."""
        return State(self.state).running()

    def ready(self) -> bool:
        """Whether every process answers that it is."""
        return all(httpx.get(f"{each.url}/readyz", timeout=10).is_success for each in self.running.processes)

    def family(self) -> list[psutil.Process]:
        """The runner and everything that it started, directly or not."""
        runner = psutil.Process(self.running.pid)
        return [runner, *runner.children(recursive=True)]

    def deliver(self, email: str) -> httpx.Response:
        """Hand in a lead at the front door."""
        key = (self.state / "admin.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{self.running.url}/v1/leads", json={"email": email}, headers=headers, timeout=30)

    def leads(self) -> int:
        """How many leads the read models have."""
        return len(httpx.get(f"{self.running.url}/v1/reports/leads", timeout=30).json()["items"])

    def end(self) -> None:
        """Leave nothing behind, however the test went."""
        self.leadpact("down")
        self.leadpact("reset", "--yes")


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; the dead that nobody has buried do not."""
    return [each for each in family if _lives(each)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it went between the two questions
        return False


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One installation for the whole module: it takes long to start."""
    made = Installed(tmp_path_factory.mktemp("installed") / "state")
    yield made
    made.end()
