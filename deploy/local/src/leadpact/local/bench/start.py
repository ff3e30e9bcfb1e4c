"""How soon an installation that has its data takes a lead, how soon it is gone again, and what it holds meanwhile."""

from statistics import median
from time import monotonic
from typing import Any

import httpx

from leadpact.local.bench import stand, usage
from leadpact.local.bench.goals import Goal
from leadpact.local.state import State

UP, DOWN, MEMORY = (
    Goal("warm up to the first accepted lead, s", 15.0),
    Goal("down, s", 5.0),
    Goal("resident memory of everything, GB", 2.5),
)


def start(rounds: int) -> dict[str, Any]:
    """Start and end an installation of its own so many times, after one time that makes its data."""
    machine = stand.machine()
    with stand.place() as state:
        cold, *warm = [_once(state) for _ in range(rounds + 1)]
    goals = [
        UP.judged(median(each["accepted"] for each in warm)),
        DOWN.judged(max(each["down"] for each in warm)),
        MEMORY.judged(max(each["memory_gb"] for each in warm)),
    ]
    return {
        "name": "start",
        "machine": machine,
        "rounds": rounds,
        "results": {"cold": cold, "warm": warm},
        "goals": goals,
    }


def _once(state: State) -> dict[str, float]:
    began = monotonic()
    with stand.installation(state) as running:
        up = monotonic() - began
        key = state.admin_key.read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        httpx.post(f"{running.url}/v1/leads", json={"email": "ann@acme.example"}, headers=headers).raise_for_status()
        accepted = monotonic() - began
        memory = sum(usage.memory(running).values())
        ending = monotonic()
    took = {"up": up, "accepted": accepted, "memory_gb": memory / 1e9, "down": monotonic() - ending}
    return {name: round(value, 2) for name, value in took.items()}
