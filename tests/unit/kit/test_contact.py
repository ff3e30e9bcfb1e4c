"""A worker that cannot reach the database or Kafka says so, and is ready again by itself (point 14)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from leadpact.kit.clock import SystemClock
from leadpact.kit.contact import PATIENCE, Contact
from leadpact.kit.errors import Unavailable
from leadpact.kit.failpoints import NoFailpoints
from leadpact.kit.meter import CATALOGUE, KitMeter
from leadpact.kit.metrics import Metrics
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.rows import Message, Stream
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.conformance.worker import WITHIN, Bench, working
from leadpact.testkit.eventually import eventually
from leadpact.testkit.memory import MemoryLog, MemoryStore


class Hasty(SystemClock):
    """A second of a test is a minute of waiting."""

    def monotonic(self) -> float:
        return super().monotonic() * 60


class Taking(MemoryLog):
    """A broker that tells where its streams end, but may take nothing."""

    takes = True

    async def publish(self, stream: Stream, messages: Sequence[Message]) -> None:
        if not self.takes:
            raise Unavailable("not enough replicas")
        await super().publish(stream, messages)


@pytest.fixture
def plumbing() -> Plumbing:
    clock = Hasty()
    return Plumbing(Taking(), MemoryStore(clock), clock, KitMeter(Metrics(*CATALOGUE)), NoFailpoints())


@pytest.mark.parametrize(("away", "where"), [("store", "counting"), ("log", "reading"), ("log", "publishing")], ids=str)
async def test_a_worker_is_not_ready_while_a_store_is_away_and_is_again_when_it_is_back(
    plumbing: Plumbing, away: str, where: str
) -> None:
    bench, part = Bench(plumbing), plumbing.log if away == "log" else plumbing.store
    assert isinstance(part, MemoryLog | MemoryStore)
    await bench.ensure()
    async with working(plumbing) as worker:
        await bench.tell(0, "count")
        await eventually(bench.has_counted(0, 1), within=WITHIN)
        await eventually(lambda: not worker.troubles(), within=WITHIN)
        part.down = True
        await eventually(lambda: worker.troubles().get(where, "").startswith("no contact with "), within=WITHIN)
        assert "yet" not in worker.troubles()[where]
        part.down = False
        await eventually(lambda: not worker.troubles(), within=WITHIN)


async def test_a_worker_is_not_ready_while_kafka_answers_and_takes_nothing(plumbing: Plumbing) -> None:
    bench, log = Bench(plumbing), plumbing.log
    assert isinstance(log, Taking)
    await bench.ensure()
    async with working(plumbing) as worker:
        await bench.tell(0, "count")
        await eventually(bench.has_counted(0, 1), within=WITHIN)
        log.takes = False
        await eventually(lambda: list(worker.troubles()) == ["publishing"], within=WITHIN)
        log.takes = True
        await eventually(lambda: not worker.troubles(), within=WITHIN)


def test_contact_is_lost_with_the_first_question_that_stays_open_too_long() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    contact = Contact("Kafka", clock)
    told = [contact.trouble]

    def ask(error: Exception | None = None) -> None:
        with suppress(Unavailable), contact.asking():
            if error is not None:
                raise error
        told.append(contact.trouble)

    ask()
    clock.advance(3_600)
    ask(Unavailable("away"))
    clock.advance(PATIENCE)
    ask(Unavailable("away"))
    clock.advance(PATIENCE)
    ask(Unavailable("away"))
    ask()
    assert told == ["no contact with Kafka yet", None, None, None, "no contact with Kafka for 10 s", None]
