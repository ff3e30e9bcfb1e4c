"""`leadpact bench`: measurements, as JSON for programs or as lines for people.

Packages add measurements by the entry point group `leadpact.benches`: a function that is given this Typer app.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer

from leadpact.local.bench import pipeline as pipelines
from leadpact.local.bench import start as starts
from leadpact.local.bench import worker as workers
from leadpact.local.show import as_json, say
from leadpact.local.verbs.asking import AsJson

app = typer.Typer(no_args_is_help=True, help="Measure this software on this machine.")

Rounds = Annotated[int, typer.Option(min=1, max=20, help="How many times.")]


@app.command()
def pipeline(
    facts: Annotated[int, typer.Option(min=1_000, max=200_000, help="In each burst.")] = 20_000,
    rounds: Rounds = 3,
    seconds: Annotated[int, typer.Option(min=2, max=120, help="Of the steady rate.")] = 20,
    *,
    json: AsJson = False,
) -> None:
    """HTTP batch → read model: facts a second, CPU per fact by process, p50 and p99 at 500 facts a second."""
    tell(pipelines.pipeline(facts, rounds, seconds), json=json)


@app.command()
def start(rounds: Rounds = 3, *, json: AsJson = False) -> None:
    """Warm `up` to the first accepted lead, `down`, memory; exit code 1 when a goal is missed."""
    tell(starts.start(rounds), json=json)


@app.command()
def worker(
    events: Annotated[int, typer.Option(min=10_000, max=2_000_000, help="In each round.")] = 300_000,
    rounds: Rounds = 3,
    *,
    rivals: Annotated[bool, typer.Option(help="Measure Quix Streams and Faust too, from the package index.")] = True,
    json: AsJson = False,
) -> None:
    """One worker process that counts: events a second, CPU an event, delay; exit code 1 when a goal is missed."""
    tell(workers.worker(events, rounds, rivals=rivals), json=json)


def tell(found: dict[str, Any], *, json: bool) -> None:
    """Show what was measured; exit code 1 when a goal is missed."""
    if json:
        as_json(found)
    else:
        _lines(found, "")
    if not all(goal["met"] for goal in found["goals"]):
        raise typer.Exit(1)


def _lines(value: object, where: str) -> None:
    """Every figure on a line of its own, under its path."""
    match value:
        case dict():
            for name, inner in value.items():
                _lines(inner, f"{where}.{name}" if where else str(name))
        case list():
            for number, inner in enumerate(value, 1):
                _lines(inner, f"{where}.{number}")
        case _:
            say(f"{where:<60} {value}")


for point in sorted(entry_points(group="leadpact.benches"), key=lambda each: each.name):
    add: Callable[[typer.Typer], None] = point.load()
    add(app)
