"""What stands in for the real parts in memory keeps the rules of their ports."""

from itertools import count

import pytest

from leadpact.kit.rows import Slot
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.conformance.authority import ANN, ROLES, SCOPES, AuthorityConformance, Issue, Revoke
from leadpact.testkit.conformance.beside import BesideConformance
from leadpact.testkit.conformance.clock import ClockConformance, PassTime, Step
from leadpact.testkit.conformance.log import LogConformance
from leadpact.testkit.conformance.outbox import Outbox
from leadpact.testkit.conformance.passing import Passing
from leadpact.testkit.conformance.safe import Away, Minute, Reading, Readings, SafeConformance
from leadpact.testkit.conformance.store import IN, MARK, OUT, Expire, StoreConformance
from leadpact.testkit.conformance.tallying import Tallying
from leadpact.testkit.memory import MemoryAuthority, MemoryLog, MemorySafe, MemoryStore
from leadpact.testkit.memory.beside import MemoryBeside


class TestMemoryLog(LogConformance):
    @pytest.fixture
    def log(self) -> MemoryLog:
        return MemoryLog()


class TestMemoryStore(StoreConformance, Outbox, Passing, Tallying):
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


class TestMemoryBeside(BesideConformance):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(ManualClock(MARK))

    @pytest.fixture
    def beside(self, store: MemoryStore) -> MemoryBeside:
        return MemoryBeside(store.rows, Slot("test", 0), IN, OUT)


class TestMemorySafe(SafeConformance):
    @pytest.fixture
    def safe(self) -> MemorySafe:
        return MemorySafe()

    @pytest.fixture
    def elsewhere(self, safe: MemorySafe) -> MemorySafe:
        return safe

    @pytest.fixture
    def minute(self) -> Minute:
        return lambda: None

    @pytest.fixture
    def readings(self, safe: MemorySafe) -> Readings:
        async def told() -> list[Reading]:
            return safe.readings

        return told

    @pytest.fixture
    def away(self, safe: MemorySafe) -> Away:
        async def gone() -> None:
            safe.down = True

        return gone


class TestMemoryAuthority(AuthorityConformance):
    @pytest.fixture
    def authority(self) -> MemoryAuthority:
        return MemoryAuthority()

    @pytest.fixture
    def issue(self, authority: MemoryAuthority) -> Issue:
        numbers = count(1)

        async def made(*sources: str) -> str:
            key = f"key-{next(numbers)}"
            authority.issue(key, ANN, roles=ROLES, scopes=SCOPES, sources=sources)
            return key

        return made

    @pytest.fixture
    def revoke(self, authority: MemoryAuthority) -> Revoke:
        async def ended(key: str) -> None:
            authority.revoke(key)

        return ended


class TestManualClock(ClockConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(MARK)

    @pytest.fixture
    def step(self, clock: ManualClock) -> Step:
        return clock.step_to

    @pytest.fixture
    def pass_time(self, clock: ManualClock) -> PassTime:
        return clock.advance
