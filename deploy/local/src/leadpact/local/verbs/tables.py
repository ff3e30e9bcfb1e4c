"""What no API shows is read from each service's own tables, for who may repair is who may read the master key."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import typer

from leadpact.kit.errors import Unavailable
from leadpact.kit.pg import connect
from leadpact.kit.service import Service
from leadpact.kit.settings import Settings
from leadpact.local.errors import NotUp
from leadpact.local.services import SERVICES
from leadpact.local.state import State, found

BY_NAME = {service.name: service for service in SERVICES}
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(BY_NAME)}.")]
Read = Callable[[Service[Any], asyncpg.Pool], Awaitable[list[dict[str, Any]]]]


def named(service: str) -> Service[Any]:
    """The service of this name; another is misuse."""
    if service not in BY_NAME:
        raise typer.BadParameter(f"{service!r} is none of {', '.join(BY_NAME)}", param_hint="SERVICE")
    return BY_NAME[service]


async def everywhere(read: Read) -> list[dict[str, Any]]:
    """What is read in each service's tables; raises `NotUp`."""
    rows: list[dict[str, Any]] = []
    for service in SERVICES:
        async with tables(service) as pool:
            rows += await read(service, pool)
    return rows


@asynccontextmanager
async def tables(service: Service[Any]) -> AsyncIterator[asyncpg.Pool]:
    """The tables of a service of the installation that runs; raises `NotUp`."""
    dsn = addresses(found()).dsn(service.schema)
    try:
        opened = await connect(dsn, most=1)
    except Unavailable as error:
        raise NotUp(f"PostgreSQL does not answer ({error})", "`leadpact doctor`") from error
    async with opened as pool:
        yield pool


def addresses(state: State) -> Settings:
    """Where the installation that runs has its database and its broker, and its master key; raises `NotUp`."""
    running = state.running()
    if not running.settings:
        raise NotUp("it is still starting", "`leadpact status` shows it")
    return Settings.model_validate(running.settings)
