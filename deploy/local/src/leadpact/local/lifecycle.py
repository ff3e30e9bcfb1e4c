"""up, down, status, logs, reset: the life of a local installation."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import Annotated

import httpx
import typer

from leadpact.embedded import postgres
from leadpact.local import runner
from leadpact.local.errors import LocalError, NotReady, NotUp
from leadpact.local.show import as_json, say, step, table
from leadpact.local.state import Running, State, found

DOWN_WITHIN = 10.0
_TICK = 0.05


def up(
    workers: Annotated[int, typer.Option(min=1, max=16, help="Worker processes per service.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the web process; 0 takes a free one.")] = 0,
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once all is ready.")] = False,
) -> None:
    """Start Kafka, PostgreSQL and the four services; Ctrl-C ends them."""
    state = found()
    if detach:
        _detached(state, workers, port)
        return
    asyncio.run(_stay(state, runner.Options(port, workers)))


def down() -> None:
    """End what `up` started, and wait until nothing of it runs."""
    state = found()
    began = monotonic()
    try:
        pid = state.running().pid
    except NotUp as nothing:
        say(str(nothing))
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while monotonic() - began < DOWN_WITHIN:
        try:
            state.running()
        except NotUp:
            step("down", monotonic() - began)
            return
        sleep(_TICK)
    raise LocalError(
        f"the runner {pid} did not end within {DOWN_WITHIN:.0f} s: `kill -9 {pid}` ends it and all it started"
    )


def status(*, json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """What runs, and whether it is ready; exit code 1 when something is not."""
    now = found().running()
    rows = [(p.name, p.pid, _readiness(p.url), p.url, p.log) for p in now.processes]
    if json:
        names = ("name", "pid", "ready", "url", "log")
        as_json(
            {
                "pid": now.pid,
                "url": now.url,
                "infrastructure": now.infrastructure,
                "processes": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
    else:
        say(now.infrastructure)
        table(("process", "pid", "state", "url", "log"), rows)
        say(now.url)
    if not rows or any(row[2] != "ready" for row in rows):
        raise typer.Exit(1)


def logs(
    process: Annotated[str, typer.Argument(help="A process of `status`; all when left out.")] = "",
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they grow.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="The last so many of each.")] = 50,
) -> None:
    """Show what the processes log."""
    state = found()
    files = sorted(state.logs.glob(f"{process or '*'}.log"))
    if not files:
        raise LocalError(f"no log named {process!r} in {state.logs}")
    tail = shutil.which("tail")
    if tail is None:
        raise LocalError(f"there is no `tail` here; read {state.logs}")
    options = ["-n", str(lines), *(["-f"] if follow else [])]
    with suppress(KeyboardInterrupt):
        subprocess.run([tail, *options, *files], check=False)  # noqa: S603 - our own arguments


def reset(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Forget everything: data, logs, keys of this state directory."""
    state = found()
    with suppress(NotUp):
        state.running()
        raise LocalError("it is running: `leadpact down` first")
    if not state.path.exists():
        say(f"there is nothing in {state.path}")
        return
    if not yes:
        typer.confirm(f"remove everything in {state.path}, the master key included?", abort=True)
    postgres.remove(state.path)
    shutil.rmtree(state.path)
    say(f"removed {state.path}")


async def _stay(state: State, options: runner.Options) -> None:
    """Run until somebody asks to end."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    began = monotonic()
    async with runner.running(state, options, step) as now:
        step("up", monotonic() - began)
        urls(now, state)
        await asked.wait()
        began = monotonic()
    step("down", monotonic() - began)


def urls(now: Running, state: State) -> None:
    """The addresses a person needs, last on the screen."""
    say(now.infrastructure)
    say(f"wall        {now.url}/wall")
    say(f"leads       {now.url}/leads")
    say(f"deliver to  {now.url}/v1/leads   (administrator's key: {state.admin_key})")


def _detached(state: State, workers: int, port: int) -> None:
    state.logs.joinpath("runner.log").unlink(missing_ok=True)
    log = state.logs / "runner.log"
    command = [sys.executable, "-m", "leadpact.local", "up", f"--workers={workers}", f"--port={port}"]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    while process.poll() is None:
        with suppress(NotUp):
            now = state.running()
            if now.pid == process.pid and now.url:
                say(log.read_text().rstrip())
                return
        sleep(_TICK)
    raise NotReady(f"it did not start:\n{log.read_text().rstrip()}")


def _readiness(url: str) -> str:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=2)
    except httpx.TransportError:
        return "no answer"
    return "ready" if answer.is_success else answer.text[:200]
