"""What the programs of an installation use: seconds of CPU and resident memory, by program."""

from contextlib import suppress

import psutil

from leadpact.local.state import Running

Seconds = dict[str, float]

_NAMES = {"kafka.Kafka": "kafka", "postgres": "postgres"}


def cpu(running: Running) -> Seconds:
    """Seconds of CPU so far by program, what has ended and was reaped included."""
    return {name: round(sum(map(_seconds, family)), 3) for name, family in _families(running).items()}


def memory(running: Running) -> dict[str, int]:
    """Resident bytes by program; pages that several processes share are counted once (PSS) where the system tells."""
    return {name: sum(map(_resident, family)) for name, family in _families(running).items()}


def _families(running: Running) -> dict[str, list[psutil.Process]]:
    """Each program's processes: what stands under one guard, and the runner by itself."""
    runner = psutil.Process(running.pid)
    told = {each.pid: each.name for each in running.processes}
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
