"""`leadpact import`: a CSV file through the same raw log as everything else, and how far it has come."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from leadpact.local.client import Api
from leadpact.local.show import as_json, complain, progress, say
from leadpact.local.verbs.asking import AsJson, ask

_LOOK = 0.25  # seconds


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a header line, UTF-8.")],
    mapping: Annotated[Path, typer.Option("--mapping", "-m", exists=True, dir_okay=False, help="YAML: what is what.")],
    source: Annotated[str, typer.Option(help="Which registered source delivers it.")] = "api",
    *,
    backfill: Annotated[bool, typer.Option("--backfill", help="It is history: judged as of its own time.")] = False,
    json: AsJson = False,
) -> None:
    """Import a file and wait until every row has ended somewhere; exit code 1 when one was rejected or waits."""
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
    with file.open("rb") as content:
        told = {"source": source, "filename": file.name, "backfill": "true" if backfill else None}
        begun = await api.upload("/v1/imports", content, mapping, **told)
    with progress(f"import {begun['import']}", begun["rows"]) as bar:
        while True:
            came = dict(await api.get(f"/v1/imports/{begun['import']}"))
            bar(came["released"] if backfill else came["normalised"], came["state"])
            if came["state"] == "done":
                return {"import": begun["import"], **came}, governed
            await asyncio.sleep(_LOOK)
