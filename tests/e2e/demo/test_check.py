"""`leadpact demo --check` as somebody types it: history, the whole story, the comparison, and nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from leadpact.local.state import VARIABLE


@pytest.mark.timeout(400)
def test_the_story_comes_out_as_its_writers_say(tmp_path: Path) -> None:
    """Given an empty machine, when the check is run, then all agrees and every process has ended."""
    told = tmp_path / "out.json"
    command = [sys.executable, "-m", "leadpact.local", "demo", "--check", "--days", "5", "--json", str(told)]
    environment = {name: value for name, value in os.environ.items() if name not in _ADDRESSES}
    done = subprocess.run(
        command, env={**environment, VARIABLE: str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    result = json.loads(told.read_text())
    assert result["agree"]
    assert result["differences"] == []
    assert len(result["comparisons"]) > 80
    counts = result["counts"]
    assert counts["leads"] > 100
    assert counts["mqls"] > 12
    assert counts["facts"] > 500
    assert not [process for process in psutil.process_iter() if _of(process, tmp_path)]


_ADDRESSES = ("LEADPACT_KAFKA", "LEADPACT_POSTGRES")


def _of(process: psutil.Process, place: Path) -> bool:
    try:
        return process.environ().get(VARIABLE, "").startswith(str(place))
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False
