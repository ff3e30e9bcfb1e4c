"""The programs of one installation: started together, started again when they end by themselves, ended together.

Each runs under a guard, so that nothing is left when the runner goes, however it goes.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from time import monotonic

import httpx

from leadpact.embedded import process
from leadpact.local.errors import NotReady
from leadpact.local.programs import Program
from leadpact.local.show import complain
from leadpact.local.state import Process, Running, State

READY_WITHIN = 60.0
GRACE = 4.5
"""Seconds until a program that was asked to end is ended: longer than its own deadline, and nothing is left after 5."""
_TICK = 0.1
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_STEADY = 30.0
"""Seconds after which a program that ends has not failed to start."""


class Crew:
    """Starts, watches and ends programs."""

    def __init__(self, state: State, environment: dict[str, str], wanted: list[Program]) -> None:
        self._state = state
        self._environment = environment
        self._wanted = wanted
        self._running: dict[str, process.Guarded] = {}
        self._restarts: Counter[str] = Counter()

    async def start(self) -> None:
        """Start all and wait until each is ready."""
        for program in self._wanted:
            self._start(program)
        async with httpx.AsyncClient(timeout=2) as client:
            await asyncio.gather(*(self._ready(client, program) for program in self._wanted))

    async def watch(self, now: Running) -> None:
        """Start again what has ended, each by itself, and tell it in the place of `now`."""
        await asyncio.gather(*(self._keep(program, now) for program in self._wanted))

    async def stop(self) -> None:
        """Ask all to end, together, and wait until they have."""
        await asyncio.gather(*(asyncio.to_thread(guarded.stop) for guarded in self._running.values()))

    def told(self) -> tuple[Process, ...]:
        """The programs as the state file shows them."""
        return tuple(self._process(program, self._running[program.name]) for program in self._wanted)

    def _process(self, program: Program, guarded: process.Guarded) -> Process:
        return Process(program.name, guarded.pid, program.url, str(guarded.log), self._restarts[program.name])

    def _start(self, program: Program) -> None:
        self._running[program.name] = process.start(
            program.name,
            program.command,
            log=self._state.logs / f"{program.name}.log",
            environment={
                **self._environment,
                **program.environment,
                "LEADPACT_SECRETS_FILE": str(self._state.secrets(program.name)),
            },
            handed=program.handed,
            grace=GRACE,
        )

    async def _keep(self, program: Program, now: Running) -> None:
        pause, began = 0.0, monotonic()
        while True:
            await asyncio.sleep(_TICK)
            if (code := self._running[program.name].ended()) is None:
                continue
            pause = pause_after(pause, monotonic() - began)
            complain(f"{program.name} ended with exit code {code}; it is started again in {pause} s")
            await asyncio.sleep(pause)
            began = monotonic()
            try:
                self._start(program)
                self._restarts[program.name] += 1
                self._state.tell(replace(now, processes=self.told()))
            except OSError as error:  # no memory, no file handles, no room: it may pass
                complain(f"{program.name}: {error}")

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


def pause_after(pause: float, ran: float) -> float:
    """Seconds until a program that ran so long is started again, after the pause before that: longer each time."""
    if pause == 0 or ran > _STEADY:
        return _FIRST_PAUSE
    return min(2 * pause, _LONGEST_PAUSE)


def _not_ready(guarded: process.Guarded, what: str) -> NotReady:
    return NotReady(f"{guarded.name} {what}; the end of {guarded.log}:\n{guarded.tail()}")
