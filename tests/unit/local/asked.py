"""Running verbs in process against an API that answers as told."""

from collections.abc import Callable

import httpx
from typer.testing import CliRunner, Result

from leadpact.local import cli

Answers = Callable[[httpx.Request], httpx.Response]
Installation = Callable[[Answers], list[httpx.Request]]


def run(*arguments: str) -> Result:
    """What the verb printed, and its exit code."""
    return CliRunner().invoke(cli.command(arguments), arguments)


def always(value: object, status: int = 200) -> Answers:
    """The same answer to everything."""
    return lambda _: httpx.Response(status, json=value)
