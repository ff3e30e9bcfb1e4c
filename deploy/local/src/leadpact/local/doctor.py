"""`leadpact doctor`: looks for what is wrong, and says what to do about it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated

import asyncpg
import httpx
import typer

from leadpact.contracts.topics import TOPICS
from leadpact.embedded import kafka, postgres
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.rows import Stream
from leadpact.kit.settings import Settings
from leadpact.local.errors import NotUp
from leadpact.local.services import SERVICES
from leadpact.local.show import as_json, say
from leadpact.local.state import Running, State, found

_ENOUGH = 2 * 1024**3
_OUTBOX = 10_000

_STUCK = """
select (select count(*) from parked where by = consumer) as parked,
       (select count(*) from dead_letter) as dead,
       (select count(*) from outbox) as outbox,
       (select count(*) from fence where lease_until < clock_timestamp()) as unowned
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `do` says what to do where it is not well."""

    what: str
    well: bool
    says: str
    do: str = ""


def doctor(*, json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Look for what is wrong; exit code 1 when something is."""
    findings = asyncio.run(_look(found()))
    if json:
        as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'ok ' if finding.well else 'BAD'}  {finding.what}: {finding.says}")
            if not finding.well:
                say(f"     → {finding.do}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


async def _look(state: State) -> list[Finding]:
    findings = [_space(state)]
    try:
        running = state.running()
    except NotUp as nothing:
        return [*findings, Finding("runner", well=False, says=str(nothing), do="leadpact up")]
    findings.append(Finding("runner", well=True, says=f"process {running.pid}, {running.infrastructure}"))
    findings += await _ready(running)
    if running.settings:
        settings = Settings.model_validate(running.settings)
        findings.append(await _broker(settings))
        findings += await _tables(settings)
    return findings


def _space(state: State) -> Finding:
    place = state.path if state.path.exists() else state.path.parent
    free = shutil.disk_usage(place).free
    says = f"{free / 1024**3:.1f} GiB free at {place}"
    return Finding("disk", well=free > _ENOUGH, says=says, do="make room, or set LEADPACT_STATE to another disk")


async def _ready(running: Running) -> list[Finding]:
    async with httpx.AsyncClient(timeout=3) as client:
        return list(await asyncio.gather(*(_asked(client, p.name, p.url, p.log) for p in running.processes)))


async def _asked(client: httpx.AsyncClient, name: str, url: str, log: str) -> Finding:
    try:
        answer = await client.get(f"{url}/readyz")
    except httpx.TransportError as error:
        return Finding(name, well=False, says=f"does not answer ({type(error).__name__})", do=f"read {log}")
    if answer.is_success:
        return Finding(name, well=True, says="ready")
    waiting = "; ".join(f"{gate}: {reason}" for gate, reason in answer.json()["waiting"].items())
    return Finding(name, well=False, says=waiting, do=f"read {log}")


async def _broker(settings: Settings) -> Finding:
    if not await asyncio.to_thread(kafka.answers, settings.kafka):
        return Finding("Kafka", well=False, says=f"no answer at {settings.kafka}", do="leadpact down; leadpact up")
    log = KafkaLog(settings.kafka, settings.topic_prefix)
    try:
        await log.ends([Stream(topic.name, n) for topic in TOPICS for n in range(topic.partitions)])
    except Unavailable as error:
        return Finding("Kafka", well=False, says=f"topics are missing: {error}", do="leadpact down; leadpact up")
    finally:
        await log.close()
    return Finding("Kafka", well=True, says=f"{len(TOPICS)} topics at {settings.kafka}")


async def _tables(settings: Settings) -> list[Finding]:
    if not await asyncio.to_thread(postgres.answers, settings.dsn(SERVICES[0].schema)):
        return [Finding("PostgreSQL", well=False, says="no answer", do="leadpact down; leadpact up")]
    findings = [Finding("PostgreSQL", well=True, says="answers")]
    for service in SERVICES:
        async with _connected(settings.dsn(service.schema)) as connection:
            row = await connection.fetchrow(_STUCK)
        assert row is not None  # noqa: S101 - counts of nothing are a row too
        says = ", ".join(f"{row[name]} {words}" for name, words in _WORDS.items())
        stuck = row["parked"] or row["dead"] or row["unowned"] or row["outbox"] > _OUTBOX
        findings.append(Finding(f"{service.name}'s events", well=not stuck, says=says, do=_DO))
    return findings


_WORDS = {
    "parked": "parked keys",
    "dead": "dead letters",
    "outbox": "waiting to be published",
    "unowned": "slots without owner",
}
_DO = "`leadpact parked list` and `leadpact dead-letters list` say why; docs/runbook.md says what to do"


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
