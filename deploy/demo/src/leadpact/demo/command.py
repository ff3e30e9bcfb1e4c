"""`leadpact demo`: the story played before your eyes or, with --check, played to its end and compared."""

import asyncio
import json as encoding
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from leadpact.demo.check import check as checked
from leadpact.demo.live import live
from leadpact.demo.script import Cue
from leadpact.demo.stage import Times, Wanted, empty
from leadpact.demo.story import load
from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.show import say, step, table
from leadpact.local.state import State, found

Check = Annotated[
    bool, typer.Option("--check", help="Nobody watches: play all, compare, end; exit code 1 if it differs.")
]
Json = Annotated[Path | None, typer.Option(dir_okay=False, help="With --check: write the result here.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the data behind, for a look with LEADPACT_STATE.")]


def add(app: typer.Typer) -> None:
    """Add the verb to the `leadpact` command."""
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Of the made-up history; the same seed gives the same people.")] = 7,
    speed: Annotated[float, typer.Option(min=0.1, max=3_600, help="Business seconds in a second of yours.")] = 60,
    days: Annotated[int, typer.Option(min=0, max=300, help="Days of history before the story.")] = 90,
    json: Json = None,
    *,
    keep: Keep = False,
    no_live: Annotated[bool, typer.Option("--no-live", help="Only the history; then all stays up.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the wall in a browser.")] = False,
    check: Check = False,
) -> None:
    """A team's history, then a scripted story, live: leads come in, become MQLs, are answered or missed."""
    if json is not None and not check:
        raise typer.BadParameter("goes with --check", param_hint="--json")
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        if os.environ.get(variable):
            raise typer.BadParameter("made-up history goes into nothing that is yours: unset it", param_hint=variable)
    state = State(found().path / "demo")
    wanted, times = Wanted(load(), seed, days), Times(step)
    if check:
        result = asyncio.run(checked(state, wanted, times, tell))
        _report(result)
        if json is not None:
            json.write_text(encoding.dumps(result, indent=1) + "\n")
        if not result["agree"]:
            raise typer.Exit(1)  # the data stay, for a look at what went otherwise
    else:
        asyncio.run(live(state, wanted, times, None if no_live else speed, tell, browser=not no_browser))
    if not keep:
        empty(state)


def tell(cue: Cue) -> None:
    """Say what happens in the story."""
    act = cue.act
    who = "the lead" if act.owner is None and act.robot is None else "the owner" if act.owner else "a machine"
    what = next(each for each in (act.owner, act.robot, act.lead, act.segment, act.typeform, act.json) if each)
    more = " ".join(each for each in (act.path, act.event, act.form, act.outcome, act.reason) if each)
    late = f" (it was {act.at})" if act.after else ""
    say(f"{act.after or act.at:<10} {cue.lead.person.name:<16} {who}: {what} {more}{late}".rstrip())


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
