"""Keeps a process's gate open while it can do its work, and closed with the reason while it cannot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

import asyncpg
import structlog

from leadpact.kit.board import MARKS_STREAM
from leadpact.kit.contact import Contact
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.ops import Gate
from leadpact.kit.pg import connect
from leadpact.kit.pg.answering import answering
from leadpact.kit.runtime import Process
from leadpact.kit.settings import Settings
from leadpact.kit.tasks import ended

T = TypeVar("T")
_EVERY = 0.5  # seconds

log = structlog.get_logger()


async def patiently(
    stack: AsyncExitStack, opening: Callable[[], AbstractAsyncContextManager[T]], process: Process, gate: Gate
) -> T | None:
    """Enter it on the stack, over and over while it raises `Unavailable`: the gate says why, and the log when that is
    something else than before.

    None when the process is asked to stop before that.
    """
    while not process.stopping.is_set():
        try:
            return await stack.enter_async_context(opening())
        except Unavailable as error:
            if gate.reason != str(error):
                gate.close(str(error))
                log.warning("waiting", gate=gate.name, exc_info=error.__cause__ or error)
            await process.clock.sleep(_EVERY)
    return None


async def watch(process: Process, gate: Gate, reason: Callable[[], str]) -> None:
    """Close the gate while there is a reason, else open it, until the process is asked to stop."""
    while not process.stopping.is_set():
        if found := reason():
            gate.close(found)
        else:
            gate.open()
        await process.clock.sleep(_EVERY)


async def watch_stores(process: Process, settings: Settings, schema: str, gate: Gate, *, either: bool) -> None:
    """Keep the gate of a process that serves apps open while the database answers and takes what is written.

    With `either`, while the database or Kafka does: the door accepts by one of them (docs/adr/0008).
    """
    database, kafka = Contact("the database", process.clock), Contact("Kafka", process.clock)
    async with AsyncExitStack() as stack:
        log = KafkaLog(settings.kafka, settings.topic_prefix)
        stack.push_async_callback(log.close)
        pool = await patiently(stack, lambda: _connected(settings.dsn(schema)), process, gate)
        if pool is None:
            return

        async def ask() -> None:
            with answering():
                await pool.execute("select")

        def reason() -> str:
            troubles = [database.trouble, *([kafka.trouble] if either else [])]
            return "; ".join(trouble for trouble in troubles if trouble) if all(troubles) else ""

        keeping = [asyncio.create_task(database.keep(ask))]
        if either:
            keeping.append(asyncio.create_task(kafka.keep(lambda: log.ends([MARKS_STREAM]))))
        try:
            await watch(process, gate, reason)
        finally:
            await ended(*keeping)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with await connect(dsn, most=1) as pool:
        yield pool
