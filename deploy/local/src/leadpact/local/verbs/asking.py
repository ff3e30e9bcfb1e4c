"""How a verb asks: it is given the administrator's API, and its result goes to a person or to a program."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import typer

from leadpact.local.client import Api, administrator
from leadpact.local.show import as_json, say, table

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
T = TypeVar("T")


def ask(doing: Callable[[Api], Awaitable[T]]) -> T:
    """Do something with the administrator's API; raises `LocalError`."""

    async def asked() -> T:
        async with administrator() as api:
            return await doing(api)

    return asyncio.run(asked())


def show(rows: Iterable[dict[str, Any]], columns: Sequence[str], *, json: bool) -> None:
    """Rows as JSON, or these columns of them as a table; several values stand side by side."""
    found = list(rows)
    if json:
        as_json(found)
    else:
        table(columns, [[_cell(row[column]) for column in columns] for row in found])


def outline(told: Mapping[str, Any], indent: str = "") -> None:
    """Names with their values as lines, what stands in them further to the right."""
    for name, value in told.items():
        if isinstance(value, dict):
            say(f"{indent}{name}:")
            outline(value, f"{indent}  ")
        elif isinstance(value, list):
            for number, each in enumerate(value, 1):
                say(f"{indent}{name} {number} of {len(value)}:")
                outline(each, f"{indent}  ")
        else:
            say(f"{indent}{name}: {value}")


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={each}" for name, each in value.items())
    return "" if value is None else value
