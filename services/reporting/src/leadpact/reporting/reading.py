"""Asking the read models: SQL from `queries/`, where "now" is an argument that is always the business clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from asyncpg.pool import PoolConnectionProxy

_NOW = ":now"
_PARAMETER = "$1::timestamptz"


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as dictionaries, and the columns' names even where there is no row."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


@cache
def sql(name: str, now: str = _PARAMETER) -> str:
    """A query's text with "now" written as the caller's database wants it: a parameter here, a macro in Grafana."""
    text = (files("leadpact.reporting") / "queries").joinpath(*f"{name}.sql".split("/")).read_text()
    return text.replace(_NOW, now).strip()


async def ask(connection: PoolConnectionProxy, name: str, now: datetime) -> Answer:
    """Run a query as of a business instant."""
    statement = await connection.prepare(sql(name))
    rows = await statement.fetch(*([now] if statement.get_parameters() else []))
    return Answer(tuple(column.name for column in statement.get_attributes()), tuple(dict(row) for row in rows))


async def fetch(connection: PoolConnectionProxy, name: str, *arguments: object) -> list[dict[str, Any]]:
    """Run a query with arguments of its own."""
    return [dict(row) for row in await connection.fetch(sql(name), *arguments)]
