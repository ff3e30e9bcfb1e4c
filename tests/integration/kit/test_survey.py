"""How a service stands, by its own tables: slots, marks, what is set aside, and how far behind the log it is."""

from datetime import timedelta

import msgspec
import pytest

from leadpact.contracts.topics import LEADS
from leadpact.kit.clock import SystemClock
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.meter import CATALOGUE
from leadpact.kit.metrics import Metrics
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import PgStore, connect
from leadpact.kit.pg.survey import survey, tell
from leadpact.kit.rows import Message, ParkedKey, Position, Record, Stream
from leadpact.kit.surveying import Count, Surveyor
from leadpact.testkit.installation import Installation

CONSUMER = "judge"
HERE = Stream(LEADS.name, 1)


@pytest.mark.parametrize("reached", [0, 2])
async def test_point4_lag_marks_slots_and_what_is_set_aside_are_counted(
    installation: Installation, kafka: str, topic_prefix: str, reached: int
) -> None:
    dsn, clock = installation.dsn("qualifier"), SystemClock()
    await migrate(dsn, "leadpact.kit.migrations")
    pool, log, metrics = await connect(dsn), KafkaLog(kafka, topic_prefix), Metrics(*CATALOGUE)
    try:
        await log.ensure([LEADS])
        await log.publish(HERE, [Message(b"", b"x")] * 5)
        await log.publish(Stream(LEADS.name, 2), [Message(b"", b"x")])
        store, mark = PgStore(pool), clock.business() - timedelta(seconds=90)
        await store.ensure(CONSUMER, 2)
        await store.attend(CONSUMER, "one", {})
        (lease,) = await store.claim(CONSUMER, "one", (), 1)
        async with store.turn(lease) as turn:
            turn.park(ParkedKey("lead-1", CONSUMER, "a bug"))
            turn.park(ParkedKey("lead-2", "upstream", "a bug there"))
            turn.bury(Record(LEADS.name, 1, 0, b"", b"x"), "no JSON")
            turn.emit(Stream("sla", 1), [Message(b"", b"y")] * 3)
            turn.move({HERE: Position(reached)}, mark)
        await tell(pool, "one", "a gap", {CONSUMER: 7})
        called = "select string_agg(consumer, ' ' order by slot) from fence"
        rows = Count("rows", "Rows", "select count(*) from fence", "nothing", called)
        looked = await Surveyor("qualifier", pool, log, clock, metrics, [rows]).look()
    finally:
        await log.close()
        await pool.close()
    (found,) = looked.survey.consumers
    assert (found.slots, found.unowned, found.parked, found.dead, found.slowest) == (2, 1, 1, 1, mark)
    assert [(member.waiting, member.fenced) for member in found.members] == [("a gap", 7)]
    assert (looked.survey.outbox, looked.counts) == (3, [(msgspec.structs.replace(rows, do="judge judge"), 2)])
    assert looked.behind == {CONSUMER: 5 - reached + 1}, "also of the partition that was never read"
    told = metrics.expose().decode()
    for line in (
        f'leadpact_records_behind{{consumer="{CONSUMER}"}} {6.0 - reached}',
        f'leadpact_slots{{consumer="{CONSUMER}",state="unowned"}} 1.0',
        f'leadpact_parked_keys{{consumer="{CONSUMER}"}} 1.0',
        f'leadpact_dead_letters{{consumer="{CONSUMER}"}} 1.0',
        'leadpact_outbox_messages{service="qualifier"} 3.0',
        'leadpact_counted{service="qualifier",what="rows"} 2.0',
    ):
        assert line in told
    (age,) = (float(line.split()[-1]) for line in told.splitlines() if line.startswith("leadpact_mark_age_seconds{"))
    assert 90 <= age < 120


async def test_while_the_broker_does_not_answer_lag_is_not_known(installation: Installation) -> None:
    dsn = installation.dsn("qualifier")
    await migrate(dsn, "leadpact.kit.migrations")
    pool, log = await connect(dsn), KafkaLog("127.0.0.1:1")
    try:
        store = PgStore(pool)
        await store.ensure(CONSUMER, 1)
        (lease,) = await store.claim(CONSUMER, "one", (), 1)
        async with store.turn(lease) as turn:
            turn.move({HERE: Position(1)}, SystemClock().business())
        surveyor = Surveyor("qualifier", pool, log, SystemClock(), Metrics(*CATALOGUE), ())
        assert (await surveyor.look()).behind is None
        assert (await survey(pool)).consumers[0].members == ()
    finally:
        await log.close()
        await pool.close()
