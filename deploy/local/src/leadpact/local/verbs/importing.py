"""`leadpact import`: a CSV file through the same raw log as everything else, and how far it has come."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from leadpact.local import doctor
from leadpact.local.client import Api
from leadpact.local.errors import LocalError
from leadpact.local.finding import Finding
from leadpact.local.patience import Patience
from leadpact.local.show import as_json, complain, progress, say
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson, ask

_FRESHNESS = "/v1/reports/freshness"
_WRITERS = {"leads": "intake", "qualification": "the qualifier", "sla": "the sla-monitor"}
"""Who writes each topic, in the order in which facts pass; a mark passes a topic when its writer is done."""
_UNGOVERNED = (
    "no agreement is in force, and history is judged only by agreements that were in force before it came: nothing was "
    "sent; `leadpact agreement activate ID` first (`leadpact agreement list` shows what is signed)"
)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a header line, UTF-8.")],
    mapping: Annotated[Path, typer.Option("--mapping", "-m", exists=True, dir_okay=False, help="YAML: what is what.")],
    source: Annotated[str, typer.Option(help="Which registered source delivers it.")] = "api",
    *,
    backfill: Annotated[bool, typer.Option("--backfill", help="It is history: judged as of its own time.")] = False,
    json: AsJson = False,
) -> None:
    """Import a file and wait until it is judged and counted; exit code 1 when a row was rejected or waits.

    History is refused while no agreement is in force: none that comes later would judge it.
    """
    came, governed = ask(lambda api: _import(api, file, mapping.read_text(), source, backfill))
    if json:
        as_json(came)
    else:
        for name in ("rows", "normalised", "duplicate", "rejected", "quarantined", "released"):
            say(f"{came[name]:>10}  {name}")
    if not governed:
        complain("no agreement is in force, so these leads were judged by none: `leadpact agreement list`")
    for name, rows in came["waiting"].items():
        which = "" if name == came["import"] else ", since an earlier import of the same file"
        complain(f"in quarantine{which}, rows: {rows}: `leadpact quarantine list --import {name}` says why")
    for each in came["reasons"]:
        complain(f"row {each['row']} was rejected: {each['reason']}")
    if (more := came["rejected"] - len(came["reasons"])) > 0:
        complain(f"rejected besides, rows: {more}")
    if came["rejected"] or came["waiting"]:
        raise typer.Exit(1)


async def _import(api: Api, file: Path, mapping: str, source: str, backfill: bool) -> tuple[dict[str, Any], bool]:  # noqa: FBT001 - an option of the command
    """How it ended, and whether an agreement was in force when it began."""
    governed = any(paper["state"] == "in_force" for paper in await api.get("/v1/agreements"))
    if backfill and not governed:
        raise LocalError(_UNGOVERNED)
    with file.open("rb") as content:
        told = {"source": source, "filename": file.name, "backfill": "true" if backfill else None}
        begun = await api.upload("/v1/imports", content, mapping, **told)
    try:
        came = await _normalised(api, begun, backfill=backfill)
        await _judged(api)
    except asyncio.CancelledError:  # Ctrl-C
        complain(f"the {begun['rows']} rows are safe in the log and go on without us; the same command adds none twice")
        raise
    return {"import": begun["import"], **came}, governed


async def _normalised(api: Api, begun: dict[str, Any], *, backfill: bool) -> dict[str, Any]:
    """What became of the rows, once each has ended."""
    patience = Patience(_wrong)
    with progress(f"import {begun['import']}", begun["rows"]) as bar:
        while True:
            came = dict(await api.get(f"/v1/imports/{begun['import']}"))
            bar(came["released"] if backfill else came["normalised"], came["state"])
            if came["state"] == "done":
                return came
            await patience.wait(came)


async def _judged(api: Api) -> None:
    """Wait until the reports reach what is the present now."""
    told = await api.get(_FRESHNESS)
    until, patience = datetime.fromisoformat(told["now"]), Patience(_wrong)
    with progress("judging", len(_WRITERS)) as bar:
        while True:
            reached = {each["topic"] for each in told["topics"] if _is_from(each["as_of"], until)}
            at_work = [writer for topic, writer in _WRITERS.items() if topic not in reached]
            bar(len(reached), f"waiting for {at_work[0]}" if at_work else "done")
            if not at_work:
                return
            # while a lane is judged time stands, and only turns tell that somebody works
            await patience.wait(
                [(each["as_of"], each["turns"]) for each in told["topics"] if each["topic"] not in reached]
            )
            told = await api.get(_FRESHNESS)


async def _wrong() -> list[Finding]:
    return await doctor.look(found())


def _is_from(as_of: str | None, until: datetime) -> bool:
    return as_of is not None and datetime.fromisoformat(as_of) >= until
