"""`leadpact demo` as somebody types it: a history is there, the story goes on live, and Ctrl-C ends all of it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest

from leadpact.embedded import postgres
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.state import VARIABLE
from leadpact.testkit.eventually import eventually

COMMAND = [sys.executable, "-m", "leadpact.local", "demo", "--no-browser", "--days", "5", "--speed", "3600", "--keep"]
WALL = re.compile(r"(http://127\.0\.0\.1:\d+)/wall")
CAME = re.compile(r"^\w{3} \d\d:\d\d  Ada Ferro +→ became MQL by Sample agreement$", re.MULTILINE)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demo that has begun, and the file it writes to."""
    said = tmp_path / "said"
    others = {name: value for name, value in os.environ.items() if name not in {KAFKA_VARIABLE, POSTGRES_VARIABLE}}
    with said.open("wb") as output:
        process = subprocess.Popen(
            COMMAND, env={**others, VARIABLE: str(tmp_path)}, stdout=output, stderr=subprocess.STDOUT
        )
    yield process, said
    process.kill()
    process.wait()
    postgres.remove(tmp_path / "demo")


@pytest.mark.timeout(300)
async def test_history_is_there_the_story_goes_on_and_ctrl_c_ends_everything(
    demo: tuple[subprocess.Popen[bytes], Path],
) -> None:
    """Given five days of history, when the URLs are shown, then leads and verdicts are; then somebody becomes an MQL
    live; after Ctrl-C nothing runs."""
    process, said = demo

    def found(what: re.Pattern[str]) -> re.Match[str]:
        if process.poll() is not None:
            raise RuntimeError(said.read_text())
        seen = what.search(said.read_text())
        assert seen is not None, said.read_text()
        return seen

    base = (await eventually(lambda: found(WALL), within=200))[1]
    async with httpx.AsyncClient(base_url=base) as http:
        summary = (await http.get("/v1/reports/summary")).json()
        assert (await http.get("/wall")).is_success
    assert summary["leads"] >= summary["backfilled"] > 50
    assert sum(row["mqls"] for row in summary["sources"]) > 10
    assert {row["standing"] for row in summary["verdicts"] if row["kind"] == "first_response"} >= {"met", "missed"}
    await eventually(lambda: found(CAME), within=60)
    children = psutil.Process(process.pid).children(recursive=True)
    began = monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0, said.read_text()
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert monotonic() - began < 15, "five seconds on a machine that has nothing else to do"
