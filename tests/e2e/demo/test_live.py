"""`leadpact demo` as somebody types it: a history is there, the story goes on live, and Ctrl-C ends all of it.

These tests follow one another on one demo.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest

from leadpact.embedded import postgres
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.state import VARIABLE, State
from leadpact.testkit.eventually import eventually
from leadpact.testkit.prometheus import prometheus
from tests.e2e.demo import plotted

COMMAND = [sys.executable, "-m", "leadpact.local", "demo", "--no-browser", "--days", "5", "--speed", "3600", "--keep"]
WALL = re.compile(r"(http://127\.0\.0\.1:\d+)/wall")
CAME = re.compile(r"^\w{3} \d\d:\d\d  Ada Ferro +→ became MQL by Sample agreement$", re.MULTILINE)

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has begun."""

    process: subprocess.Popen[bytes]
    place: Path

    @property
    def said(self) -> str:
        """What it has written so far."""
        return (self.place / "said").read_text()

    def found(self, what: re.Pattern[str]) -> Callable[[], re.Match[str]]:
        """Look for something that it says; it must not end meanwhile."""

        def look() -> re.Match[str]:
            if self.process.poll() is not None:
                raise RuntimeError(self.said)
            seen = what.search(self.said)
            assert seen is not None, self.said
            return seen

        return look


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for the whole module: it takes long to start."""
    place = tmp_path_factory.mktemp("demo")
    others = {name: value for name, value in os.environ.items() if name not in {KAFKA_VARIABLE, POSTGRES_VARIABLE}}
    with (place / "said").open("wb") as output:
        process = subprocess.Popen(
            COMMAND, env={**others, VARIABLE: str(place)}, stdout=output, stderr=subprocess.STDOUT
        )
    yield Demo(process, place)
    process.kill()
    process.wait()
    postgres.remove(place / "demo")


async def test_1_history_is_there_and_the_story_goes_on(demo: Demo) -> None:
    """Given five days of history, when the URLs are shown, then leads and verdicts are; then somebody becomes an MQL
    live."""
    base = (await eventually(demo.found(WALL), within=200))[1]
    async with httpx.AsyncClient(base_url=base) as http:
        summary = (await http.get("/v1/reports/summary")).json()
        assert (await http.get("/wall")).is_success
    assert summary["leads"] >= summary["backfilled"] > 50
    assert sum(row["mqls"] for row in summary["sources"]) > 10
    assert {row["standing"] for row in summary["verdicts"] if row["kind"] == "first_response"} >= {"met", "missed"}
    await eventually(demo.found(CAME), within=60)


async def test_2_prometheus_finds_what_every_panel_and_every_alarm_asks_for(demo: Demo) -> None:
    processes = State(demo.place / "demo").running().processes
    with prometheus(plotted.SHIPPED, demo.place / "prometheus", {each.name: each.url for each in processes}) as asked:
        await eventually(asked.answers, within=30)
        await eventually(lambda: plotted.rates(asked), within=30)
        assert plotted.not_declared(asked) == set()
        assert plotted.not_evaluated(asked) == []
        assert plotted.not_counted(asked) <= plotted.RARE
        assert plotted.not_drawn(asked) == []


async def test_3_ctrl_c_ends_everything(demo: Demo) -> None:
    children = psutil.Process(demo.process.pid).children(recursive=True)
    began = monotonic()
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0, demo.said
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert monotonic() - began < 15, "five seconds on a machine that has nothing else to do"
