"""The judge over the store in memory."""

import pytest

from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryStore
from tests.unit.sla_monitor.judging import OVER, Judging


class TestJudge(Judging):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(ManualClock(OVER))
