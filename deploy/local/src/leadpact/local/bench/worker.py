"""One worker process, durable: events a second, CPU an event, delay; and the same counting done by others.

Broker, database, feeder and worker share the machine; fsync and `synchronous_commit` are on, the broker acknowledges
with acks=all. Every contestant begins with its input waiting and the same 100,000 keys.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import Any

import asyncpg

from leadpact.contracts.topics import LEADS, MARKS, QUALIFICATION
from leadpact.embedded.find import Infrastructure, infrastructure
from leadpact.embedded.process import Guarded, start
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.local.bench import contest, stand, usage
from leadpact.local.bench.feeding import Feed
from leadpact.local.bench.goals import Goal
from leadpact.local.errors import NotReady

RATE = Goal("events a second", 30_000, at_least=True)
CPU = Goal("CPU of the worker an event, µs", 25.0)
DELAY = Goal(f"p99 from input to output at half of {RATE.value:,.0f} a second, ms", 50.0)
DELAY_AT_HALF = Goal("p99 from input to output at half of what it drains, ms", 50.0)
MEMORY = Goal("MB that the worker grows by while it drains what waits", 100.0)
METRICS = Goal("CPU for metrics, share", 0.05)
QUIX = Goal("times Quix Streams with exactly-once", 4.0, at_least=True)
FAUST = Goal("times faust-streaming with a Table", 25.0, at_least=True)
_WARM = 0.1  # share of the events before measuring begins
_LOOK = 0.05
_PATIENCE = 240.0
_DELAYED_FOR = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where contestants run: the parts, and a folder for files."""

    parts: Infrastructure
    files: Path


@dataclass(frozen=True, slots=True)
class Measured:
    """From the first tenth of the events to the last: events a second, CPU µs an event by process, and the worker's
    resident MB at first and at most."""

    events: int
    seconds: float
    cpu_us: dict[str, float]
    memory_mb: tuple[float, float]

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def worker(events: int, rounds: int, *, rivals: bool) -> dict[str, Any]:
    """Measure on a broker and a database of its own; `rivals` need a package index, a minute and a half."""
    machine = stand.machine()
    with stand.place() as state, infrastructure(state.path) as parts:
        place = Place(parts, state.path)
        results, goals = asyncio.run(_measure(place, events, rounds, rivals=rivals))
    return {"name": "worker", "machine": machine, "rounds": rounds, "results": results, "goals": goals}


