"""A closing that goes round on real parts: the worker that asks for it dies in the worst moments, the one that hears
of it hears twice, and it is one fact all the same (rules 7 and 27)."""

import asyncio
import os
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from leadpact.calendar import resolve, to_dict
from leadpact.contracts import envelope as wire
from leadpact.contracts.agreement import Cadence, Exhausted, Unit
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.control import InForce, RosterChanged
from leadpact.contracts.events.lead import Disposed, Outcome, Verdict
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS, MARKS, QUALIFICATION, RETURNS, SLA, Topic, partition
from leadpact.kit.decider import Fact
from leadpact.kit.failpoints import Point
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Message, Record, Stream
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation
from tests.integration.intake.conftest import Intake, running
from tests.unit.sla_monitor.world import ANN, TEAM, World, promising

WITHIN = 40.0
POINTS = [Point.BEFORE_COMMIT, Point.AFTER_COMMIT, Point.AFTER_SEND, Point.BEFORE_SEND]  # the last leaves work to do
MANY = 24  # leads of which four are in partitions of their own
NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the processes under test live by the real clock
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("00:00-24:00",))
ALWAYS = resolve("UTC", WEEK, first=date(2020, 1, 1), last=date(2099, 12, 31))
AGREEMENT = msgspec.structs.replace(
    promising(cadence=Cadence(1, 0, 0, 3_600, Unit.ELAPSED, exhausted=Exhausted.RECYCLE)),
    calendar=dict(to_dict(ALWAYS)),
    zone="UTC",
)


def exhausted(lead: str) -> list[Fact]:
    """What the qualifier would tell: an MQL, one call in vain, and that two hours have passed."""
    world = World()
    return [
        world.facts(InForce(control=1, agreement=AGREEMENT, hash="h"), at=NOW),
        world.facts(RosterChanged(control=2, team=TEAM, reps=(ANN,), reason="tests"), at=NOW),
        world.mql(NOW, lead=lead),
        world.touch(NOW + timedelta(minutes=5), outcome=Outcome.NO_ANSWER, lead=lead),
        world.facts(RosterChanged(control=3, team=TEAM, reps=(ANN,), reason="later"), at=NOW + timedelta(hours=2)),
    ]


async def tell(log: KafkaLog, lead: str, facts: list[Fact], first: int) -> None:
    """Write them into the lead's partition, with sequences."""
    messages = [
        Message(fact.envelope.lead.encode(), wire.encode(fact.envelope), seq) for seq, fact in enumerate(facts, first)
    ]
    await log.publish(Stream(QUALIFICATION.name, partition(lead)), messages)


def closings(lead: str, number: int) -> list[Message]:
    """Records of `returns`, each an event of its own, under sequences from 1."""
    world = World()
    asked = [ClosingRequested(engagement=f"run-{n}", reason="exhausted", cadence="clock-1") for n in range(number)]
    facts = [world.facts(event, lead=lead, at=NOW) for event in asked]
    return [Message(fact.envelope.lead.encode(), wire.encode(fact.envelope), seq) for seq, fact in enumerate(facts, 1)]


async def worker(
    of: str, intake: Intake, installation: Installation, failpoint: str = ""
) -> asyncio.subprocess.Process:
    """A service's worker, in a process of its own."""
    environment = {
        "LEADPACT_KAFKA": intake.settings.kafka,
        "LEADPACT_POSTGRES": installation.admin_dsn,
        "LEADPACT_MASTER_KEY": installation.master.hex(),
        "LEADPACT_TOPIC_PREFIX": intake.settings.topic_prefix,
        "LEADPACT_FAILPOINT": failpoint,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "leadpact.chaos.armed",
        f"leadpact.{of}",
        "--role",
        "worker",
        env={**os.environ, **environment},
    )


async def written(log: KafkaLog, topic: Topic) -> list[Record]:
    """Everything that stands in a topic."""
    reader = await log.reader({Stream(topic.name, number): 0 for number in range(topic.partitions)})
    try:
        return await reader.fetch(100, 0.5)
    finally:
        await reader.close()


def disposed(told: list[Envelope]) -> list[Envelope]:
    return [envelope for envelope in told if isinstance(read(envelope), Disposed)]


async def captured(intake: Intake) -> str:
    """A lead that the normaliser knows."""
    answer = await intake.post("/v1/leads", {"id": "1", "email": "ada@acme.example", "form": "demo"})
    assert answer.status_code == 202
    (told,) = await intake.leads(1)
    return told.lead


