"""`leadpact parked`: what the services' workers have set aside because our code failed, and letting it go on."""

import asyncio
from typing import Annotated, Any

import asyncpg
import typer

from leadpact.kit.pg import PgStore
from leadpact.kit.pg.letters import waiting
from leadpact.kit.service import Service
from leadpact.local.errors import Misused
from leadpact.local.redacting import described
from leadpact.local.show import as_json, say
from leadpact.local.verbs.asking import AsJson, outline, show
from leadpact.local.verbs.tables import ServiceName, everywhere, named, tables

app = typer.Typer(no_args_is_help=True, help="Keys that a service has set aside, and letting them go on.")

Key = Annotated[str, typer.Argument(help="As `parked list` shows it.")]
_CONSUMERS = "select distinct consumer from fence order by consumer"


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """What waits behind a fault of ours, in each service; exit code 1 when something does."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        store = PgStore(pool)
        return [
            {"service": service.name, "consumer": consumer, "key": key.key, "asked": key.asked, "reason": key.reason}
            for consumer in await _consumers(pool)
            for key in await store.parked(consumer)
            if key.by == consumer  # what one upstream has parked is let go there
        ]

    rows = asyncio.run(everywhere(read))
    show(rows, ("service", "consumer", "key", "asked", "reason"), json=json)
    if rows:
        raise typer.Exit(1)


@app.command("show")
def show_(service: ServiceName, key: Key, *, json: AsJson = False) -> None:
    """Who has parked a key since when and why, and each record behind it; values are withheld."""

    async def read() -> dict[str, Any]:
        async with tables(named(service)) as pool:
            found = await waiting(pool, key)
        parked = [
            {"consumer": consumer, "by": row.by, "since": since.isoformat(), "asked": row.asked, "reason": row.reason}
            for row, consumer, since in found.parked
        ]
        return {"service": service, "parked": parked, "waiting": [described(record) for record in found.records]}

    told = asyncio.run(read())
    if not told["parked"]:
        raise Misused(f"{service} has parked no key {key!r}: `leadpact parked list`")
    if json:
        as_json(told)
    else:
        outline(told)


@app.command()
def release(service: ServiceName, key: Key) -> None:
    """Have a key's records handled again, in their order; it is parked again where the fault is still there."""

    async def ask() -> bool:
        async with tables(named(service)) as pool:
            return any([await PgStore(pool).ask_unpark(consumer, key) for consumer in await _consumers(pool)])

    if not asyncio.run(ask()):
        raise Misused(f"{service} has parked no key {key!r}: `leadpact parked list`")
    say(f"{service} handles {key} again")


async def _consumers(pool: asyncpg.Pool) -> list[str]:
    return [row["consumer"] for row in await pool.fetch(_CONSUMERS)]
