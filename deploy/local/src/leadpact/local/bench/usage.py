"""What the programs of an installation use: seconds of CPU and resident memory, by program."""

from collections.abc import Mapping
from contextlib import suppress

import psutil

from leadpact.embedded.process import Guarded
from leadpact.local.state import Running

Seconds = dict[str, float]

_NAMES = {"kafka.Kafka": "kafka", "postgres": "postgres"}


def cpu(running: Running) -> Seconds:
    """Seconds of CPU so far by program, what has ended and was reaped included."""
    return _used(_installed(running))


def beside(worker: Guarded) -> Seconds:
    """Seconds of CPU so far of a worker that we started, and of the broker and the database that we started."""
    ours = _families(psutil.Process(), {worker.pid: "worker"})
    return {name: used for name, used in _used(ours).items() if name in {"worker", *_NAMES.values()}}


def resident(worker: Guarded) -> int:
    """Resident bytes of a worker that we started."""
    family = [process for process in psutil.Process(worker.pid).children(recursive=True) if process.is_running()]
    return sum(map(_resident, family))


def memory(running: Running) -> dict[str, int]:
    """Resident bytes by program; pages that several processes share are counted once (PSS) where the system tells."""
    return {name: sum(map(_resident, family)) for name, family in _installed(running).items()}


def _used(families: dict[str, list[psutil.Process]]) -> Seconds:
    return {name: round(sum(map(_seconds, family)), 3) for name, family in families.items()}


def _installed(running: Running) -> dict[str, list[psutil.Process]]:
    return _families(psutil.Process(running.pid), {each.pid: each.name for each in running.processes})


def _families(runner: psutil.Process, told: Mapping[int, str]) -> dict[str, list[psutil.Process]]:
    """Each program's processes: what stands under one guard, and the runner by itself."""
    families = {"runner": [runner]}
    for guard in runner.children():
        family = [guard, *guard.children(recursive=True)]
        words = " ".join(guard.cmdline())
        name = told.get(guard.pid) or next((name for word, name in _NAMES.items() if word in words), "other")
        families.setdefault(name, []).extend(family)
    return families


def _seconds(each: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(sum(each.cpu_times()[:4]))  # its own, and of children that it has reaped
    return 0.0


def _resident(each: psutil.Process) -> int:
    with suppress(psutil.Error):
        told = each.memory_full_info()
        return int(getattr(told, "pss", told.rss))
    return 0
