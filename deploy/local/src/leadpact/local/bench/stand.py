"""Where a measurement takes place: an installation of its own that goes when we go, and the machine it stands on."""

import asyncio
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

from leadpact.embedded import find, postgres, process
from leadpact.embedded.process import Guarded
from leadpact.local.errors import NotReady, NotUp
from leadpact.local.state import VARIABLE, Running, State

_UP_WITHIN = 180.0
_ENDS_WITHIN = 15.0
_TICK = 0.02


@contextmanager
def place() -> Iterator[State]:
    """A state directory of this measurement's own, removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="leadpact-bench-"))
    try:
        yield State(made / "state")
    finally:
        postgres.remove(made / "state")
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def installation(state: State) -> Iterator[Running]:
    """`leadpact up` in that directory, ended on leaving or with us; always with a broker and a database of its own.

    Raises `NotReady`.
    """
    alone = dict.fromkeys((find.KAFKA_VARIABLE, find.POSTGRES_VARIABLE), "")
    runner = process.start(
        "leadpact",
        [sys.executable, "-m", "leadpact.local", "up"],
        log=state.logs / "runner.log",
        environment={**alone, VARIABLE: str(state.path)},
        grace=_ENDS_WITHIN,
    )
    try:
        yield asyncio.run(up(state, runner))
    finally:
        runner.stop()


async def up(state: State, runner: Guarded) -> Running:
    """What the runner says of itself once all is ready; raises `NotReady`."""
    give_up = monotonic() + _UP_WITHIN
    while monotonic() < give_up and runner.ended() is None:
        try:
            running = state.running()
        except NotUp:
            pass
        else:
            if running.url:
                return running
        await asyncio.sleep(_TICK)
    raise NotReady(f"the installation to measure did not start:\n{runner.tail()}")


def machine() -> dict[str, Any]:
    """What this machine is, and how busy it was before we began."""
    return {
        "cpu": _cpu(),
        "cores": len(psutil.Process().cpu_affinity() or ()) if sys.platform == "linux" else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def _cpu() -> str:
    told = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in told.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()
