"""`leadpact doctor`: looks for what is wrong, and says what to do about it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from time import monotonic
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import httpx
import typer

from leadpact.contracts.topics import TOPICS
from leadpact.embedded import kafka, postgres
from leadpact.kit.errors import Unavailable
from leadpact.kit.kafka import KafkaLog
from leadpact.kit.pg import connect
from leadpact.kit.pg.survey import Survey, survey
from leadpact.kit.rows import Stream
from leadpact.kit.settings import Settings
from leadpact.local.client import Api, administrator
from leadpact.local.errors import NotUp, Refused
from leadpact.local.finding import Finding
from leadpact.local.passing import passing
from leadpact.local.services import SERVICES
from leadpact.local.show import as_json, say
from leadpact.local.state import Running, State, found

_ENOUGH = 2 * 1024**3
_PATIENCE = 5.0  # seconds
_LOOK_AGAIN = 0.5  # seconds

_CALENDARS = """
select id, version, (convert_from(resolved, 'utf8')::json -> 'calendar' ->> 'last')::date as last,
       (select max(mark) from fence)::date as today
from agreement where state = 'in_force' order by id
"""
_TEAMS = """
select id, convert_from(resolved, 'utf8')::json -> 'routing' ->> 'team' as team
from agreement where state = 'in_force' order by id
"""
_SOON = timedelta(days=60)
_HELD = """
select (select count(*) from quarantine where settled_at is null) as held,
       (select count(*) from spool where handled_at is null) as spooled
