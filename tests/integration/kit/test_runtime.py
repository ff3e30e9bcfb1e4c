"""A process comes up, serves, and is gone within its deadline however it behaves."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

import httpx
import msgspec
import pytest

from leadpact.testkit.eventually import eventually

DEADLINE = 1.0
PROGRAM = """
import asyncio, os, sys, time
from starlette.responses import StreamingResponse
from leadpact.kit.runtime import run
from leadpact.kit.settings import Settings, load

async def serve(process):
    app = process.ops()
    gate = process.readiness.gate("composed")
    async def forever():
        while True:
            yield b"tick"
            await asyncio.sleep(0.05)
    app.add_route("/stream", lambda _: StreamingResponse(forever()))
    gate.open()
    process.started()
    handed = os.environ.get("LEADPACT_LISTENING")
    await process.serve(app, 0, handed=None if handed is None else int(handed))

async def work(process):
    process.started()
    await process.stopping.wait()

async def ignore(process):
    process.started()
    await asyncio.Event().wait()

async def swallow(process):
    process.started()
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def hang(process):
    process.started()
    await asyncio.to_thread(time.sleep, 60)

async def fail(process):
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(60))
        raise RuntimeError("ann@example.com")

async def end(process):
    pass

sys.exit(run("program", load(Settings), globals()[sys.argv[1]], float(sys.argv[2])))
"""


class Start(Protocol):
    """Starts a program whose main does what its name says."""

    def __call__(
        self, behaviour: str, deadline: float = DEADLINE, handed: socket.socket | None = None, **told: str
    ) -> "Program": ...


class Program:
    """A running process and what it has logged so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self._log.read_bytes().splitlines() if line.startswith(b"{")]

    def said(self, event: str) -> dict[str, Any] | None:
        return next((line for line in self.lines() if line["event"] == event), None)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to stop; returns its exit code and the seconds it took."""
        before = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(DEADLINE + 5), time.monotonic() - before


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program whose main does what its name says."""
    running: list[tuple[Program, IO[bytes]]] = []
    environment = {
        **os.environ,
        "LEADPACT_KAFKA": "127.0.0.1:1",
        "LEADPACT_POSTGRES": "postgresql://127.0.0.1:1/x",
        "LEADPACT_MASTER_KEY": "0f" * 32,
    }

    def start(behaviour: str, deadline: float = DEADLINE, handed: socket.socket | None = None, **told: str) -> Program:
        log = tmp_path / f"log-{len(running)}"
        output = log.open("wb")
        numbers = [] if handed is None else [handed.fileno()]
        told |= {} if handed is None else {"LEADPACT_LISTENING": str(handed.fileno())}
        command = [sys.executable, "-c", PROGRAM, behaviour, str(deadline)]
        process = subprocess.Popen(command, stderr=output, env=environment | told, pass_fds=numbers)
        running.append((Program(process, log), output))
        return running[-1][0]

    yield start
    for program, output in running:
        program.process.kill()
        program.process.wait()
        output.close()


async def test_a_process_that_heeds_the_wish_comes_home_by_itself(start: Start) -> None:
    program = start("work")
    await eventually(lambda: program.said("started"), within=20)
    code, _ = program.stop(signal.SIGINT)
    assert code == 0
    assert [line["event"] for line in program.lines()] == ["starting", "started", "stopping", "stopped"]


async def test_a_wall_clock_that_is_wrong_for_a_test_is_never_wrong_in_silence(start: Start, tmp_path: Path) -> None:
    clocks = tmp_path / "clocks"
    clocks.mkdir()
    right = start("work", LEADPACT_WRONG_CLOCKS=str(clocks))
    await eventually(lambda: right.said("started"), within=20)
    (clocks / "program").write_text("-600")
    wrong = start("work", LEADPACT_WRONG_CLOCKS=str(clocks))
    await eventually(lambda: wrong.said("started"), within=20)
    loud = [[line for line in each.lines() if line["level"] == "error"] for each in (right, wrong)]
    assert [[(line["reason"], line["seconds"]) for line in lines] for lines in loud] == [
        [],
        [("LEADPACT_WRONG_CLOCKS", -600)],
    ]


@pytest.mark.parametrize("behaviour", ["ignore", "swallow", "hang"])
async def test_a_process_that_does_not_heed_it_is_cut_off_at_the_deadline(start: Start, behaviour: str) -> None:
    program = start(behaviour)
    await eventually(lambda: program.said("started"), within=20)
    code, seconds = program.stop()
    assert code == 3
    assert seconds < DEADLINE + 1


async def test_a_server_answers_and_ends_though_somebody_still_listens(start: Start) -> None:
    program = start("serve", 3.0)
    listening = await eventually(lambda: program.said("listening"), within=20)
    assert listening
    async with httpx.AsyncClient(base_url=listening["url"]) as client:
        ready = await eventually(lambda: client.get("/readyz"), within=5)
        assert ready.json() == {"ready": True, "waiting": {}}
        assert "leadpact_ready" in (await client.get("/metrics")).text
        async with client.stream("GET", "/stream") as stream:
            await anext(stream.aiter_bytes())
            code, seconds = program.stop()
    assert code == 0
    assert seconds < 3 + 1


async def test_nobody_is_refused_while_a_server_is_followed_by_another_at_a_socket_that_stays(start: Start) -> None:
    answers: Counter[object] = Counter()
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/readyz"
        programs = [start("serve", 3.0, door)]

        def answered(times: int) -> bool:
            return answers.total() >= times

        async def ask() -> None:
            """On a connection of its own: who keeps one must be ready to lose it."""
            async with httpx.AsyncClient(timeout=20) as client:
                answers[(await client.get(url)).status_code] += 1

        async def ask_on() -> None:
            while True:
                asking.create_task(ask())
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as asking:
            on = asking.create_task(ask_on())
            for _ in range(2):
                await eventually(lambda: programs[-1].said("listening"), within=20)
                await eventually(partial(answered, answers.total() + 20), within=20)
                code, _ = await asyncio.to_thread(programs[-1].stop)
                assert code == 0
                programs.append(start("serve", 3.0, door))
            await eventually(lambda: programs[-1].said("listening"), within=20)
            on.cancel()
    assert set(answers) == {200}


async def test_a_failure_ends_the_process_and_is_told_without_its_words(start: Start) -> None:
    program = start("fail")
    assert program.process.wait(20) == 1
    failed = program.said("failed")
    assert failed is not None
    assert failed["error"] == "builtins.RuntimeError"
    assert not any("ann@" in str(line) for line in program.lines())


async def test_a_main_that_ends_unasked_has_failed(start: Start) -> None:
    assert start("end").process.wait(20) == 1