async def apart(intake: Intake, number: int) -> list[str]:
    """So many leads, each in a partition of its own; of others, the normaliser knows too."""
    forms = [{"id": str(n), "email": f"ada{n}@acme.example", "form": "demo"} for n in range(MANY)]
    assert (await intake.post("/v1/leads", forms)).status_code == 202
    found = {partition(told.lead): told.lead for told in await intake.leads(MANY)}
    return list(found.values())[:number]


async def test_r27_a_closing_goes_round_once_though_the_worker_that_asks_for_it_is_killed(
    intake: Intake, installation: Installation, tmp_path: Path
) -> None:
    """One life after the other: each asks for the closing of a lead and dies, the next one goes on."""
    leads = await apart(intake, len(POINTS))
    await intake.log.ensure([LEADS, QUALIFICATION, SLA, RETURNS, MARKS])
    for point, lead in zip(POINTS, leads, strict=True):
        *told, time_passes = exhausted(lead)
        await tell(intake.log, lead, told, 1)
        armed = tmp_path / point.value
        life = await worker("sla_monitor", intake, installation, f"{point.value}@{armed}")

        async def owned(lead: str = lead, least: int = len(told)) -> bool:
            stands = [record.partition for record in await written(intake.log, SLA)]
            return stands.count(partition(lead)) >= least

        await eventually(owned, within=WITHIN)
        armed.touch()
        await tell(intake.log, lead, [time_passes], len(told) + 1)
        assert await asyncio.wait_for(life.wait(), WITHIN) == -signal.SIGKILL, point
    last = await worker("sla_monitor", intake, installation)
    try:
        facts = {fact.lead: fact for fact in disposed(await intake.leads(MANY + len(leads)))}
        asked = {wire.decode(record.value).id for record in await written(intake.log, RETURNS)}
    finally:
        last.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(last.wait(), WITHIN) == 0

    assert set(facts) == set(leads)
    assert {fact.causation for fact in facts.values()} == asked
    for fact in facts.values():
        said = read(fact)
        assert isinstance(said, Disposed) and said.verdict is Verdict.RECYCLED and said.reason == "exhausted"
        assert fact.lead_version == 2


@pytest.mark.parametrize("point", [Point.BEFORE_SEND, Point.AFTER_SEND])
async def test_r27_a_closing_becomes_one_fact_though_the_normaliser_is_killed_while_it_tells_it(
    point: Point, kafka: str, topic_prefix: str, installation: Installation
) -> None:
    async with running(kafka, topic_prefix, installation) as intake:
        lead = await captured(intake)
        await intake.log.ensure([RETURNS])
    log = KafkaLog(kafka, topic_prefix)
    try:
        await log.publish(Stream(RETURNS.name, partition(lead)), closings(lead, 1))
    finally:
        await log.close()
    normaliser = await worker("intake", intake, installation, point.value)
    assert await asyncio.wait_for(normaliser.wait(), WITHIN) == -signal.SIGKILL
    async with running(kafka, topic_prefix, installation) as intake:

        async def told() -> bool:
            return len({record.seq for record in await written(intake.log, LEADS)}) == 2

        await eventually(told, within=WITHIN)
        envelopes = [wire.decode(record.value) for record in await written(intake.log, LEADS)]
        facts = {envelope.id: envelope for envelope in envelopes}  # some of it may stand there twice
        assert [fact.lead_version for fact in facts.values()] == [1, 2]
        assert len(disposed(list(facts.values()))) == 1


async def test_r7_what_was_heard_before_a_new_owner_reads_on_is_not_heard_again(
    kafka: str, topic_prefix: str, installation: Installation
) -> None:
    async with running(kafka, topic_prefix, installation) as intake:
        lead = await captured(intake)
        await intake.log.ensure([RETURNS])
        closing = closings(lead, 2)
        stream = Stream(RETURNS.name, partition(lead))
        await intake.log.publish(stream, [closing[0]])
        assert len(disposed(await intake.leads(2))) == 1
    async with running(kafka, topic_prefix, installation) as intake:
        again = msgspec.structs.replace(closing[0], seq=2)
        await intake.log.publish(stream, [closing[0], again, msgspec.structs.replace(closing[1], seq=3)])
        told = disposed(await intake.leads(3))
        assert len(told) == len({fact.causation for fact in told}) == 2
