"""A process that starts while somebody it cannot do without is away waits, says so, and goes on when they are back."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import pytest
from pydantic import SecretStr

from leadpact.kit.clock import SystemClock
from leadpact.kit.errors import Unavailable
from leadpact.kit.readiness import patiently
from leadpact.kit.runtime import Process
from leadpact.kit.settings import Settings


class Told(SystemClock):
    """A clock on which nobody waits; it remembers why the gate was closed each time somebody would have."""

    def __init__(self, process: Process, asked_to_stop_after: int) -> None:
        super().__init__()
        self.gate = process.readiness.gate("worker")
        self.reasons: list[str | None] = []
        self._process = process
        self._most = asked_to_stop_after

    async def sleep(self, seconds: float) -> None:
        del seconds
        self.reasons.append(self.gate.reason)
        if len(self.reasons) == self._most:
            self._process.stopping.set()


class Door:
    """Away so many times, then open until it is left."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.open = False

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[str]:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
        self.open = True
        yield "tools"
        self.open = False


@pytest.fixture
def process() -> Process:
    return Process(
        "worker", Settings(kafka="k", postgres=SecretStr("postgresql:///p"), master_key=SecretStr("00" * 32))
    )


async def test_it_asks_until_there_is_an_answer_and_says_what_it_waits_for(process: Process) -> None:
    process.clock, door = (told := Told(process, 99)), Door(2)
    async with AsyncExitStack() as stack:
        assert await patiently(stack, door.opening, process, told.gate) == "tools"
        assert told.reasons == ["the database is away"] * 2
        assert door.open
    assert not door.open, "left with the stack"


async def test_who_is_asked_to_stop_waits_no_longer(process: Process) -> None:
    process.clock, door = (told := Told(process, 3)), Door(99)
    async with AsyncExitStack() as stack:
        assert await patiently(stack, door.opening, process, told.gate) is None
    assert len(told.reasons) == 3


async def test_what_does_not_pass_by_itself_is_raised(process: Process) -> None:
    def broken() -> AbstractAsyncContextManager[str]:
        raise ValueError("no such table")

    async with AsyncExitStack() as stack:
        with pytest.raises(ValueError, match="no such table"):
            await patiently(stack, broken, process, process.readiness.gate("worker"))