"""


class _Count(NamedTuple):
    words: str
    do: str
    at_most: int = 0
    moving: bool = False


_EVENTS = {
    "parked": _Count("parked keys", "leadpact parked list"),
    "dead": _Count("dead letters", "leadpact dead-letters list"),
    "outbox": _Count("waiting to be published", "look at Kafka, then at the service's log", at_most=10_000),
    "unowned": _Count("slots without owner", "look at the service's worker and its log", moving=True),
    "failing": _Count("mails that fail", "leadpact effects list says why; look at the mail server"),
    "given_up": _Count("mails given up", "leadpact effects list"),
}
OF_INTAKE = {
    "held": _Count("items wait in quarantine", "leadpact quarantine list"),
    "spooled": _Count("deliveries in the spool", "look at Kafka, then at intake's worker and its log", moving=True),
}


def doctor(*, json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Look for what is wrong; exit code 1 when something is."""
    findings = asyncio.run(settled(found(), look))
    if json:
        as_json([_told(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'ok ' if finding.well else 'BAD'}  {finding.what}: {finding.says}")
            if not finding.well:
                say(f"     → {finding.do}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _told(finding: Finding) -> dict[str, Any]:
    """For programs; there is nothing to do about what is well."""
    hidden = {"moving", "do"} if finding.well else {"moving"}
    return {name: value for name, value in asdict(finding).items() if name not in hidden}


async def settled(state: State, look: Callable[[State], Awaitable[list[Finding]]]) -> list[Finding]:
    """The findings once nothing is wrong that may be over in a moment, as behind `up`; at the latest those after some
    seconds."""
    began = monotonic()
    while True:
        findings = await look(state)
        moves = any(finding.moving and not finding.well for finding in findings)
        if not moves or monotonic() - began > _PATIENCE:
            return findings
        await asyncio.sleep(_LOOK_AGAIN)


async def look(state: State) -> list[Finding]:
    """What there is to say of an installation now."""
    findings = [_space(state)]
    try:
        running = state.running()
    except NotUp as nothing:
        return [*findings, Finding("runner", well=False, says=nothing.said, do=nothing.do)]
    findings.append(Finding("runner", well=True, says=f"process {running.pid}, {running.infrastructure}"))
    findings += await _ready(running)
    if running.settings:
        settings = Settings.model_validate(running.settings)
        findings.append(await _broker(settings))
        findings += await _tables(settings)
        if {"PostgreSQL", "web"} <= {finding.what for finding in findings if finding.well} and state.admin_key.exists():
            async with administrator(state) as web:
                findings.append(await rosters(settings.dsn("qualifier"), web))
    return findings


def _space(state: State) -> Finding:
    place = next(each for each in (state.path, *state.path.parents) if each.exists())
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
        says = f"does not answer ({type(error).__name__})"
        do = f"read {log}; if it hangs, kill -9 its pid of leadpact status: it is started again"
        return Finding(name, well=False, says=says, do=do, moving=True)
    if answer.is_success:
        return Finding(name, well=True, says="ready")
    waiting = "; ".join(answer.json()["waiting"].values())
    return Finding(name, well=False, says=waiting, do=f"read {log}", moving=True)


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
    surveys = {service.name: await surveyed(settings.dsn(service.schema)) for service in SERVICES}
    return [
        Finding("PostgreSQL", well=True, says="answers"),
        *(counted(f"{name}'s events", stuck(survey), _EVENTS) for name, survey in surveys.items()),
        passing(settings, {name: survey.consumers for name, survey in surveys.items()}),
        await calendars(settings.dsn("qualifier")),
        counted("quarantine and spool", await _row(settings.dsn("intake"), _HELD), OF_INTAKE),
    ]


async def surveyed(dsn: str) -> Survey:
    """What a service's tables say of it."""
    async with await connect(dsn, most=1) as pool:
        return await survey(pool)


def stuck(survey: Survey) -> Mapping[str, int]:
    """What a service has set aside, or cannot get rid of, by the names of `_EVENTS`."""
    return {
        "parked": sum(each.parked for each in survey.consumers),
        "dead": sum(each.dead for each in survey.consumers),
        "unowned": sum(each.unowned for each in survey.consumers),
        "outbox": survey.outbox,
        "failing": survey.failing,
        "given_up": survey.given_up,
    }


def counted(what: str, row: Mapping[str, int], counts: Mapping[str, _Count]) -> Finding:
    """What stands in these columns, or only those that are too many, with what to do about them."""
    too_many = {name: count for name, count in counts.items() if row[name] > count.at_most}
    says = ", ".join(f"{row[name]} {count.words}" for name, count in (too_many or counts).items())
    moving = all(count.moving for count in too_many.values())
    return Finding(
        what, well=not too_many, says=says, do="; ".join(count.do for count in too_many.values()), moving=moving
    )


async def calendars(dsn: str) -> Finding:
    """Whether an agreement in force soon opens no engagements any more, because its calendar ends (docs/adr/0011)."""
    rows = await _rows(dsn, _CALENDARS)
    ending = [row for row in rows if row["today"] is not None and row["last"] - row["today"] < _SOON]
    says = ", ".join(
        f"{row['id']} version {row['version']} has a calendar until {row['last']}" for row in ending or rows
    )
    do = "; ".join(
        f"leadpact agreement show {row['id']}: draft the same text again, have both teams sign it and activate it"
        for row in ending
    )
    return Finding("agreements", well=not ending, says=says or "none is in force", do=do)


async def rosters(dsn: str, web: Api) -> Finding:
    """Whether each team that an agreement in force routes to has somebody (rule 33)."""
    rows = await _rows(dsn, _TEAMS)
    nobody = [row for row in rows if not await _has_reps(web, row["team"])]
    says = "; ".join(
        f"team {row['team']} of agreement {row['id']} has no reps: nobody gets its leads" for row in nobody
    )
    well = "every team of an agreement in force has reps" if rows else "no agreement is in force"
    return Finding("rosters", well=not nobody, says=says or well, do="POST /v1/commands with the command `roster`")


async def _has_reps(web: Api, team: str) -> bool:
    try:
        return bool((await web.get(f"/v1/teams/{quote(team, safe='')}"))["reps"])
    except Refused as refused:
        if refused.status != httpx.codes.NOT_FOUND:
            raise
        return False  # nobody ever said who is in it


async def _row(dsn: str, query: str) -> Mapping[str, int]:
    """The one row of a count."""
    (row,) = await _rows(dsn, query)
    return row


async def _rows(dsn: str, query: str) -> list[Mapping[str, Any]]:
    async with await connect(dsn, most=1) as pool:
        return [dict(row) for row in await pool.fetch(query)]
