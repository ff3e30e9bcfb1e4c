"""A slot whose owner waits for ever for a library is given up, and goes on."""

from asyncio import Event
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from leadpact.kit import tenure
from leadpact.kit.clock import SystemClock
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Lease
from leadpact.testkit.conformance.worker import WITHIN, Bench, working
from leadpact.testkit.eventually import eventually
from leadpact.testkit.memory import MemoryLog, MemoryStore
from leadpact.testkit.memory.turn import MemoryTurn


class Swallowed(MemoryStore):
    """A database whose answer to one turn never comes."""

    hung = False

    @asynccontextmanager
    async def turn(self, lease: Lease) -> AsyncIterator[MemoryTurn]:
        if lease.slot.number == 0 and lease.turn > 0 and not self.hung:
            self.hung = True
            await Event().wait()
        async with super().turn(lease) as turn:
            yield turn


async def test_point1_a_slot_that_hangs_is_given_up_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenure, "_HANGS", 1.0)
    monkeypatch.setattr(tenure, "_LOOK", 0.1)
    clock = SystemClock()
    store = Swallowed(clock)
    plumbing = Plumbing(MemoryLog(), store, clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())
    bench = Bench(plumbing)
    await bench.ensure()
    with capture_logs() as lines:
        async with working(plumbing):
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 1), within=WITHIN)
            await bench.tell(0, "count")
            await eventually(bench.has_counted(0, 2), within=WITHIN)
    assert store.hung
    (said,) = (line for line in lines if line["event"] == "gives up a slot that hangs")
    assert any("consumer.py:" in place for place in said["where"])
