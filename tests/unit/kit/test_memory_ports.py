"""The memory log and store keep the rules of their ports."""

import pytest

from leadpact.testkit.clock import ManualClock
from leadpact.testkit.conformance.log import LogConformance
from leadpact.testkit.conformance.store import MARK, Expire, StoreConformance
from leadpact.testkit.memory import MemoryLog, MemoryStore


class TestMemoryLog(LogConformance):
    @pytest.fixture
    def log(self) -> MemoryLog:
        return MemoryLog()


class TestMemoryStore(StoreConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(MARK)

    @pytest.fixture
    def store(self, clock: ManualClock) -> MemoryStore:
        return MemoryStore(clock)

    @pytest.fixture
    def expire(self, clock: ManualClock) -> Expire:
        async def run_out() -> None:
            clock.advance(4)

        return run_out
