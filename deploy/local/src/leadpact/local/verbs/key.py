"""`leadpact key`: who may do what."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.kit.access import KeyInfo, Role, Scope
from leadpact.kit.clock import SystemClock
from leadpact.local.errors import Misused
from leadpact.local.keys import is_name, keys, make_key
from leadpact.local.show import say
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson, ask, show

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")

_COLUMNS = ("id", "actor", "kind", "roles", "scopes", "sources", "created_at", "revoked_at")


def _name(text: str) -> str:
    if not is_name(text):
        raise typer.BadParameter(f"{text!r} is no name for a key: letters, digits, - and _")
    return text


@app.command()
def create(
    actor: Annotated[str, typer.Argument(help="Whose key: a person's or a program's short name.", callback=_name)],
    role: Annotated[
        list[Role] | None, typer.Option(metavar="ROLE", help=f"What a person is: {', '.join(Role)}; may be repeated.")
    ] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(metavar="SCOPE", help=f"What the key opens: {', '.join(Scope)}; may be repeated."),
    ] = None,
    kind: Annotated[
        ActorKind, typer.Option(metavar="KIND", help=f"Who acts with it: {', '.join(ActorKind)}.")
    ] = ActorKind.HUMAN,
    source: Annotated[
        list[str] | None, typer.Option(help="A source it delivers as; may be repeated; as any when left out.")
    ] = None,
) -> None:
    """Make a key; its text is kept in a file that only you can read. People read and agree unless told otherwise."""
    scopes = scope or ([Scope.READ, Scope.AGREEMENTS] if kind is ActorKind.HUMAN else [Scope.INGEST])
    if source:
        registered = {each["name"] for each in ask(lambda api: api.get("/v1/sources"))}
        if unknown := [name for name in source if name not in registered]:
            raise Misused(f"there is no source {unknown[0]}: `leadpact source list`")
    say(str(asyncio.run(make_key(found(), Actor(actor, kind), role or (), scopes, source or ()))))


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """Every key ever made, without its secret."""

    async def all_() -> list[KeyInfo]:
        async with keys(found()) as table:
            return await table.all()

    show(map(_row, asyncio.run(all_())), _COLUMNS, json=json)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, from `key list`, or whose it is if that is one live key.")],
) -> None:
    """End a key; doors notice within a minute."""

    async def ended() -> str:
        async with keys(found()) as table:
            id_ = meant(key, await table.all())
            await table.revoke(id_, SystemClock().wall())
            return id_

    say(f"revoked {asyncio.run(ended())}")


def meant(key: str, infos: Iterable[KeyInfo]) -> str:
    """The id of the live key of this id, else of the one live key of this actor; raises `Misused`."""
    live = [info.caller for info in infos if info.revoked_at is None]
    if any(caller.key == key for caller in live):
        return key
    match [caller.key for caller in live if caller.actor.id == key]:
        case [id_]:
            return id_
        case []:
            raise Misused(f"there is no live key {key}: `leadpact key list`")
        case ids:
            raise Misused(f"{key} has several live keys, name one by its id: {', '.join(ids)}")


def _row(info: KeyInfo) -> dict[str, Any]:
    caller = info.caller
    return {
        "id": caller.key,
        "actor": caller.actor.id,
        "kind": caller.actor.kind.value,
        "roles": sorted(role.value for role in caller.roles),
        "scopes": sorted(scope.value for scope in caller.scopes),
        "sources": sorted(caller.sources),
        "created_at": info.created_at.isoformat(timespec="seconds"),
        "revoked_at": info.revoked_at and info.revoked_at.isoformat(timespec="seconds"),
    }
