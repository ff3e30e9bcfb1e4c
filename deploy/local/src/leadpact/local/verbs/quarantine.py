"""`leadpact quarantine`: what could be read and not mapped, why, and trying it again."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from leadpact.local.client import Api
from leadpact.local.errors import LocalError
from leadpact.local.show import as_json, say
from leadpact.local.verbs.asking import AsJson, ask, show

app = typer.Typer(no_args_is_help=True, help="Look at what could not be mapped, and try it again.")

PATH = "/v1/quarantine"
_COLUMNS = ("id", "source", "door", "held_at", "pointer", "reason")

Item = Annotated[str, typer.Argument(help="The item's id, or its beginning.")]


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """What waits, oldest first; exit code 1 when something does."""
    items = ask(_all)
    show(items, _COLUMNS, json=json)
    if items:
        raise typer.Exit(1)


@app.command("show")
def show_(item: Item, *, json: AsJson = False) -> None:
    """Why an item is there; what it says stays sealed."""
    found = ask(_one(item))
    if json:
        as_json(found)
    else:
        for name, value in found.items():
            say(f"{name:<12} {value}")


@app.command()
def redrive(
    item: Annotated[str | None, typer.Argument(help="The item's id, or its beginning; all when left out.")] = None,
) -> None:
    """Try again with today's mapping, once each (rule 8)."""

    async def again(api: Api) -> int:
        items = await _all(api) if item is None else [await _one(item)(api)]
        for each in items:
            await api.post(f"{PATH}/{each['id']}/redrive")
        return len(items)

    say(f"{ask(again)} tried again")


async def _all(api: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await api.get(PATH, limit=200, cursor=cursor)
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def _one(beginning: str) -> Callable[[Api], Awaitable[dict[str, Any]]]:
    async def found(api: Api) -> dict[str, Any]:
        items = [item for item in await _all(api) if item["id"].startswith(beginning)]
        if len(items) != 1:
            raise LocalError(f"{len(items)} items in quarantine begin with {beginning!r}")
        return items[0]

    return found
