"""HTTP batch → read model: how many facts a second, for how much CPU, and how soon a fact is seen.

All services, broker and database share the machine; fsync is on, the broker acknowledges with acks=all.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles
from time import monotonic
from typing import Any

import asyncpg

from leadpact.kit.clock import SystemClock
from leadpact.kit.settings import Settings
from leadpact.local.bench import stand, traffic, usage
from leadpact.local.bench.agreeing import agree
from leadpact.local.bench.sight import Sight
from leadpact.local.client import Api, administrator
from leadpact.local.state import Running, State

RATE = 500
"""Facts a second at which latency is taken."""
_AT_ONCE = 100  # people in a pair of deliveries when it must go fast
_SENDERS = 4
_EACH = 0.1  # seconds between deliveries at a steady rate
_WARM = 200  # people before anything is measured
_LOOK = 0.01  # seconds: how exact latency is
_PATIENCE = 300.0


@dataclass(slots=True)
class Stage:
    """An installation that is sent people and watched; `people` were sent so far."""

    api: Api
    sight: Sight
    running: Running
    people: int = 0

    def take(self, people: int) -> int:
        """The number of the first fact of so many more people."""
        first = self.people * traffic.FACTS_A_PERSON
        self.people += people
        return first

    async def all_seen(self, every: float) -> float:
        """Wait until everything that was sent is seen, judged and on the clock."""
        facts = self.people * traffic.FACTS_A_PERSON
        return await self.sight.until(facts, traffic.mqls(self.people), every=every, within=_PATIENCE)


def pipeline(facts: int, rounds: int, seconds: int) -> dict[str, Any]:
    """Measure on an installation of its own: `rounds` bursts of `facts`, then `seconds` of a steady rate."""
    machine = stand.machine()
    with stand.place() as state, stand.installation(state) as running:
        results = asyncio.run(_measure(state, running, facts // traffic.FACTS_A_PERSON, rounds, seconds))
    return {"name": "pipeline", "machine": machine, "rounds": rounds, "results": results, "goals": []}


async def _measure(state: State, running: Running, people: int, rounds: int, seconds: int) -> dict[str, Any]:
    async with stage(state, running) as standing:
        await _burst(standing, _WARM)
        bursts = [await _burst(standing, people) for _ in range(rounds)]
        steady = await _steady(standing, seconds)
        memory = usage.memory(running)
    return {
        "facts_per_second": round(median(burst["facts_per_second"] for burst in bursts)),
        "bursts": bursts,
        f"at_{RATE}_per_second": steady,
        "memory_mb": {name: round(resident / 1e6) for name, resident in memory.items()},
        "memory_total_mb": round(sum(memory.values()) / 1e6),
    }


@asynccontextmanager
async def stage(state: State, running: Running) -> AsyncIterator[Stage]:
    """The agreement is in force, eyes are open; raises `NotReady`."""
    settings = Settings.model_validate(running.settings)
    first = (SystemClock().wall() - timedelta(hours=1)).replace(microsecond=0)
    async with (
        asyncpg.create_pool(settings.dsn("reporting"), min_size=0, max_size=1) as pool,
        administrator(state) as api,
    ):
        await agree(state, api)
        sight = Sight(pool, first)
        await sight.open_eyes()
        yield Stage(api, sight, running)


async def _burst(stage: Stage, people: int) -> dict[str, Any]:
    """As fast as it goes, from the first POST to the last fact in the read models."""
    first = stage.take(people)
    waiting = traffic.deliveries(first, people, _AT_ONCE, stage.sight.instant)
    before, began = usage.cpu(stage.running), monotonic()

    async def sender() -> None:
        for delivery in waiting:
            await delivery.send(stage.api)

    await asyncio.gather(*(sender() for _ in range(_SENDERS)))
    accepted = monotonic() - began
    seconds = await stage.all_seen(every=0.1) - began
    facts = people * traffic.FACTS_A_PERSON
    after = usage.cpu(stage.running)
    micros = {name: round((used - before.get(name, 0.0)) / facts * 1e6, 1) for name, used in after.items()}
    return {
        "facts": facts,
        "seconds": round(seconds, 2),
        "facts_per_second": round(facts / seconds),
        "accepted_per_second": round(facts / accepted),
        "cpu_us_per_fact": micros,
        "cpu_us_per_fact_total": round(sum(micros.values()), 1),
    }


async def _steady(stage: Stage, seconds: int) -> dict[str, Any]:
    """Deliveries leave on time whatever happens to those before them; latency from the answer until it is seen."""
    at_once = round(RATE * _EACH / traffic.FACTS_A_PERSON)
    people = at_once * round(seconds / _EACH)
    first = stage.take(people)
    accepted: dict[int, float] = {}
    answered: list[float] = []
    before, began = usage.cpu(stage.running), monotonic()

    async def send(delivery: traffic.Delivery) -> None:
        left = monotonic()
        at = await delivery.send(stage.api)
        answered.append(at - left)
        accepted.update(dict.fromkeys(delivery.numbers, at))

    async def send_all() -> None:
        async with asyncio.TaskGroup() as sending:
            for number, delivery in enumerate(traffic.deliveries(first, people, at_once, stage.sight.instant)):
                await asyncio.sleep(max(0.0, began + number // 2 * _EACH - monotonic()))
                sending.create_task(send(delivery))

    async with asyncio.TaskGroup() as both:
        both.create_task(send_all())
        both.create_task(stage.all_seen(every=_LOOK))
    used = {name: after - before.get(name, 0.0) for name, after in usage.cpu(stage.running).items()}
    lasted = monotonic() - began
    seen = [stage.sight.seen[number] - at for number, at in accepted.items()]
    return {
        "facts": len(seen),
        "seen_after_ms": _spread(seen),
        "answered_after_ms": _spread(answered),
        "cpu_share": {name: round(seconds_ / lasted, 3) for name, seconds_ in used.items()},
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100)
    named = {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "max": max(seconds)}
    return {name: round(value * 1000, 1) for name, value in named.items()}
