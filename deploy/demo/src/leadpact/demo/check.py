"""The story played to its end without anybody watching, and its outcome compared with what its writers said."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from leadpact.demo.people import People
from leadpact.demo.player import Player, Tell
from leadpact.demo.script import cues
from leadpact.demo.stage import Stage, Times, Wanted, stage
from leadpact.demo.story import Story
from leadpact.demo.verdicts import Comparison, altogether, compare
from leadpact.intake.metrics import ANSWERS
from leadpact.local.bench import usage
from leadpact.local.client import Api
from leadpact.local.state import State

_FIRST_MQL = "the story's first MQL, since the start"
_FACTS = "select coalesce(sum(facts), 0)::bigint from intake"


async def check(state: State, wanted: Wanted, times: Times, tell: Tell) -> dict[str, Any]:
    """Play everything; what was compared, counted and measured. Everything has ended by then."""
    async with stage(state, wanted, times) as set_up:
        people = People(set_up.api, wanted.story)
        with times.phase("the story"):
            looking = asyncio.create_task(_look(people, times))
            try:
                await _play(set_up, wanted.story, people, tell)
            finally:
                looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        comparisons = await compared(wanted.story, people)
        counts = await _counts(set_up)
        resident = sum(usage.memory(set_up.running).values())
    waited = set_up.pace
    return {
        "seed": wanted.seed,
        "days": wanted.days,
        "agree": all(each.agrees for each in comparisons),
        "comparisons": [asdict(each) for each in comparisons],
        "differences": [asdict(each) for each in comparisons if not each.agrees],
        "counts": counts,
        "first_mql": times.seconds.get(_FIRST_MQL),
        "resident_mb": round(resident / 1e6),
        "steps": {"number": waited.steps, "mean_seconds": round(waited.seconds / max(1, waited.steps), 3)},
        "seconds": {**times.seconds, "total": round(times.total(), 2)},
    }


async def compared(story: Story, people: People) -> list[Comparison]:
    """Every lead since the story's begin beside what was said of it, and that there is no other."""
    told = {id_: await people.story(id_) for id_ in await people.since_begin()}
    found = altogether(story, told.values())
    for lead in story.leads:
        found += compare(story, lead, [told[id_] for id_ in await people.ids(lead)])
    return found


async def _look(people: People, times: Times) -> None:
    await people.first_mql()
    times.note(_FIRST_MQL, times.total())


async def _play(set_up: Stage, story: Story, people: People, tell: Tell) -> None:
    await Player(set_up.courier, people, tell).stepping(cues(story), set_up.pace)
    await set_up.pace.quiet_until(story.end, await people.all())
    await set_up.pace.shown()


async def _counts(set_up: Stage) -> dict[str, Any]:
    summary = await set_up.api.get("/v1/reports/summary")
    verdicts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in summary["verdicts"]:
        verdicts[row["kind"]][row["standing"]] = row["clocks"]
    return {
        "deliveries": await _deliveries(set_up.api),
        "facts": await set_up.pace.reporting.fetchval(_FACTS),
        "leads": summary["leads"],
        "mqls": sum(row["mqls"] for row in summary["sources"]),
        "verdicts": dict(verdicts),
    }


async def _deliveries(api: Api) -> int:
    text = await api.text("/metrics")
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return int(sum(sample.value for sample in samples if sample.name == f"{ANSWERS.name}_total"))
