"""`leadpact effects`: mail that is not sent yet, mail that was refused for good, and asking for that again."""

import asyncio
from typing import Annotated, Any

import asyncpg
import typer

from leadpact.kit.service import Service
from leadpact.local.errors import Misused
from leadpact.local.show import say
from leadpact.local.verbs.asking import AsJson, show
from leadpact.local.verbs.tables import everywhere

app = typer.Typer(no_args_is_help=True, help="Mail that is not sent yet, or was refused for good.")

_UNSENT = """
select id, kind, state, attempts, nullif(due, '-infinity') as due, error
from effect where state <> 'sent' order by state, effect.due, id
"""
_AGAIN = """
update effect set state = 'held', due = '-infinity'
where state = 'given_up' and ($1 or id = any($2::text[])) returning id
"""


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """What is `held`, tried again at `due`, and what is `given_up`; exit code 1 when something is given up."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        return [{"service": service.name, **row} for row in await pool.fetch(_UNSENT)]

    rows = asyncio.run(everywhere(read))
    show(rows, ("service", "id", "kind", "state", "attempts", "due", "error"), json=json)
    if any(row["state"] == "given_up" for row in rows):
        raise typer.Exit(1)


@app.command()
def resend(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="As `effects list` shows them.")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Everything that was given up.")] = False,
    json: AsJson = False,
) -> None:
    """Have what was given up tried again, under the same id; exit code 2 when an ID is none of those."""
    wanted = ids or []
    if all_ == bool(wanted):
        raise typer.BadParameter("name what to send again, or say --all", param_hint="ID")

    async def ask(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        return [{"service": service.name, **row} for row in await pool.fetch(_AGAIN, all_, wanted)]

    rows = asyncio.run(everywhere(ask))
    if json:
        show(rows, ("service", "id"), json=True)
    else:
        say(f"{len(rows)} are tried again")
    if missing := sorted(set(wanted) - {row["id"] for row in rows}):
        raise Misused(f"not given up: {', '.join(missing)}; see `leadpact effects list`")
