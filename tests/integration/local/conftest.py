"""The `leadpact` command in a state directory of a test's own, with its own broker and database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE

PATIENCE = 240  # seconds for a command; the machine may be busy


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation and what a person would type about it."""

    state: Path

    def leadpact(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        clean = {k: v for k, v in os.environ.items() if k not in {KAFKA_VARIABLE, POSTGRES_VARIABLE}}
        return subprocess.run(
            [sys.executable, "-m", "leadpact.local", *words],
            env={**clean, "LEADPACT_STATE": str(self.state)},
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

    def status(self) -> dict[str, Any]:
        """What `status --json` says, ready or not."""
        told: dict[str, Any] = json.loads(self.leadpact("status", "--json").stdout or "{}")
        return told

    def family(self) -> list[psutil.Process]:
        """The runner and everything that it started, directly or not."""
        runner = psutil.Process(self.status()["pid"])
        return [runner, *runner.children(recursive=True)]

    def deliver(self, email: str) -> httpx.Response:
        """Hand in a lead at the front door."""
        key = (self.state / "admin.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{self.status()['url']}/v1/leads", json={"email": email}, headers=headers, timeout=30)

    def leads(self) -> int:
        """How many leads the read models have."""
        return len(httpx.get(f"{self.status()['url']}/v1/reports/leads", timeout=30).json()["items"])

    def end(self) -> None:
        """Leave nothing behind, however the test went."""
        self.leadpact("down")
        self.leadpact("reset", "--yes")


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; the dead that nobody has buried do not."""
    return [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One installation for the whole module: it takes long to start."""
    made = Installed(tmp_path_factory.mktemp("installed") / "state")
    yield made
    made.end()
