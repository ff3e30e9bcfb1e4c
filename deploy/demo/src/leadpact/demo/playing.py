"""Playing the story as `leadpact demo` asked for it, and saying what happens in it and what came of it."""

import asyncio
import json as encoding
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadpact.demo.check import check as checked
from leadpact.demo.live import live
from leadpact.demo.script import Cue
from leadpact.demo.stage import Times, Wanted, empty
from leadpact.demo.story import Act, load
from leadpact.local.show import say, step, table
from leadpact.local.state import State


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; `speed` None plays only the history."""

    seed: int
    days: int
    speed: float | None
    keep: bool
    browser: bool


def to_its_end(state: State, asked: Asked, json: Path | None) -> bool:
    """Play all without anybody watching; whether it came as the script says. Data stay where it did not."""
    result = asyncio.run(checked(state, Wanted(load(), asked.seed, asked.days), Times(step), tell))
    _report(result)
    if json is not None:
        json.write_text(encoding.dumps(result, indent=1) + "\n")
    _leave(state, keep=asked.keep or not result["agree"])
    return bool(result["agree"])


def before_your_eyes(state: State, asked: Asked) -> None:
    """Play it live until somebody presses Ctrl-C."""
    wanted = Wanted(load(), asked.seed, asked.days)
    asyncio.run(live(state, wanted, Times(step), asked.speed, tell, browser=asked.browser))
    _leave(state, keep=asked.keep)


def _leave(state: State, *, keep: bool) -> None:
    """Take its data away, or say how to look at them."""
    if keep:
        say(f"its data stay; to look at them: LEADPACT_STATE={state.path} leadpact up")
    else:
        empty(state)


def tell(cue: Cue) -> None:
    """Say what happens in the story."""
    late = f" (it was {cue.act.at})" if cue.act.after else ""
    say(f"{cue.act.after or cue.act.at:<10} {cue.lead.person.name:<16} {words(cue.act)}{late}")


def words(act: Act) -> str:
    """Who does what."""
    match act:
        case Act(owner="accept"):
            said = "the owner accepts the lead"
        case Act(owner="reject"):
            said = f"the owner rejects the lead: {act.reason}"
        case Act(owner=str() as touch) | Act(robot=str() as touch):
            said = f"{'the owner' if act.owner else 'a machine'}: {touch}, {act.outcome}".replace("_", " ")
        case Act(lead=str() as answer):
            said = f"the lead writes: {answer}"
        case Act(typeform=str() as form):
            times = f", delivered {act.times} times" if act.times > 1 else ""
            said = f'the lead fills in the form "{form}" (Typeform{times})'
        case Act(json="lead"):
            said = f'the lead fills in the form "{act.form}"'
        case Act(segment="track"):
            said = f"the lead: {act.event}"
        case _:
            said = f"the lead looks at {act.path}"
    return said


def _report(result: dict[str, Any]) -> None:
    columns = ("lead", "what", "expected", "found")
    rows = [[each[column] for column in columns] for each in result["differences"]]
    if rows:
        table(columns, rows)
    counts, seconds = result["counts"], result["seconds"]
    said = len(result["comparisons"])
    say(f"{said - len(rows)} of {said} things that the script says came as it says")
    say(f"{counts['deliveries']} deliveries, {counts['facts']} facts, {counts['leads']} leads, {counts['mqls']} MQLs")
    say(f"{result['steps']['number']} steps of {result['steps']['mean_seconds']} s; {seconds['total']} s in all")
