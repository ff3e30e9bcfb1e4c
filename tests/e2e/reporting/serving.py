"""Reporting's app over a seeded database, served on a free port while a test runs."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import asyncpg
import uvicorn

from leadpact.kit.metrics import Metrics
from leadpact.reporting.api import router
from leadpact.reporting.app import NAVIGATION
from leadpact.reporting.metrics import CATALOGUE, headlines
from leadpact.reporting.wall import Watch
from leadpact.testkit.clock import ManualClock
from leadpact.web import create_app, pages


class Standing(ManualClock):
    """Business time stands; the world goes on, so that the wall looks again and again."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()


@contextmanager
def served(dsn: str, now: datetime) -> Iterator[str]:
    """The origin at which pages are found."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop = asyncio.new_event_loop()
        stopping = asyncio.Event()
        serving = loop.create_task(_serve(listener, dsn, now, stopping))
        thread = threading.Thread(target=loop.run_until_complete, args=[serving])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            loop.call_soon_threadsafe(stopping.set)
            thread.join()
            loop.close()


async def _serve(listener: socket.socket, dsn: str, now: datetime, stopping: asyncio.Event) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as connections:
        clock, metrics = Standing(now), Metrics(*CATALOGUE)
        watch = Watch(connections, clock, lambda wall, took: headlines(metrics, wall, took))
        app = create_app("Leadpact", "test")
        shown = pages(app, "leadpact.reporting", NAVIGATION)
        app.include_router(router(connections, clock, watch, shown, metrics))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        looking = asyncio.create_task(watch.run())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await stopping.wait()
        await watch.close()
        server.should_exit = True
        await serving
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
