"""Nothing survives its starter: a guarded program ends with us, politely if it can, with all it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from leadpact.embedded import process
from leadpact.embedded.errors import StartError
from leadpact.embedded.waiting import until_answers
from leadpact.testkit.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leadpact.embedded.process import Guarded

ALL_GONE = 5.0
SLEEPER = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
BROOD = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], start_new_session=True); {SLEEPER}"
)
POLITE = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("here", flush=True)
signal.pause()
"""
STARTER = """
import pathlib, sys, time
from leadpact.embedded import process
program = process.start("sleeper", [sys.executable, "-c", sys.argv[1]], log=pathlib.Path(sys.argv[2]))
print(program.pid, flush=True)
time.sleep(600)
"""


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def _family(program_or_pid: Guarded | int, size: int) -> list[psutil.Process]:
    guard = psutil.Process(program_or_pid if isinstance(program_or_pid, int) else program_or_pid.pid)

    def complete() -> list[psutil.Process]:
        found = guard.children(recursive=True)
        return [guard, *found] if len(found) == size else []

    return await eventually(complete, within=10)


async def _all_gone(family: list[psutil.Process]) -> None:
    await eventually(lambda: not [one for one in family if one.is_running()], within=ALL_GONE)


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*_python(STARTER), BROOD, tmp_path / "log"], stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


async def test_kill_9_of_the_starter_ends_program_and_brood(starter: subprocess.Popen[str]) -> None:
    assert starter.stdout is not None
    family = await _family(int(starter.stdout.readline()), size=2)
    starter.kill()
    starter.wait()
    await _all_gone(family)


async def test_what_is_handed_over_is_open_in_the_program(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        number, port = door.fileno(), door.getsockname()[1]
        code = f"import socket; print(socket.socket(fileno={number}).getsockname()[1], flush=True)"
        program = process.start("heir", _python(code), log=tmp_path / "log", handed=[number])
        assert program.process.wait(10) == 0
    assert program.tail() == str(port)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
async def test_kill_9_of_the_guard_ends_the_program(tmp_path: Path) -> None:
    program = process.start("sleeper", _python(SLEEPER), log=tmp_path / "log")
    family = await _family(program, size=1)
    os.kill(program.pid, signal.SIGKILL)
    assert program.stop() == -signal.SIGKILL
    await _all_gone(family)


async def test_stop_asks_first(tmp_path: Path) -> None:
    program = process.start("polite", _python(POLITE), log=tmp_path / "log")
    await eventually(lambda: "here" in program.tail(), within=10)
    assert program.stop() == 7


async def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    program = process.start("stubborn", _python(STUBBORN), log=tmp_path / "log", grace=0.2)
    await eventually(lambda: "here" in program.tail(), within=10)
    assert program.stop() == 128 + signal.SIGKILL


def test_the_exit_code_and_the_log_are_the_programs(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("from an earlier run\n")
    program = process.start("failing", _python("import sys; print('alas'); sys.exit(3)"), log=tmp_path / "log")
    assert program.process.wait(10) == 3
    assert program.tail() == "alas"
    program.stop()


def test_a_program_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    program = process.start("failing", _python("import sys; sys.exit('no such table')"), log=tmp_path / "log")
    with pytest.raises(StartError, match=r"failing ended with exit code 1 while starting(.|\n)*no such table"):
        until_answers(program, lambda: False, within=30)


def test_a_program_that_stays_silent_is_stopped(tmp_path: Path) -> None:
    program = process.start("silent", _python(SLEEPER), log=tmp_path / "log")
    with pytest.raises(StartError, match="silent did not answer"):
        until_answers(program, lambda: False, within=0.1)
    assert program.ended() is not None


def test_a_missing_program_is_a_clear_failure(tmp_path: Path) -> None:
    program = process.start("missing", [tmp_path / "not-there"], log=tmp_path / "log")
    assert program.process.wait(10) == 127
    assert "not-there does not start" in program.tail()
    program.stop()


async def test_a_lock_is_held_until_all_have_gone(tmp_path: Path) -> None:
    first = process.start("first", _python(STUBBORN), log=tmp_path / "1.log", lock=tmp_path / "lock", grace=0.5)
    await eventually(lambda: "here" in first.tail(), within=10)
    second = process.start("second", _python("print('mine')"), log=tmp_path / "2.log", lock=tmp_path / "lock")
    await _family(second, size=0)
    assert second.ended() is None
    first.stop()
    assert second.process.wait(10) == 0
    assert second.tail() == "mine"
    second.stop()
