"""The state directory: who has it, and what its runner says."""

import fcntl
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leadpact.local.errors import AlreadyUp, NotUp
from leadpact.local.state import Process, Running, State

HOLD = """
import os, pathlib, sys
from leadpact.local.state import State
with State(pathlib.Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_runner_has_a_directory(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    with state.held():
        assert state.running() == Running(os.getpid(), "", "starting")
        with pytest.raises(AlreadyUp), state.held():
            pass
    with pytest.raises(NotUp):
        state.running()


def test_what_the_runner_says_is_read_whole(tmp_path: Path) -> None:
    state = State(tmp_path)
    told = Running(os.getpid(), "http://x", "somewhere", (Process("web", 1, "http://x", "log"),), {"kafka": "k:1"})
    with state.held():
        state.tell(told)
        assert state.running() == told


def test_nothing_runs_where_nothing_ever_did(tmp_path: Path) -> None:
    with pytest.raises(NotUp):
        State(tmp_path / "new").running()
    assert not (tmp_path / "new").exists()


def test_what_a_killed_runner_said_is_not_believed(tmp_path: Path) -> None:
    state = State(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"held\n"
        assert state.running().pid == runner.pid
        runner.kill()
    assert json.loads((tmp_path / "runner.json").read_text())["pid"] == runner.pid
    with pytest.raises(NotUp):
        state.running()
    with (tmp_path / "runner.lock").open("wb") as lock:  # the next runner, before it has said anything
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(NotUp):
            state.running()


def test_the_master_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    path = state.master_key()
    first = path.read_text()
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state.master_key().read_text() == first
    assert State(tmp_path / "other").master_key().read_text() != first


def test_the_last_port_is_remembered_and_what_is_no_number_is_none(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.port == 0
    state.keep_port(8080)
    assert State(tmp_path).port == 8080
    (tmp_path / "port").write_text("half a")
    assert state.port == 0