async def _measure(
    place: Place, events: int, rounds: int, *, rivals: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    found: dict[str, list[Measured]] = {"on": [], "off": []}
    for number in range(rounds):
        for metrics in sorted(found, reverse=number % 2 == 0):  # whoever comes second finds a warmer machine
            found[metrics].append(await _burst(place, f"{metrics}{number}", events, metrics=metrics))
    with_metrics, without = found["on"], found["off"]
    rate = median(each.rate for each in with_metrics)
    cpu = median(each.cpu_us["worker"] for each in with_metrics)
    at_goal, at_half = [
        await _delays(place, name, half) for name, half in (("goal", RATE.value / 2), ("half", rate / 2))
    ]
    for_metrics = cpu / median(each.cpu_us["worker"] for each in without) - 1
    grown = max(round(most - first, 1) for first, most in (each.memory_mb for each in with_metrics))
    goals = [RATE.judged(round(rate)), CPU.judged(cpu), METRICS.judged(round(for_metrics, 3)), MEMORY.judged(grown)]
    goals += [DELAY.judged(at_goal["p99"]), DELAY_AT_HALF.judged(at_half["p99"])]
    results: dict[str, Any] = {
        "events_per_second": round(rate),
        "bursts": [_shown(each) for each in with_metrics],
        "bursts_without_metrics": [_shown(each) for each in without],
        "at_half_of_the_goal": {"events_per_second": round(RATE.value / 2), "delay_ms": at_goal},
        "at_half_load": {"events_per_second": round(rate / 2), "delay_ms": at_half},
    }
    if rivals:
        python = contest.environment(place.files)
        quix, faust = [await _rival(place, python, rival) for rival in contest.RIVALS]
        results |= {"quix": _shown(quix), "faust": _shown(faust)}
        goals += [QUIX.judged(round(rate / quix.rate, 1)), FAUST.judged(round(rate / faust.rate, 1))]
    return results, goals


async def _burst(place: Place, name: str, events: int, *, metrics: str) -> Measured:
    async with _running(place, name) as (log, dsn):
        feed = Feed(log)
        await feed.put(events)
        with _ours(place, name, dsn, metrics) as program:
            return await _watched(feed, events, program)


async def _delays(place: Place, name: str, rate: float) -> dict[str, float]:
    async with _running(place, name) as (log, dsn):
        feed = Feed(log)
        await feed.put(1)
        with _ours(place, name, dsn, "on"):
            await _until(feed, 1)
            feeding = asyncio.create_task(feed.steady(rate, _DELAYED_FOR + 4))
            await asyncio.sleep(2)  # its keys become known, its pages warm
            cuts = quantiles(await feed.delays(_DELAYED_FOR), n=1000)
            await feeding
            await _until(feed, feed.fed)  # or it has stopped, and what came was not the load
    return {"p50": round(cuts[499] * 1e3, 1), "p90": round(cuts[899] * 1e3, 1), "p99": round(cuts[989] * 1e3, 1)}


async def _rival(place: Place, python: Path, rival: contest.Rival) -> Measured:
    async with _running(place, rival.name) as (log, _):
        feed = Feed(log)
        await feed.put(rival.events)
        folder = place.files / rival.name
        command = rival.command(python, place.parts.bootstrap, f"{rival.name}-", folder)
        with _guarded(place, rival.name, command) as program:
            return await _watched(feed, rival.events, program)


@asynccontextmanager
async def _running(place: Place, name: str) -> AsyncIterator[tuple[KafkaLog, str]]:
    """Topics and a database of a run's own; gives the log and the database's address."""
    log = KafkaLog(place.parts.bootstrap, f"{name}-")
    connection = await asyncpg.connect(place.parts.dsn)
    try:
        await connection.execute(f"create database bench_{name}")
        dsn = f"{place.parts.dsn.rpartition('/')[0]}/bench_{name}"
        await migrate(dsn, "leadpact.kit.migrations")
        await log.ensure([LEADS, QUALIFICATION, MARKS])
        yield log, dsn
    finally:
        await log.close()
        await connection.close()


@contextmanager
def _ours(place: Place, name: str, dsn: str, metrics: str) -> Iterator[Guarded]:
    command = [sys.executable, "-m", "leadpact.local.bench.counting", place.parts.bootstrap, f"{name}-", dsn, metrics]
    with _guarded(place, name, command) as program:
        yield program


@contextmanager
def _guarded(place: Place, name: str, command: Sequence[str]) -> Iterator[Guarded]:
    program = start(name, command, log=place.files / f"{name}.log", grace=10)
    try:
        yield program
    finally:
        program.stop()


async def _watched(feed: Feed, events: int, program: Guarded) -> Measured:
    """Wait until all events stand in the output."""
    await _until(feed, int(events * _WARM), program)
    before, began, first = usage.beside(program), monotonic(), await feed.done()
    sizes: list[int] = [usage.resident(program)]
    await _until(feed, events, program, sizes)
    seconds, after = monotonic() - began, usage.beside(program)
    counted = events - first
    return Measured(
        events=counted,
        seconds=seconds,
        cpu_us={name: round((used - before[name]) / counted * 1e6, 1) for name, used in after.items()},
        memory_mb=(round(sizes[0] / 1e6, 1), round(max(sizes) / 1e6, 1)),
    )


async def _until(feed: Feed, events: int, program: Guarded | None = None, sizes: list[int] | None = None) -> None:
    """Wait until so many events are counted, while the program runs; its sizes meanwhile are put into `sizes`."""
    give_up = monotonic() + _PATIENCE
    while await feed.done() < events:
        if monotonic() > give_up or (program is not None and program.ended() is not None):
            tail = program.tail() if program is not None else ""
            raise NotReady(f"{await feed.done()} of {events} events were counted:\n{tail}")
        if program is not None and sizes is not None:
            sizes.append(usage.resident(program))
        await asyncio.sleep(_LOOK)


def _shown(measured: Measured) -> dict[str, Any]:
    return {
        "events": measured.events,
        "events_per_second": round(measured.rate),
        "cpu_us_per_event": measured.cpu_us,
        "memory_mb": dict(zip(("first", "most"), measured.memory_mb, strict=True)),
    }
