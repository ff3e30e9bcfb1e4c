"""The qualifier's own processes on a real Kafka and a real PostgreSQL: an agreement in, an MQL out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import httpx
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.events.agreement import Activated
from leadpact.contracts.events.control import InForce
from leadpact.contracts.events.lead import Behaved, Captured
from leadpact.contracts.events.qualification import Qualified
from leadpact.contracts.registry import Event, read
from leadpact.contracts.topics import AGREEMENTS, LEADS, QUALIFICATION, partition
from leadpact.kit.access import Keys, Role, Scope
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import connect
from leadpact.kit.rows import Message, Stream
from leadpact.kit.runtime import Process
from leadpact.kit.service import ServiceSettings, answering, work
from leadpact.qualifier import agreement as agreements
from leadpact.qualifier import starters
from leadpact.qualifier.agreement.source import parse
from leadpact.qualifier.main import SERVICE
from leadpact.testkit.eventually import eventually
from leadpact.testkit.facts import Facts
from leadpact.testkit.installation import Installation

E = TypeVar("E", bound=Event)
LEAD = "lead-1"


@pytest.fixture
def settings(installation: Installation, kafka: str, topic_prefix: str) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {
            "kafka": kafka,
            "postgres": installation.admin_dsn,
            "master_key": installation.master.hex(),
            "topic_prefix": topic_prefix,
        }
    )


@asynccontextmanager
async def working(settings: ServiceSettings) -> AsyncIterator[KafkaLog]:
    """A worker at work, and a log to look at."""
    process = Process("qualifier", settings)
    task = asyncio.create_task(work(SERVICE, process, settings))
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        await eventually(lambda: task.done() or not list(process.readiness.closed()), within=30)
        yield log
    finally:
        process.stopping.set()
        await asyncio.wait_for(task, 10)
        await log.close()


async def found(log: KafkaLog, stream: Stream, kind: type[E]) -> E:
    """The first event of a kind that comes on a stream."""
    reader = await log.reader({stream: 0})

    async def look() -> E | None:
        records = await reader.fetch(500, 1)
        events = (read(wire.decode(record.value)) for record in records)
        return next((event for event in events if isinstance(event, kind)), None)

    try:
        seen = await eventually(look, within=30)
    finally:
        await reader.close()
    assert seen is not None
    return seen


async def test_an_activated_agreement_reaches_its_topic(settings: ServiceSettings) -> None:
    await migrate(settings.dsn("access"), "leadpact.kit.access.migrations")
    process = Process("web", settings)
    async with working(settings) as log, answering(SERVICE, process, settings) as app:
        pool = await connect(settings.dsn("access"), most=1)
        keys, now = Keys(pool), process.clock.business()
        said = [
            (await keys.create(Actor(name, ActorKind.HUMAN), name, roles={role}, scopes=set(Scope), now=now)).text
            for name, role in (("mia", Role.MARKETING), ("sam", Role.SALES))
        ]
        await pool.close()
        mia, sam = ({"authorization": f"Bearer {text}"} for text in said)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            paper = (await client.post("/v1/agreements", content=starters.text("sample"), headers=mia)).json()
            place = "/v1/agreements/sample/versions/1"
            for team, who in (("marketing", mia), ("sales", sam)):
                body = {"team": team, "hash": paper["hash"]}
                assert (await client.post(f"{place}/approvals", json=body, headers=who)).status_code == 200
            assert (await client.post(f"{place}/activation", headers=sam)).status_code == 200
        activated = await found(log, Stream(AGREEMENTS.name, 0), Activated)
        assert activated.hash == paper["hash"]


async def test_a_lead_that_meets_the_sample_becomes_mql(settings: ServiceSettings) -> None:
    facts, now = Facts(), Process("test", settings).clock.business()
    agreement = agreements.read(parse(starters.text("sample"), json=False), version=1, today=now.date())
    story = [
        facts(InForce(control=1, agreement=agreement, hash="h"), at=now),
        facts(
            Captured(
                source="site",
                channel="organic",
                form="demo",
                features={"seniority": "vp", "department": "sales", "employees": 64},
            ),
            lead=LEAD,
            at=now,
        ),
        *(
            facts(Behaved(source="site", kind="page", subject="/pricing"), lead=LEAD, at=now + timedelta(seconds=visit))
            for visit in (1, 2)
        ),
    ]
    number = partition(LEAD)
    async with working(settings) as log:
        messages = [
            Message(fact.envelope.lead.encode(), wire.encode(fact.envelope), seq) for seq, fact in enumerate(story, 1)
        ]
        await log.publish(Stream(LEADS.name, number), messages)
        qualified = await found(log, Stream(QUALIFICATION.name, number), Qualified)
    assert qualified.agreement == "sample"
    assert [seen.result for seen in qualified.explanation.criteria] == ["true"] * 5
