"""Counts over everything there is, for checks by people and by `leadpact demo --check`."""

from datetime import date, datetime

import asyncpg
from pydantic import BaseModel

from leadpact.reporting.freshness import reached
from leadpact.reporting.reading import fetch


class _Counted(BaseModel):
    """People; `won` have a won deal, whoever found it: their share, with its 95 % interval (rule 37)."""

    leads: int
    mqls: int
    won: int
    won_share: float
    won_low: float
    won_high: float


class BySource(_Counted):
    """People by where they came from."""

    source: str
    channel: str


class ByOrigin(_Counted):
    """People by the word their source has for how they came, its attribute `origin`; None where it said none, or where
    it does not list `origin` as clear."""

    origin: str | None


class ByVerdict(BaseModel):
    """Clocks by the verdict that stands; `pending` ones run."""

    kind: str
    standing: str
    clocks: int


class ByOutcome(BaseModel):
    """Engagements by how they ended, `open` ones included."""

    outcome: str
    reason: str | None
    engagements: int
    mqls: int
    accepted: int


class ByMonth(BaseModel):
    """MQLs by month in the agreement's zone, once per person and month (rule 53)."""

    agreement: str
    month: date
    mqls: int


class Summary(BaseModel):
    """Everything recorded before `as_of` counted, in one snapshot.

    `before_calendars`: people first known before the calendar of any agreement in force begins, so that no agreement
    judges what they did until then (docs/adr/0010).
    """

    as_of: datetime | None
    leads: int
    test_leads: int
    backfilled: int
    before_calendars: int
    sources: list[BySource]
    origins: list[ByOrigin]
    verdicts: list[ByVerdict]
    engagements: list[ByOutcome]
    months: list[ByMonth]


async def summary(pool: asyncpg.Pool, now: datetime) -> Summary:
    """Count."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        as_of = (await reached(connection, now)).as_of
        parts = {
            name: await fetch(connection, f"summary/{name}")
            for name in ("leads", "sources", "origins", "verdicts", "engagements", "months")
        }
    (totals,) = parts.pop("leads")
    return Summary.model_validate({"as_of": as_of, **totals, **parts})
