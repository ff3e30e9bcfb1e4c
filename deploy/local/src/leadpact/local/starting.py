"""`leadpact up`: here until Ctrl-C, or in a process of its own that stays when this one returns."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from leadpact.local.errors import NotReady, NotUp
from leadpact.local.show import STOPPED, complain, say, step
from leadpact.local.state import Running, State, found, taken

if TYPE_CHECKING:
    from leadpact.local.runner import Options

_TICK = 0.05
_PAGES = ("wall", "leads", "origins", "operations")
_LAST = "/openapi.json"  # what is said last once all is up


def up(
    workers: Annotated[int, typer.Option(min=1, max=16, help="Worker processes per service.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the web process; 0: the last one, or any.")] = 0,
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once all is ready.")] = False,
) -> None:
    """Start Kafka, PostgreSQL and the four services; Ctrl-C ends them."""
    state = found()
    if detach:
        _detached(state, workers, port)
        return
    signal.signal(signal.SIGINT, _stopped)  # until all is up
    from leadpact.local.runner import Options  # noqa: PLC0415 - who only waits for another process needs no services

    asyncio.run(stay(state, Options(port, workers)))


def _stopped(_number: int, _frame: FrameType | None) -> None:
    """End at once, while something starts: the guards end what has begun."""
    complain("stopped")
    os._exit(STOPPED)


async def stay(state: State, options: "Options") -> None:
    """Run until somebody asks to end."""
    from leadpact.local import runner  # noqa: PLC0415 - see `up`

    asked = asyncio.Event()
    began = monotonic()
    async with runner.running(state, options, step) as now:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        step("up", monotonic() - began)
        urls(now, state)
        await asked.wait()
        began = monotonic()
    step("down", monotonic() - began)


def urls(now: Running, state: State) -> None:
    """The addresses a person needs, last on the screen."""
    say(now.infrastructure)
    pages(now)
    say(f"deliver to  {now.url}/v1/leads   (administrator's key: {state.admin_key})")
    say(f"API         {now.url}{_LAST}")


def pages(now: Running) -> None:
    """The pages that people look at."""
    for page in _PAGES:
        say(f"{page:<12}{now.url}/{page}")


def _detached(state: State, workers: int, port: int) -> None:
    with suppress(NotUp):
        state.running()
        raise taken(state)
    log = state.logs / "runner.log"
    command = [sys.executable, "-m", "leadpact.local", "up", f"--workers={workers}", f"--port={port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        while process.poll() is None:
            with suppress(NotUp):
                now = state.running()
                said = log.read_text()
                if now.pid == process.pid and now.url and f"{now.url}{_LAST}" in said:
                    say(said.rstrip())
                    return
            sleep(_TICK)
    except KeyboardInterrupt:
        process.terminate()
        raise
    raise NotReady(f"it did not start:\n{log.read_text().rstrip()}")
