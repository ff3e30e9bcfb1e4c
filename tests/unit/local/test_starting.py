"""Ctrl-C while an installation starts: said, and over at once."""

import subprocess
import sys
from pathlib import Path

from leadpact.local.state import VARIABLE

CODE = """
import asyncio, os, signal
from leadpact.local import starting

def run(coroutine):
    coroutine.close()
    os.kill(os.getpid(), signal.SIGINT)

asyncio.run = run
starting.up(workers=1, port=0, detach=False)
"""


def test_ctrl_c_while_it_starts_says_that_it_stopped(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={VARIABLE: str(tmp_path)}, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (130, "leadpact: stopped")
