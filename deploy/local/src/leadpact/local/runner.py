"""The local runner: starts an installation in order, watches it, ends it.

Each program runs under a guard, so that nothing is left when the runner goes, however it goes. A program that ends by
itself is started again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from time import monotonic

import httpx

from leadpact.embedded import find, process
from leadpact.embedded.find import Infrastructure
from leadpact.embedded.places import free_port
from leadpact.kit.settings import Settings
from leadpact.local import programs
from leadpact.local.errors import NotReady
from leadpact.local.installation import prepare
from leadpact.local.programs import Program
from leadpact.local.services import SERVICES
from leadpact.local.state import Process, Running, State

READY_WITHIN = 60.0
_TICK = 0.1
_AGAIN_AFTER = 0.5

Say = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to start: `port` 0 takes a free one; `workers` per service."""

    port: int = 0
    workers: int = 1


@asynccontextmanager
async def running(state: State, options: Options, say: Say) -> AsyncIterator[Running]:
    """Everything up, and down again on leaving; `say` hears each step with its seconds.

    Raises `AlreadyUp`, `NotReady`, or an `EmbeddedError` that says what is missing.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(state.held())
        infra = await _found(state, stack, say)
        told = programs.settings(state, infra.bootstrap, infra.dsn)
        with _timed(say, "schemas and topics"):
            await prepare(state, infra, Settings.model_validate(told))
        wanted = [programs.worker(service, n) for service in SERVICES for n in range(1, options.workers + 1)]
        wanted.append(programs.web(free_port(options.port)))
        crew = _Crew(state, programs.environment(told), wanted)
        stack.push_async_callback(crew.stop)
        with _timed(say, "web and workers"):
            await crew.start()
        now = Running(os.getpid(), wanted[-1].url, infra.how, crew.told(), told)
        state.tell(now)
        watch = asyncio.create_task(crew.watch())
        stack.callback(watch.cancel)
        yield now


async def _found(state: State, stack: AsyncExitStack, say: Say) -> Infrastructure:
    context = find.infrastructure(state.path)
    with _timed(say, "Kafka and PostgreSQL"):
        infra = await asyncio.to_thread(context.__enter__)
    stack.push_async_callback(asyncio.to_thread, context.__exit__, None, None, None)
    return infra


class _Crew:
    """The programs of one installation."""

    def __init__(self, state: State, environment: dict[str, str], wanted: list[Program]) -> None:
        self._state = state
        self._environment = environment
        self._wanted = wanted
        self._running: dict[str, process.Guarded] = {}

    async def start(self) -> None:
        """Start all and wait until each is ready."""
        for program in self._wanted:
            self._start(program)
        async with httpx.AsyncClient(timeout=2) as client:
            await asyncio.gather(*(self._ready(client, program) for program in self._wanted))

    async def watch(self) -> None:
        """Start again what has ended."""
        while True:
            await asyncio.sleep(_TICK)
            for program in self._wanted:
                if self._running[program.name].ended() is not None:
                    await asyncio.sleep(_AGAIN_AFTER)
                    self._start(program)
                    running = self._state.running()
                    self._state.tell(replace(running, processes=self.told()))

    async def stop(self) -> None:
        """Ask all to end, together, and wait until they have."""
        await asyncio.gather(*(asyncio.to_thread(guarded.stop) for guarded in self._running.values()))

    def told(self) -> tuple[Process, ...]:
        """The programs as the state file shows them."""
        return tuple(
            Process(p.name, self._running[p.name].pid, p.url, str(self._running[p.name].log)) for p in self._wanted
        )

    def _start(self, program: Program) -> None:
        self._running[program.name] = process.start(
            program.name,
            program.command,
            log=self._state.logs / f"{program.name}.log",
            environment={**self._environment, **program.environment},
        )

    async def _ready(self, client: httpx.AsyncClient, program: Program) -> None:
        give_up = monotonic() + READY_WITHIN
        while True:
            guarded = self._running[program.name]
            if (code := guarded.ended()) is not None:
                raise _not_ready(guarded, f"ended with exit code {code}")
            try:
                answer = await client.get(f"{program.url}/readyz")
            except httpx.TransportError:
                pass
            else:
                if answer.is_success:
                    return
            if monotonic() > give_up:
                raise _not_ready(guarded, f"was not ready within {READY_WITHIN:.0f} s")
            await asyncio.sleep(_TICK)


def _not_ready(guarded: process.Guarded, what: str) -> NotReady:
    return NotReady(f"{guarded.name} {what}; the end of {guarded.log}:\n{guarded.tail()}")


@contextmanager
def _timed(say: Say, what: str) -> Iterator[None]:
    began = monotonic()
    yield
    say(what, monotonic() - began)
