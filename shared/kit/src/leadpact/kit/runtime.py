"""How every process lives: starts, says so, works until it is asked to stop, and is gone within one deadline.

`main` composes the process and works until `stopping` is set. Then it has most of the deadline to come home by itself;
a cancellation follows; what still hangs is cut off.
"""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp

from leadpact.kit import logging, meter, ops
from leadpact.kit.clock import SystemClock, wrong_by
from leadpact.kit.failpoints import Failpoints, NoFailpoints
from leadpact.kit.metrics import Metrics
from leadpact.kit.ops import Readiness
from leadpact.kit.settings import Settings

if TYPE_CHECKING:
    from leadpact.kit.surveying import Surveyor

DEADLINE = 4.0
FAILED, CUT_OFF = 1, 3
BY_ITSELF = 0.8
"""Share of the deadline before a cancellation."""
_COLLECT_AFTER = (100_000, 50, 100)  # allocations: what is alive after the start is alive for good
_ASK_AGAIN = 0.3  # seconds in which those whom we have answered may still ask
_LOOKS, _LOOK = 20, 0.04  # how often we look, and seconds between, whether those who have connected have asked
_DRAIN = 1  # seconds that open connections have to end
BACKLOG = 2048

log = structlog.get_logger()


class Process:
    """What a process has from the start: clock, metrics, readiness, and the wish that it stop."""

    def __init__(self, name: str, settings: Settings, failpoints: Failpoints | None = None) -> None:
        self.name = name
        self.called = settings.name or name
        """What it is called wherever people meet it: `leadpact status`, logs, pages; `name` is its service's."""
        self.failpoints = failpoints or NoFailpoints()
        self.version = version("leadpact-kit")
        self.wrong = wrong_by(settings.wrong_clocks and settings.wrong_clocks / name)
        """By how much a test wants this process's wall clock to be wrong."""
        self.clock = SystemClock(settings.clock, self.wrong)
        self.metrics = Metrics(*meter.CATALOGUE)
        self.meter = meter.KitMeter(self.metrics)
        self.readiness = Readiness(self.metrics)
        self.stopping = asyncio.Event()
        self.surveyors: dict[str, Surveyor] = {}
        """Of the services whose apps are open here, by name."""

    def ops(self) -> Starlette:
        """An app with `/livez`, `/readyz`, `/metrics`, `/version` of this process."""
        return ops.app(self.name, self.version, self.readiness, self.metrics)

    def started(self) -> None:
        """Everything is composed: leave it out of the garbage collector's rounds from here on."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        log.info("started")

    async def serve(self, app: ASGIApp, port: int, host: str = "127.0.0.1", handed: int | None = None) -> None:
        """Serve an app until the process is asked to stop; requests then have a second to end. Port 0: any free one.

        `handed` is the number of a socket that listens already; whoever holds it too keeps those who connect later.
        The app's lifespan is not run: what it needs is composed in `main`. Raises `OSError` when the port is taken.
        """
        with _listening(host, port, handed) as listening:
            server = _Server(
                uvicorn.Config(
                    app,
                    http="httptools",
                    ws="none",
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=_DRAIN,
                )
            )
            log.info("listening", url=f"http://{host}:{listening.getsockname()[1]}")
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                await _either(serving, self.stopping)
            finally:
                server.should_exit = True
                await serving


class _Server(uvicorn.Server):
    """uvicorn, leaving signals to us, and ending connections so that nobody's request is lost: whoever has connected is
    answered, and told not to ask again here."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nobody, answer those who are there, then end."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await asyncio.sleep(_ASK_AGAIN)
        for _ in range(_LOOKS):
            if not self._has_a_newcomer():
                break
            await asyncio.sleep(_LOOK)
        await super().shutdown(sockets)

    def _has_a_newcomer(self) -> bool:
        """Whether somebody has connected and not asked anything yet."""
        return any(getattr(connection, "cycle", True) is None for connection in self.server_state.connections)


def _listening(host: str, port: int, handed: int | None) -> socket.socket:
    return socket.create_server((host, port), backlog=BACKLOG) if handed is None else socket.socket(fileno=handed)


def run(
    name: str,
    settings: Settings,
    main: Callable[[Process], Awaitable[None]],
    deadline: float = DEADLINE,
    failpoints: Failpoints | None = None,
) -> int:
    """Run a process to its end; returns its exit code.

    0: asked to stop and came home. 1: `main` failed or ended unasked. 3: it had to be cut off at the deadline.
    """
    return uvloop.run(_run(Process(name, settings, failpoints), settings, main, deadline))


async def _run(
    process: Process, settings: Settings, main: Callable[[Process], Awaitable[None]], deadline: float
) -> int:
    logging.configure(process.clock, settings.log_level, service=process.name, process=process.called, pid=os.getpid())
    log.info("starting", version=process.version)
    if process.wrong:
        wrong = process.wrong.total_seconds()
        log.error("the wall clock is wrong, as is meant for tests alone", reason="LEADPACT_WRONG_CLOCKS", seconds=wrong)
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        if not process.stopping.is_set():
            log.info("stopping", signal=number.name, deadline=deadline)
            _cut_off_after(deadline)
            process.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    working = asyncio.ensure_future(main(process))
    await _either(working, process.stopping)
    if not working.done():
        await asyncio.wait([working], timeout=deadline * BY_ITSELF)
    if not working.done():
        log.warning("cancelled", deadline=deadline)
        working.cancel()
        await asyncio.wait([working])
    code = _judge(working, asked=process.stopping.is_set())
    log.info("stopped", code=code)
    return code


async def _either(working: asyncio.Future[None], asked: asyncio.Event) -> None:
    """Return when the work is done or the event is set."""
    waiting = asyncio.create_task(asked.wait())
    try:
        both: list[asyncio.Future[Any]] = [working, waiting]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


def _judge(working: asyncio.Future[None], *, asked: bool) -> int:
    if working.cancelled():
        return CUT_OFF
    if (error := working.exception()) is None:
        return 0 if asked else FAILED
    for leaf in _leaves(error):
        log.error("failed", exc_info=leaf)
    return FAILED


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _cut_off_after(seconds: float) -> None:
    """End the process hard after so many seconds, even if its event loop or a thread of it hangs."""
    timer = threading.Timer(seconds, os._exit, (CUT_OFF,))
    timer.daemon = True
    timer.start()
