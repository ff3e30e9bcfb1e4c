"""`leadpact chaos`: break everything under load, then verify; exit code 1 when something is wrong or did not break."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from leadpact.chaos.run import Say, Wanted, run
from leadpact.kit.ids import fresh
from leadpact.local.bench import stand
from leadpact.local.show import as_json, complain, say
from leadpact.local.verbs.asking import AsJson
from leadpact.local.verbs.verify import show_findings

_MEGABYTES = """Of a tmpfs for each server's data, 0: none. Memory is taken as it fills: 4 kB a delivery on each broker,
10 in PostgreSQL and up to 2.5 GB for its journal; by itself there is none when that is over half of what is free."""


def add(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(chaos)


def chaos(  # noqa: PLR0913 - the options of a command
    seconds: Annotated[float, typer.Option(min=10, help="Of faults under load, on each cluster.")] = 80,
    rate: Annotated[float, typer.Option(min=1, max=2000, help="Deliveries a second.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Of deliveries and faults; a new one each time.")] = None,
    workers: Annotated[int, typer.Option(min=2, max=8, help="Worker processes per service.")] = 2,
    brokers: Annotated[
        list[int], typer.Option(min=1, max=5, help="Of Kafka, in one cluster; repeated: one cluster after the other.")
    ] = [1, 3],  # noqa: B006 - typer's own way, and nobody changes it
    megabytes: Annotated[int | None, typer.Option(min=0, help=_MEGABYTES, show_default="as the run needs")] = None,
    logs: Annotated[Path | None, typer.Option(help="Where to leave what the processes logged.")] = None,
    *,
    rolling: Annotated[bool, typer.Option("--rolling", help="Break nothing: restart process after process.")] = False,
    hours: Annotated[float, typer.Option(min=0, help="Instead of seconds; a night: --hours 4 --rate 20.")] = 0,
    json: AsJson = False,
) -> None:
    """Kill, stall and cut off everything under load, then verify: on installations of its own, gone afterwards.

    First on one broker, then on a cluster of three.
    """
    chosen = int(fresh()[-5:], 16) if seed is None else seed
    wanted = [Wanted(hours * 3600 or seconds, rate, chosen, workers, each, megabytes, rolling) for each in brokers]
    complain(f"seed {chosen}")
    answers = []
    for each in wanted:
        answers.append(_played(each, logs, complain if json else say))
        if not json:
            _show(answers[-1])
    clean = all(answer["clean"] for answer in answers)
    if json:
        as_json({"clean": clean, "runs": answers})
    if not clean:
        raise typer.Exit(1)


def _played(wanted: Wanted, logs: Path | None, tell: Say) -> dict[str, Any]:
    tell(f"brokers: {wanted.brokers}")
    with stand.place() as state:
        try:
            return uvloop.run(run(state, wanted, tell))
        finally:
            if logs is not None:
                shutil.copytree(state.logs, logs / f"brokers-{wanted.brokers}", dirs_exist_ok=True)


def _show(answer: dict[str, Any]) -> None:
    for name, value in answer.items():
        if name != "verify":
            say(f"{name:<12} {value}")
    show_findings(answer["verify"])
    for each in answer["ledger"]:
        say(f"BAD  ledger: {each}")
    if answer["unhandled"]:
        say(f"BAD  {answer['unhandled']} slots or streams did not come to an end")
    for each in answer["set_aside"]:
        say(f"BAD  {each}, which our own code failed on")
    for each in answer["lacks"]:
        say(f"BAD  {each}: this run proves nothing; let it last longer")
    say("clean" if answer["clean"] else "NOT clean")
