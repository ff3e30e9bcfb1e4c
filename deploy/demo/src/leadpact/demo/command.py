"""`leadpact demo`: the story played before your eyes or, with --check, played to its end and compared."""

import os
from pathlib import Path
from typing import Annotated

import typer

from leadpact.embedded.find import KAFKA_VARIABLE, POSTGRES_VARIABLE
from leadpact.local.state import State, found

Check = Annotated[
    bool, typer.Option("--check", help="Nobody watches: play all, compare, end; exit code 1 if it differs.")
]
Json = Annotated[Path | None, typer.Option(dir_okay=False, help="With --check: write the result here.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the data behind, for a look with LEADPACT_STATE.")]
_SPEED = 60.0


def add(app: typer.Typer) -> None:
    """Add the verb to the `leadpact` command."""
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Of the made-up history; the same seed gives the same people.")] = 7,
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=3_600, help="Business seconds in a second of yours.", show_default="60")
    ] = None,
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
    for option, given in (("--speed", speed), ("--no-live", no_live), ("--no-browser", no_browser)):
        if check and given:
            raise typer.BadParameter("does not go with --check, where nobody watches", param_hint=option)
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        if os.environ.get(variable):
            raise typer.BadParameter("made-up history goes into nothing that is yours: unset it", param_hint=variable)
    if json is not None and not json.absolute().parent.is_dir():
        raise typer.BadParameter("there is no such directory", param_hint="--json")
    from leadpact.demo import playing  # noqa: PLC0415 - who misuses it waits for no services

    state = State(found().path / "demo")
    asked = playing.Asked(seed, days, None if no_live else speed or _SPEED, keep=keep, browser=not no_browser)
    if not check:
        playing.before_your_eyes(state, asked)
    elif not playing.to_its_end(state, asked, json):
        raise typer.Exit(1)
