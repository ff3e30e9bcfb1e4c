"""The local runner: starts an installation in order, watches it, ends it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from leadpact.embedded import find
from leadpact.embedded.find import Infrastructure
from leadpact.embedded.places import free_port
from leadpact.embedded.saying import Say, timed
from leadpact.kit.settings import Settings
from leadpact.local import programs
from leadpact.local.crew import Crew
from leadpact.local.installation import prepare
from leadpact.local.reshaping import reshape
from leadpact.local.services import SERVICES
from leadpact.local.state import Running, State


@dataclass(frozen=True, slots=True)
class Options:
    """How to start: `port` 0 takes the last one if it is free, else any that is; `workers` per service; `through` is a
    module that runs a worker's program with more in it."""

    port: int = 0
    workers: int = 1
    through: tuple[str, ...] = ()


@asynccontextmanager
async def running(state: State, options: Options, say: Say) -> AsyncIterator[Running]:
    """Everything up, and down again on leaving; `say` hears each step with its seconds.

    Raises `AlreadyUp`, `Unusable`, `PortTaken`, `NotReady`, or an `EmbeddedError` that says what is missing.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(state.held())
        listening = stack.enter_context(programs.listening(options.port or free_port(state.port)))
        state.keep_port(listening.getsockname()[1])
        infra = await _found(state, stack, say)
        told = programs.settings(state, infra.bootstrap, infra.dsn)
        settings = Settings.model_validate(told)
        with timed(say, "schemas and topics"):
            await prepare(state, infra, settings)
        await reshape(settings, say)
        numbers = range(1, options.workers + 1)
        wanted = [programs.worker(service, number, options.through) for service in SERVICES for number in numbers]
        wanted.append(programs.web(listening))
        for program in wanted:
            programs.entrust(program, state, settings)
        crew = Crew(state, programs.environment(told), wanted)
        stack.push_async_callback(crew.stop)
        with timed(say, "web and workers"):
            await crew.start()
        now = Running(os.getpid(), wanted[-1].url, infra.how, crew.told(), told)
        state.tell(now)
        stack.push_async_callback(_ended, asyncio.create_task(crew.watch(now)))
        yield now


async def _ended(watch: asyncio.Task[None]) -> None:
    """Watch no longer; raises what watching has failed with."""
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


async def _found(state: State, stack: AsyncExitStack, say: Say) -> Infrastructure:
    context = find.infrastructure(state.path, say)
    with timed(say, "Kafka and PostgreSQL"):
        infra = await asyncio.to_thread(context.__enter__)
    stack.push_async_callback(asyncio.to_thread, context.__exit__, None, None, None)
    return infra
