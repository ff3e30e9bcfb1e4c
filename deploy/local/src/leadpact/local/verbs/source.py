"""`leadpact source`: which feeds deliver to us."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from leadpact.local.show import say
from leadpact.local.verbs.asking import AsJson, ask, show

app = typer.Typer(no_args_is_help=True, help="List and register sources.")

_COLUMNS = ("name", "kind", "zone", "channel", "clear", "mapping", "secrets")
_NAME = r"[a-z0-9][a-z0-9_.-]{0,63}"


class Kind(StrEnum):
    """Kinds of sources."""

    JSON = "json"
    TYPEFORM = "typeform"
    SEGMENT = "segment"
    CSV = "csv"


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """Every source; of secrets only how many there are."""
    show(ask(lambda api: api.get("/v1/sources")), _COLUMNS, json=json)


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise typer.BadParameter("a source's name is up to 64 small letters, digits, . _ and -")
    return text


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Small letters, digits, . _ -", callback=_name)],
    kind: Annotated[Kind, typer.Option(metavar="KIND", help=f"What it sends: {', '.join(Kind)}.")] = Kind.JSON,
    zone: Annotated[str, typer.Option(help="Of times that name none.")] = "UTC",
    channel: Annotated[str | None, typer.Option(help="Of leads of which nothing else is known.")] = None,
    clear: Annotated[list[str] | None, typer.Option(help="An attribute that definitions may read; repeatable.")] = None,
    secret_file: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A live secret, newest first; repeatable.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option(help="REF=FIELD: which answer of a form is which field of ours; repeatable.")
    ] = None,
    *,
    json: AsJson = False,
) -> None:
    """Register a source, or replace all that is said of it: what is left out is as if it had never been said."""
    told = {
        "name": name,
        "kind": kind,
        "zone": zone,
        "channel": channel,
        "secrets": [file.read_text().strip() for file in secret_file or ()],
        "mapping": dict(map(_pair, mapping or ())),
        **({"clear": clear} if clear else {}),
    }
    source = ask(lambda api: api.post("/v1/sources", told))
    if json:
        show([source], _COLUMNS, json=True)
    else:
        say(f"{source['name']} ({source['kind']}) may deliver")


def _pair(text: str) -> tuple[str, str]:
    ref, equals, field = text.partition("=")
    if not (ref and equals and field):
        raise typer.BadParameter(f"{text!r} is not REF=FIELD", param_hint="--mapping")
    return ref, field
