"""`leadpact verify`: the log and the tables of the installation that runs, or of addresses in the environment."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from leadpact.kit.errors import SettingsError
from leadpact.kit.settings import Settings, load
from leadpact.local.errors import LocalError, NotUp
from leadpact.local.show import as_json, progress, say
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson
from leadpact.verify.errors import VerifyError
from leadpact.verify.installation import SERVICES, Addresses, told
from leadpact.verify.installation import verify as verified
from leadpact.verify.report import lines


def verify(
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait until everything is handled.")] = 20,
    canary: Annotated[
        list[str] | None, typer.Option(help="A text that must stand nowhere in the clear; may be repeated.")
    ] = None,
    *,
    json: AsJson = False,
) -> None:
    """Read the whole log and every table and say what breaks the rules; exit code 1 when something does, or could not
    be judged because slots were still at work."""
    where = _addresses()
    began = monotonic()
    try:
        with progress("verifying", 100) as line:
            result = asyncio.run(
                verified(
                    where,
                    lambda done, total: line(100 * done // max(total, 1), "percent of the log"),
                    patience,
                    canary or (),
                )
            )
    except VerifyError as error:
        raise LocalError(str(error)) from error
    answer = told(result, monotonic() - began)
    if json:
        as_json(answer)
    else:
        show_findings(answer)
    if not (answer["clean"] and answer["complete"]):
        raise typer.Exit(1)


def _addresses() -> Addresses:
    """Of the runner of this state directory, else of the environment."""
    state = found()
    try:
        running = state.running()
    except NotUp as nothing:
        try:
            return _of(load(Settings))
        except SettingsError:
            raise nothing from None
    if not running.settings:
        raise NotUp("it is still starting: `leadpact status` shows it")
    logs, pages = sorted(state.logs.glob("*")), [f"{each.url}/metrics" for each in running.processes]
    return _of(Settings.model_validate(running.settings), logs, pages)


def _of(settings: Settings, logs: Sequence[Path] = (), pages: Sequence[str] = ()) -> Addresses:
    dsns = {schema: settings.dsn(schema) for schema in SERVICES}
    return Addresses(settings.kafka, settings.topic_prefix, dsns, logs, pages)


def show_findings(answer: dict[str, Any]) -> None:
    """Check by check, as lines."""
    for line in lines(answer):
        say(line)
