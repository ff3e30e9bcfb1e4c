"""`leadpact quarantine`: what could be read and not mapped, why, trying it again, and giving it up."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, NamedTuple

import typer

from leadpact.local.client import Api
from leadpact.local.errors import FOUND, LocalError, Misused, Refused
from leadpact.local.show import as_json, complain, say
from leadpact.local.verbs.asking import AsJson, ask, show

app = typer.Typer(no_args_is_help=True, help="Look at what could not be mapped, try it again, or give it up.")

PATH = "/v1/quarantine"
_COLUMNS = ("id", "source", "door", "held_at", "ingest", "filename", "row", "pointer", "reason", "import")
_DECIDED_WITHIN = 60.0
_TICK = 0.1
_REASONS = 10  # said at most; reasons may name a row each

Item = Annotated[str, typer.Argument(help="The item's id, or its beginning.")]
Import = Annotated[str | None, typer.Option("--import", help="All that came by this import.")]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", "-m", exists=True, dir_okay=False, help="YAML: for rows of a file, another mapping."),
]


@app.command("list")
def list_(import_: Import = None, *, json: AsJson = False) -> None:
    """What waits, oldest first, then rows of files in their order; exit code 1 when something does."""
    items = sorted(ask(lambda api: _all(api, import_)), key=_in_file)
    show(items, _COLUMNS, json=json)
    if items:
        raise typer.Exit(1)


@app.command("show")
def show_(item: Item, *, json: AsJson = False) -> None:
    """Why an item is there; what it says stays sealed."""

    async def found(api: Api) -> dict[str, Any]:
        return _named(await _all(api, None), item)

    told = ask(found)
    if json:
        as_json(told)
    else:
        for name, value in told.items():
            say(f"{name:<12} {'' if value is None else value}".rstrip())


@app.command()
def redrive(
    items: Annotated[list[str] | None, typer.Argument(help="Ids, or their beginnings; all when left out.")] = None,
    import_: Import = None,
    mapping: Mapping = None,
) -> None:
    """Try again with today's mapping, once each (rule 8); exit code 1 when some still wait."""
    told = {} if mapping is None else {"mapping": mapping.read_text()}

    async def again(api: Api) -> list[_End]:
        waiting = await _all(api, import_)
        wanted = [_named(waiting, item) for item in items] if items else waiting
        return await _decided(api, wanted, "redrive", told)

    ends = ask(again)
    still = [end for end in ends if end.outcome == "quarantined"]
    say(f"{len(ends) - len(still)} passed, {len(still)} still wait")
    if still:
        _why(still)
        raise typer.Exit(max(end.code for end in still))


@app.command()
def drop(
    items: Annotated[list[str] | None, typer.Argument(help="Ids, or their beginnings.")] = None,
    import_: Import = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; kept with who did it.")],
) -> None:
    """Give items up for good: they are rejected then, and nobody can try them again."""
    if bool(items) == bool(import_):
        raise typer.BadParameter("name items, or --import ID", param_hint="ITEMS")

    async def given_up(api: Api) -> list[_End]:
        waiting = await _all(api, import_)
        wanted = [_named(waiting, item) for item in items or ()] or waiting
        return await _decided(api, wanted, "drop", {"reason": reason})

    ends = ask(given_up)
    still = [end for end in ends if end.outcome != "rejected"]
    say(f"{len(ends) - len(still)} dropped")
    if still:
        _why(still)
        raise typer.Exit(max(end.code for end in still))


class _End(NamedTuple):
    """What became of an item, and why; `code` is what it means for the exit code where it still waits."""

    outcome: str
    reason: str
    code: int = FOUND


def _why(ends: Iterable[_End]) -> None:
    """Each reason once, the commonest first."""
    reasons = Counter(end.reason or end.outcome for end in ends).most_common()
    for reason, times in reasons[:_REASONS]:
        complain(f"{times} of them: {reason}")
    if len(reasons) > _REASONS:
        complain(f"and {len(reasons) - _REASONS} other reasons: `leadpact quarantine list`")


async def _decided(api: Api, items: Iterable[dict[str, Any]], act: str, told: dict[str, str]) -> list[_End]:
    """Ask this of each item, then wait until intake has decided; what became of them."""
    asked: list[str] = []
    ends: list[_End] = []
    for item in items:
        try:
            asked.append((await api.post(f"{PATH}/{item['id']}/{act}", told))["ingest"])
        except Refused as error:
            ends.append(_End("quarantined", str(error), error.code))
    began = monotonic()
    for ingest in asked:
        while not (became := await api.get(f"/v1/deliveries/{ingest}")):
            if monotonic() - began > _DECIDED_WITHIN:
                raise LocalError(f"not decided within {_DECIDED_WITHIN:.0f} s: `leadpact doctor`, then `list` again")
            await asyncio.sleep(_TICK)
        ends += [_End(each["outcome"], each["reason"]) for each in became]
    return ends


async def _all(api: Api, imported: str | None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await api.get(PATH, limit=200, cursor=cursor, **{"import": imported})
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def _in_file(item: dict[str, Any]) -> tuple[str, str, int]:
    return item["filename"] or "", item["import"] or "", item["row"] or 0


def _named(items: Iterable[dict[str, Any]], beginning: str) -> dict[str, Any]:
    found = [item for item in items if item["id"].startswith(beginning)]
    if len(found) != 1:
        raise Misused(f"{len(found)} items in quarantine begin with {beginning!r}: `leadpact quarantine list`")
    return found[0]
