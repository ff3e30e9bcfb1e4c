"""Read-only JSON over the state: the promises to a lead and over many, and who of a team gets the next one.

Nothing is written here: commands of people enter through intake like every other fact (rule 50).
"""

from datetime import datetime
from typing import Annotated

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from leadpact.contracts.events.promises import PromiseJudged
from leadpact.kit.access import Authority, Scope, allowed
from leadpact.sla_monitor import reading
from leadpact.sla_monitor.domain.counters import Turn
from leadpact.sla_monitor.domain.state import Clock, Engagement
from leadpact.web import Problem

Id = Annotated[str, Path(pattern=r"^[^\x00]{1,200}$")]


class SegmentShown(BaseModel):
    """What one owner answers or answered for; times are UTC."""

    owner: str | None
    started_at: datetime
    due: datetime
    ended_at: datetime | None


class ClockShown(BaseModel):
    """A promise with its standing verdict and the ids of the facts it rests on."""

    clock: str
    kind: str
    verdict: str
    due: datetime
    answered_at: datetime | None
    evidence: list[str]
    replies_to: str | None
    renews: str | None
    segments: list[SegmentShown]


class EngagementShown(BaseModel):
    """A run of the lead; `waits_until` is when routing tries again."""

    engagement: str
    agreement: str
    agreement_version: int
    qualified_at: datetime
    closed_at: datetime | None
    owner: str | None
    waits_until: datetime | None
    clocks: list[ClockShown]


class Clocks(BaseModel):
    """All promises to a lead."""

    lead: str
    engagements: list[EngagementShown]


class LeaveShown(BaseModel):
    """An absence, UTC, its end excluded."""

    from_at: datetime
    to_at: datetime


class RepShown(BaseModel):
    """A rep with their place in the round robin and their open leads."""

    rep: str
    name: str
    weight: int
    capacity: int
    credit: int
    load: int
    leave: list[LeaveShown]


class Team(BaseModel):
    """A team's roster in force."""

    team: str
    reps: list[RepShown]


class ShareShown(BaseModel):
    """What a version of the agreement asked of the month: its target, for so many of the month's business days."""

    agreement_version: int
    per_month: int
    business_days: int
    of_business_days: int


class SeenShown(BaseModel):
    """What was counted in a partition of `qualification`, and the sequence of the last record that was."""

    partition: int
    count: int
    seq: int


class PromiseShown(BaseModel):
    """The standing verdict on a promise for one period `[begins, ends)`, UTC; `revisions` came after the first one."""

    promise: str
    kind: str
    agreement: str
    agreement_version: int
    period: str
    begins: datetime
    ends: datetime
    verdict: str
    count: int
    target: int
    revisions: int
    says: str
    shares: list[ShareShown]
    seen: list[SeenShown]


class Promises(BaseModel):
    """What became of promises over many leads, in the months that are over."""

    promises: list[PromiseShown]


def router(pool: asyncpg.Pool, authority: Authority) -> APIRouter:
    """Clocks, teams and promises over many leads, for callers who may read."""
    routes = APIRouter(dependencies=[Depends(allowed(authority, Scope.READ))])

    @routes.get("/v1/clocks/{lead}", tags=["clocks"])
    async def clocks(lead: Id) -> Clocks:
        """All promises to a lead, with their verdicts and evidence."""
        found = await reading.lead(pool, lead)
        if found is None:
            raise Problem(404, "Not Found", detail="no promise was ever made to this lead")
        return Clocks(lead=lead, engagements=[_engagement(run) for run in found.engagements])

    @routes.get("/v1/teams/{team}", tags=["teams"])
    async def team(team: Id) -> Team:
        """A team's roster with its counters and leave."""
        control = await reading.control(pool)
        if team not in control.rosters:
            raise Problem(404, "Not Found", detail="no roster of this team is known")
        turns = await reading.turns(pool, team)
        reps = [
            RepShown(
                rep=rep.id,
                name=rep.name,
                weight=rep.weight,
                capacity=rep.capacity,
                credit=turns.get(rep.id, Turn()).credit,
                load=turns.get(rep.id, Turn()).load,
                leave=[
                    LeaveShown(from_at=leave.from_at, to_at=leave.to_at) for leave in control.leaves.get(rep.id, ())
                ],
            )
            for rep in control.rosters[team]
        ]
        return Team(team=team, reps=reps)

    @routes.get("/v1/promises", tags=["promises"])
    async def promises() -> Promises:
        """Standing verdicts on what was promised over many leads, the latest period of each promise first."""
        return Promises(promises=[_promise(verdict) for verdict in await reading.promises(pool)])

    return routes


def _engagement(run: Engagement) -> EngagementShown:
    return EngagementShown(
        engagement=run.id,
        agreement=run.agreement,
        agreement_version=run.version,
        qualified_at=run.qualified_at,
        closed_at=run.closed_at,
        owner=run.owner,
        waits_until=run.waiting.retry_at if run.waiting else None,
        clocks=[_clock(clock) for clock in run.clocks],
    )


def _promise(verdict: PromiseJudged) -> PromiseShown:
    return PromiseShown(
        promise=verdict.promise,
        kind=verdict.kind.value,
        agreement=verdict.agreement,
        agreement_version=verdict.agreement_version,
        period=verdict.period,
        begins=verdict.begins,
        ends=verdict.ends,
        verdict=verdict.verdict.value,
        count=verdict.count,
        target=verdict.target,
        revisions=verdict.revision - 1,
        says=verdict.says,
        shares=[ShareShown(**msgspec.structs.asdict(share)) for share in verdict.shares],
        seen=[SeenShown(**msgspec.structs.asdict(seen)) for seen in verdict.seen],
    )


def _clock(clock: Clock) -> ClockShown:
    segments = [
        SegmentShown(owner=one.owner, started_at=one.started_at, due=one.due, ended_at=one.ended_at)
        for one in clock.segments
    ]
    return ClockShown(
        clock=clock.id,
        kind=clock.kind.value,
        verdict=clock.standing.value,
        due=clock.segment.due,
        answered_at=clock.answered_at,
        evidence=list(clock.evidence),
        replies_to=clock.replies_to,
        renews=clock.renews,
        segments=segments,
    )
