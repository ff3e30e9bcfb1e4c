"""One lead's whole story and the list of leads, as pages and JSON show them."""

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import asyncpg
from pydantic import BaseModel

from leadpact.reporting.domain.sentences import named
from leadpact.reporting.reading import fetch

STATES = ("lead", "mql", "sql", "opportunity", "customer", "lost", "rejected", "recycled", "test")
PROMISES: Mapping[str, str] = MappingProxyType(
    {
        "warned": "about to breach",
        "missed": "breach open",
        "unverified": "not verified yet",
        "missed_in_history": "breached in history",
    }
)
"""How a promise of a lead may stand, and how people say it."""


class Listed(BaseModel):
    """A lead in the list; times are UTC."""

    lead: str
    captured_at: datetime
    source: str
    channel: str
    state: str
    owner: str | None
    owner_name: str | None
    recognised_at: datetime | None


class Criterion(BaseModel):
    """One line of an explanation (rule 20); `facts` are ids of entries of the story."""

    says: str
    result: str
    seen: str
    facts: list[str]


class VerdictGiven(BaseModel):
    """A verdict of a clock or its revision; the last one stands."""

    verdict: str
    previous: str
    recorded_at: datetime
    evidence: list[str]
    says: str


class Clock(BaseModel):
    """A promise of an engagement."""

    clock: str
    kind: str
    owner: str | None
    team: str
    started_at: datetime
    due: datetime
    budget_seconds: int
    unit: str
    agreement: str
    agreement_version: int
    segment: int
    standing: str
    credit: str | None
    answered_at: datetime | None
    elapsed_seconds: int | None
    warned_percent: int | None
    replies_to: str | None
    renews: str | None
    verdicts: list[VerdictGiven]


class Engagement(BaseModel):
    """One run through the funnel with its explanation and clocks."""

    engagement: str
    number: int
    agreement: str
    agreement_version: int
    agreement_name: str
    zone: str
    opened_at: datetime
    recognised_at: datetime | None
    occurred_at: datetime | None
    channel: str | None
    accepted_at: datetime | None
    outcome: str | None
    reason: str | None
    closed_at: datetime | None
    owner: str | None
    team: str | None
    calls: int | None
    emails: int | None
    socials: int | None
    criteria: list[Criterion]
    clocks: list[Clock]


class Deal(BaseModel):
    """An opportunity; money is integer minor units (rule 46)."""

    source: str
    opportunity: str
    status: str
    opened_at: datetime
    won_at: datetime | None
    amount_minor: int | None
    currency: str | None


class Entry(BaseModel):
    """An entry of the time line."""

    topic: str
    fact: str
    type: str
    occurred_at: datetime
    received_at: datetime
    recorded_at: datetime
    actor: str
    actor_name: str
    actor_kind: str
    lane: str
    says: str


class Trouble(BaseModel):
    """A consumer has set the lead aside: what follows waits for a repair of ours."""

    consumer: str
    says: str
    since: datetime


class Story(BaseModel):
    """Everything reporting knows of a lead; contact data stay sealed."""

    lead: str
    captured_at: datetime
    source: str
    channel: str
    form: str | None
    campaign: str | None
    lane: str
    test: bool
    has_contact: bool
    state: str
    attributes: dict[str, Any]
    engagements: list[Engagement]
    deals: list[Deal]
    troubles: list[Trouble]
    story: list[Entry]


async def story(pool: asyncpg.Pool, lead: str) -> Story | None:
    """Read a lead in one snapshot; nothing for an id nobody has."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        parts = {
            name: await fetch(connection, f"lead/{name}", lead)
            for name in (
                *("lead", "attributes", "engagements", "criteria", "clocks", "verdicts", "deals", "troubles", "story"),
            )
        }
        names = {row["rep"]: row["name"] for row in await fetch(connection, "lead/names")}
    if not parts["lead"]:
        return None
    for entry in parts["story"]:
        entry["says"] = named(entry["says"], names)
    for clock in parts["clocks"]:
        clock["verdicts"] = [_decoded(row, "evidence") for row in parts["verdicts"] if row["clock"] == clock["clock"]]
    for run in parts["engagements"]:
        of_run = run["engagement"]
        run["criteria"] = [_decoded(row, "facts") for row in parts["criteria"] if row["engagement"] == of_run]
        run["clocks"] = [row for row in parts["clocks"] if row["engagement"] == of_run]
    return Story.model_validate(
        {
            **parts["lead"][0],
            "attributes": {row["name"]: json.loads(row["value"]) for row in parts["attributes"]},
            **{name: parts[name] for name in ("engagements", "deals", "troubles", "story")},
        }
    )


async def listed(
    pool: asyncpg.Pool,
    *,
    after: tuple[datetime, str] | None,
    id_: str | None,
    owner: str | None,
    state: str | None,
    promise: str | None,
    now: datetime,
    limit: int,
) -> list[Listed]:
    """Leads by capture, newest first, behind a position; what is None does not filter, `promise` is as of `now`."""
    position = after or (None, None)
    async with pool.acquire() as connection:
        rows = await fetch(connection, "lead/list", *position, id_ and _literal(id_), owner, state, promise, now, limit)
    return [Listed.model_validate(row) for row in rows]


async def owners(pool: asyncpg.Pool) -> dict[str, str]:
    """Names of everybody who owns or owned a lead, by id."""
    async with pool.acquire() as connection:
        return {row["owner"]: row["name"] for row in await fetch(connection, "lead/owners")}


def _literal(text: str) -> str:
    """A text that `like` takes letter by letter."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _decoded(row: dict[str, Any], column: str) -> dict[str, Any]:
    return {**row, column: json.loads(row[column])}
