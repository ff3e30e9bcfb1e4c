"""down, status, logs: what a person asks of an installation that `up` started."""

import shutil
import subprocess
from contextlib import suppress
from time import monotonic, sleep
from typing import Annotated

import httpx
import psutil
import typer

from leadpact.local.errors import LocalError, NotUp
from leadpact.local.show import as_json, say, step, table
from leadpact.local.starting import pages
from leadpact.local.state import found, program

DOWN_WITHIN = 10.0
_TICK = 0.05


def down() -> None:
    """End what `up` started, and wait until nothing of it runs."""
    state = found()
    began = monotonic()
    try:
        runner = psutil.Process(state.running().pid)
    except (NotUp, psutil.NoSuchProcess):
        say(f"nothing runs in {state.path}")
        return
    with suppress(psutil.NoSuchProcess):
        runner.terminate()
    while _runs(runner):
        if monotonic() - began > DOWN_WITHIN:
            raise LocalError(
                f"the runner {runner.pid} did not end within {DOWN_WITHIN:.0f} s: "
                f"`kill -9 {runner.pid}` ends it and all it started"
            )
        sleep(_TICK)
    step("down", monotonic() - began)


def status(*, json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """What runs, and whether it is ready; exit code 1 when something is not."""
    state = found()
    try:
        now = state.running()
    except NotUp:
        if json:
            as_json({"running": False, "state": str(state.path)})
        raise
    rows = [(p.name, _pid(p.pid), _readiness(p.url), p.restarts, p.url, p.log) for p in now.processes]
    if json:
        names = ("name", "pid", "ready", "restarts", "url", "log")
        as_json(
            {
                "running": True,
                "state": str(state.path),
                "pid": now.pid,
                "url": now.url,
                "infrastructure": now.infrastructure,
                "processes": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
    else:
        say(now.infrastructure)
        table(("process", "pid", "state", "restarts", "url"), [row[:-1] for row in rows])
        say(f"logs in {state.logs}: `leadpact logs PROCESS`")
        if now.url:
            pages(now)
    if not rows or any(row[2] != "ready" for row in rows):
        raise typer.Exit(1)


def _pid(guard: int) -> int | None:
    """The program's own, not its guard's."""
    try:
        return program(guard).pid
    except (psutil.Error, IndexError):
        return None


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
        names = ", ".join(sorted(file.stem for file in state.logs.glob("*.log")))
        if not names:
            state.running()
        raise typer.BadParameter(f"no process {process!r}; there is {names or 'nothing yet'}", param_hint="PROCESS")
    tail = shutil.which("tail")
    if tail is None:
        raise LocalError(f"there is no `tail` here; read {state.logs}")
    options = ["-n", str(lines), *(["-f"] if follow else [])]
    with suppress(KeyboardInterrupt):
        subprocess.run([tail, *options, *files], check=False)  # noqa: S603 - our own arguments


def _runs(process: psutil.Process) -> bool:
    """Whether it still does; what has ended and nobody has buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _readiness(url: str) -> str:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=2)
    except httpx.TransportError:
        return "no answer"
    return "ready" if answer.is_success else answer.text[:200]
