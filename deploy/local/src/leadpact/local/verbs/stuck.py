"""`leadpact parked` and `dead-letters`: what the services' workers have set aside, why, and letting it go on."""

import asyncio
from typing import Annotated, Any

import asyncpg
import typer

from leadpact.kit.pg import PgStore
from leadpact.kit.service import Service
from leadpact.local.errors import Misused
from leadpact.local.show import say
from leadpact.local.verbs.asking import AsJson, show
from leadpact.local.verbs.tables import BY_NAME, everywhere, tables

parked = typer.Typer(no_args_is_help=True, help="Keys that a service has set aside, and letting them go on.")
dead_letters = typer.Typer(no_args_is_help=True, help="Records that no service could read.")

_CONSUMERS = "select distinct consumer from fence order by consumer"
_BURIED = 'select consumer, topic, partition, "offset", buried_at as at, reason from dead_letter order by id'


@parked.command("list")
def parked_list(*, json: AsJson = False) -> None:
    """What waits behind a fault of ours, in each service; exit code 1 when something does."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        store = PgStore(pool)
        return [
            {"service": service.name, "consumer": consumer, "key": key.key, "asked": key.asked, "reason": key.reason}
            for consumer in await _consumers(pool)
            for key in await store.parked(consumer)
            if key.by == consumer  # what one upstream has parked is let go there
        ]

    _tell(asyncio.run(everywhere(read)), ("service", "consumer", "key", "asked", "reason"), json=json)


@parked.command()
def release(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(BY_NAME)}.")],
    key: Annotated[str, typer.Argument(help="As `parked list` shows it.")],
) -> None:
    """Have a key's records handled again, in their order; it is parked again where the fault is still there."""
    if service not in BY_NAME:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(BY_NAME)}", param_hint="SERVICE")

    async def ask() -> bool:
        async with tables(BY_NAME[service]) as pool:
            return any([await PgStore(pool).ask_unpark(consumer, key) for consumer in await _consumers(pool)])

    if not asyncio.run(ask()):
        raise Misused(f"{service} has parked no key {key!r}: `leadpact parked list`")
    say(f"{service} handles {key} again")


@dead_letters.command("list")
def dead_letters_list(*, json: AsJson = False) -> None:
    """Where each stood in the log and why nobody could read it; exit code 1 when there is one."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        return [{"service": service.name, **row} for row in await pool.fetch(_BURIED)]

    columns = ("service", "consumer", "topic", "partition", "offset", "at", "reason")
    _tell(asyncio.run(everywhere(read)), columns, json=json)


async def _consumers(pool: asyncpg.Pool) -> list[str]:
    return [row["consumer"] for row in await pool.fetch(_CONSUMERS)]


def _tell(rows: list[dict[str, Any]], columns: tuple[str, ...], *, json: bool) -> None:
    show(rows, columns, json=json)
    if rows:
        raise typer.Exit(1)
