"""A loop that is cancelled ends, even in the very moment in which it is woken: a worker would wait for it for ever."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from leadpact.kit.announcer import Announcer
from leadpact.kit.contact import Contact
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.relay import Relay
from leadpact.kit.rows import Slot
from leadpact.kit.tasks import ended
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog, MemoryStore

Loop = tuple[Coroutine[object, object, None], Callable[[], None]]


def announcer(plumbing: Plumbing) -> Loop:
    made = Announcer(dict, plumbing, Contact("Kafka", plumbing.clock))
    return made.run(), made.moved


def relay(plumbing: Plumbing) -> Loop:
    made = Relay(Slot("consumer", 0), [], plumbing)
    return made.run(), made.wake


@pytest.mark.parametrize("loop", [announcer, relay])
async def test_a_loop_that_is_woken_and_cancelled_at_once_ends(loop: Callable[[Plumbing], Loop]) -> None:
    clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    meter = KitMeter(Metrics(*CATALOGUE))
    run, wake = loop(Plumbing(MemoryLog(), MemoryStore(clock), clock, meter, NoFailpoints()))
    running = asyncio.create_task(run)
    await asyncio.sleep(0.18)  # both wait to be woken by now
    wake()
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=2)
    running.cancel()
    assert done == {running}


async def test_a_task_that_swallows_a_cancellation_is_asked_again() -> None:
    async def stubborn() -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await ended(task)
    assert task.done()
