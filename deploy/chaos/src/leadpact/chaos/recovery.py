"""How soon everything is handled again after a part has died.

Right after the kill as many people are sent as fill every partition; it is over when the last of them is in the read
models and judged. For a server it counts from the moment at which that answers again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from time import monotonic

import typer

from leadpact.chaos.installing import installation
from leadpact.chaos.parts import Part, Parts
from leadpact.local.bench import stand, traffic
from leadpact.local.bench.command import Rounds, tell
from leadpact.local.bench.goals import Goal
from leadpact.local.bench.pipeline import Stage, stage
from leadpact.local.errors import NotUp, Refused
from leadpact.local.state import State, program
from leadpact.local.verbs.asking import AsJson

WORKER = Goal("handled again after kill -9 of a worker, slowest median, s", 3.0)
SERVER = Goal("handled again after Kafka or PostgreSQL is back, slowest median, s", 5.0)
Fault = Callable[[], Awaitable[float]]
"""Returns when (monotonic seconds) it was over, as far as we bring it about."""
_SERVICES = ("intake", "qualifier", "sla-monitor", "reporting")
_WORKERS = 2
_PEOPLE = 40
_DOWN = 3.0  # seconds that a server is away
_AGAIN = 0.05
_LOOK = 0.02
_QUIET = 8.0  # seconds until a process that was killed is back and has its share again


def add(app: typer.Typer) -> None:
    """Add the measurement to `leadpact bench`."""
    app.command()(recovery)


def recovery(rounds: Rounds = 3, *, json: AsJson = False) -> None:
    """Seconds until all is handled again after kill -9 of a worker, the web process, Kafka, PostgreSQL."""
    machine = stand.machine()
    with stand.place() as state:
        results = asyncio.run(_measure(state, rounds))
    typical = {name: median(seconds) for name, seconds in results.items()}
    workers = [seconds for name, seconds in typical.items() if name.endswith("worker")]
    goals = [WORKER.judged(max(workers)), SERVER.judged(max(typical["kafka"], typical["postgres"]))]
    tell({"name": "recovery", "machine": machine, "rounds": rounds, "results": results, "goals": goals}, json=json)


async def _measure(state: State, rounds: int) -> dict[str, list[float]]:
    parts = Parts(state.path, 1)
    try:
        await parts.start()
        with installation(state, parts, _WORKERS) as runner:
            running = await stand.up(state, runner)
            async with stage(state, running) as standing:
                return await _all(standing, state, parts, rounds)
    finally:
        await parts.stop()


async def _all(standing: Stage, state: State, parts: Parts, rounds: int) -> dict[str, list[float]]:
    processes = {"web": "web", **{f"{service} worker": f"{service}-1" for service in _SERVICES}}
    faults: dict[str, Fault] = {name: partial(_dies, state, process) for name, process in processes.items()}
    faults |= {"kafka": partial(_away, parts.brokers[0]), "postgres": partial(_away, parts.database)}
    await _handled(standing, _nothing)
    found: dict[str, list[float]] = {"undisturbed": [], **{name: [] for name in faults}}
    for _ in range(rounds):
        found["undisturbed"].append(await _handled(standing, _nothing))
        for name, fault in faults.items():
            found[name].append(await _handled(standing, fault))
            await asyncio.sleep(_QUIET)
    return found


async def _nothing() -> float:
    return monotonic()


async def _dies(state: State, process: str) -> float:
    (pid,) = (each.pid for each in state.running().processes if each.name == process)
    program(pid).kill()
    return monotonic()


async def _away(part: Part) -> float:
    await part.kill()
    await asyncio.sleep(_DOWN)
    await part.start()
    return monotonic()


async def _handled(standing: Stage, fault: Fault) -> float:
    """Seconds from the fault's instant until everybody who was sent since is seen and judged."""
    began = await fault()
    first = standing.take(_PEOPLE)
    for delivery in traffic.deliveries(first, _PEOPLE, _PEOPLE, standing.sight.instant):
        await _accepted(standing, delivery)
    return round(await standing.all_seen(every=_LOOK) - began, 2)


async def _accepted(standing: Stage, delivery: traffic.Delivery) -> None:
    while True:
        try:
            await delivery.send(standing.api)
        except (NotUp, Refused):
            await asyncio.sleep(_AGAIN)
        else:
            return
