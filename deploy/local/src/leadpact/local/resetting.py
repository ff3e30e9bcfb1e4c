"""`leadpact reset`: as if nothing had ever been here."""

import asyncio
import shutil
from contextlib import suppress
from typing import Annotated

import typer

from leadpact.embedded import postgres
from leadpact.local import outside
from leadpact.local.errors import LocalError, NotUp
from leadpact.local.show import say
from leadpact.local.state import found


def reset(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Forget everything: data, logs, keys of this state directory, and its schemas and topics on outside servers."""
    state = found()
    with suppress(NotUp):
        state.running()
        raise LocalError("it is running: `leadpact down` first")
    if not state.path.exists():
        say(f"there is nothing in {state.path}")
        return
    there = outside.noted(state).told()
    if not yes:
        also = f", and {there}" if there else ""
        typer.confirm(f"remove everything in {state.path}, the master key included{also}?", abort=True)
    asyncio.run(outside.remove(state))
    if there:
        say(f"removed {there}")
    postgres.remove(state.path)
    shutil.rmtree(state.path)
    say(f"removed {state.path}")
