"""Rule 30 on real parts: a worker that resumes says how long time stood, before anything that came meanwhile."""

import asyncpg

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.control import IntakeStalled
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS
from leadpact.kit.rows import Stream
from leadpact.testkit.eventually import eventually
from leadpact.testkit.installation import Installation
from tests.integration.intake.conftest import Intake, running

LONG_AGO = "update control set moved_at = moved_at - interval '11 minutes'"
"""As if the last turn had been so long ago by the server's clock: nobody waits for that here."""


async def _delivers(intake: Intake, name: str, told: int) -> list[list[Envelope]]:
    """Deliver a lead; what `leads` holds, by partition, once so many leads are told of."""
    answer = await intake.post("/v1/leads", {"email": f"{name}@acme.example"})
    assert await intake.outcomes(answer.json()["ingest"]) == ["normalised"]
    streams = [Stream(LEADS.name, number) for number in range(LEADS.partitions)]
    found: list[list[Envelope]] = [[] for _ in streams]
    reader = await intake.log.reader(dict.fromkeys(streams, 0))

    async def all_told() -> bool:
        for record in await reader.fetch(1_000, 0.2):
            found[record.partition].append(wire.decode(record.value))
        return sum(bool(each.lead) for partition in found for each in partition) == told

    try:
        await eventually(all_told, within=20)
    finally:
        await reader.close()
    return found


async def test_r30_a_worker_that_resumes_says_from_when_to_when_time_stood(
    kafka: str, topic_prefix: str, installation: Installation
) -> None:
    async with running(kafka, topic_prefix, installation) as intake:
        await _delivers(intake, "first", 1)
    async with running(kafka, topic_prefix, installation) as intake:
        found = await _delivers(intake, "second", 2)
    assert all(each.lead for told in found for each in told), "a new owner alone is no stall"
    connection = await asyncpg.connect(installation.dsn("intake"))
    stood = await connection.fetchval("select mark from fence where consumer = 'normaliser'")
    await connection.execute(LONG_AGO)
    await connection.close()
    async with running(kafka, topic_prefix, installation) as intake:
        found = await _delivers(intake, "third", 3)
    events = [[read(each) for each in told] for told in found]
    (stall,) = {event for told in events for event in told if isinstance(event, IntakeStalled)}
    assert (stall.from_at, stall.control) == (stood, 1) and stall.to_at > stood
    for told, said in zip(found, events, strict=True):
        place = said.index(stall)
        assert all(each.mark <= stood for each in told[: place + 1])
        assert all(each.received_at > stood for each in told[place + 1 :])
    third = [each for told, said in zip(found, events, strict=True) for each in told[said.index(stall) + 1 :]]
    assert len(third) == 1
