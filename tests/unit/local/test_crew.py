"""Programs that end by themselves: started again, ever more slowly, counted, and never given up."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadpact.embedded import process
from leadpact.embedded.places import free_port
from leadpact.embedded.process import Guarded
from leadpact.kit import runtime, worker
from leadpact.local import cli, crew
from leadpact.local.programs import Program
from leadpact.local.state import VARIABLE, Process, Running, State
from leadpact.testkit.eventually import eventually

ONE_ANSWER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).handle_request()
"""
"""Says once that it is ready, and ends."""


class Failing:
    """Starts programs, but for the second time it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._start = process.start

    def __call__(self, name: str, command: tuple[str, ...], **how: Any) -> Guarded:  # noqa: ANN401 - as `start` takes it
        self.asked += 1
        if self.asked == 2:
            raise OSError("no memory")
        return self._start(name, command, **how)


async def test_what_cannot_be_started_again_is_tried_again_and_the_restart_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing, state, port = Failing(), State(tmp_path), str(free_port())
    monkeypatch.setattr(process, "start", failing)
    program = Program("once", (sys.executable, "-I", "-S", "-c", ONE_ANSWER, port), {}, f"http://127.0.0.1:{port}")
    programs = crew.Crew(state, {}, [program])
    with state.held():
        await programs.start()
        (first,) = programs.told()
        watch = asyncio.create_task(programs.watch(Running(os.getpid(), "", "a test's")))
        try:
            (again,) = await eventually(lambda: state.running().processes, within=30)
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await programs.stop()
    assert failing.asked == 3
    assert (first.restarts, again.restarts) == (0, 1)
    assert first.pid != again.pid
    said = capsys.readouterr().err
    assert "once ended with exit code 0" in said and "once: no memory" in said


def test_status_shows_how_often_a_program_was_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    state, words = State(tmp_path), ("status", "--json")
    ended = Process("once", 1, f"http://127.0.0.1:{free_port()}", "once.log", restarts=4)
    with state.held():
        state.tell(Running(os.getpid(), "", "a test's", (ended,)))
        done = CliRunner().invoke(cli.command(words), words)
    (shown,) = json.loads(done.stdout)["processes"]
    assert (done.exit_code, shown["ready"], shown["restarts"]) == (1, "no answer", 4)


def test_what_ends_again_and_again_is_started_ever_more_slowly() -> None:
    pauses = accumulate([0.0, *[1.0] * 6], crew.pause_after)
    assert list(pauses) == [0, 0.5, 1, 2, 4, 8, 10]


def test_what_has_run_for_long_is_started_again_soon() -> None:
    assert crew.pause_after(10.0, ran=31.0) == 0.5


def test_whoever_is_asked_to_end_has_time_to_come_home_before_it_is_cut_off() -> None:
    by_itself = runtime.DEADLINE * runtime.BY_ITSELF
    assert worker.DEADLINE < by_itself < runtime.DEADLINE < crew.GRACE < 5
