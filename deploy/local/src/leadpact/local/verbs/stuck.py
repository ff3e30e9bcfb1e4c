"""`leadpact parked` and `leadpact dead-letters`: what the services' workers have set aside, why, and letting it go on.

Read from each service's own tables: no API shows them, for who may repair is who may read the master key.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import typer

from leadpact.kit.pg import PgStore
from leadpact.kit.service import Service
from leadpact.kit.settings import Settings
from leadpact.local.errors import LocalError, NotUp
from leadpact.local.services import SERVICES
from leadpact.local.show import say
from leadpact.local.state import found
from leadpact.local.verbs.asking import AsJson, show

parked = typer.Typer(no_args_is_help=True, help="Keys that a service has set aside, and letting them go on.")
dead_letters = typer.Typer(no_args_is_help=True, help="Records that no service could read.")

_CONSUMERS = "select distinct consumer from fence order by consumer"
_BURIED = 'select consumer, topic, partition, "offset", buried_at as at, reason from dead_letter order by id'
_Read = Callable[[Service[Any], asyncpg.Pool], Awaitable[list[dict[str, Any]]]]
_BY_NAME = {service.name: service for service in SERVICES}


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

    _tell(asyncio.run(_everywhere(read)), ("service", "consumer", "key", "asked", "reason"), json=json)


@parked.command()
def release(
    service: Annotated[str, typer.Argument(help=f"One of {', '.join(_BY_NAME)}.")],
    key: Annotated[str, typer.Argument(help="As `parked list` shows it.")],
) -> None:
    """Have a key's records handled again, in their order; it is parked again where the fault is still there."""
    if service not in _BY_NAME:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(_BY_NAME)}", param_hint="SERVICE")

    async def ask() -> bool:
        async with _tables(_BY_NAME[service]) as pool:
            return any([await PgStore(pool).ask_unpark(consumer, key) for consumer in await _consumers(pool)])

    if not asyncio.run(ask()):
        raise LocalError(f"{service} has parked no key {key!r}: `leadpact parked list`")
    say(f"{service} handles {key} again")


@dead_letters.command("list")
def dead_letters_list(*, json: AsJson = False) -> None:
    """Where each stood in the log and why nobody could read it; exit code 1 when there is one."""

    async def read(service: Service[Any], pool: asyncpg.Pool) -> list[dict[str, Any]]:
        return [{"service": service.name, **row} for row in await pool.fetch(_BURIED)]

    columns = ("service", "consumer", "topic", "partition", "offset", "at", "reason")
    _tell(asyncio.run(_everywhere(read)), columns, json=json)


async def _everywhere(read: _Read) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for service in SERVICES:
        async with _tables(service) as pool:
            rows += await read(service, pool)
    return rows


@asynccontextmanager
async def _tables(service: Service[Any]) -> AsyncIterator[asyncpg.Pool]:
    """The tables of a service of the installation that runs; raises `NotUp`."""
    running = found().running()
    if not running.settings:
        raise NotUp("it is still starting", "`leadpact status` shows it")
    dsn = Settings.model_validate(running.settings).dsn(service.schema)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        yield pool


async def _consumers(pool: asyncpg.Pool) -> list[str]:
    return [row["consumer"] for row in await pool.fetch(_CONSUMERS)]


def _tell(rows: list[dict[str, Any]], columns: tuple[str, ...], *, json: bool) -> None:
    show(rows, columns, json=json)
    if rows:
        raise typer.Exit(1)
