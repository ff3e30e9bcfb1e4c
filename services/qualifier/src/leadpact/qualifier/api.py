"""Agreements over HTTP; everything else enters by intake (rule 50)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from pydantic import BaseModel

from leadpact.kit.access import Authority, Caller, Scope, allowed
from leadpact.kit.metrics import Metrics
from leadpact.qualifier.clerk import JSON, YAML, Clerk
from leadpact.qualifier.domain.signing import Paper, State, Team
from leadpact.qualifier.metrics import ACTS

Id = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
_TEXT = {"requestBody": {"required": True, "content": {YAML: {"schema": {"type": "string"}}, JSON: {"schema": {}}}}}


class Signature(BaseModel):
    """Who signed for a team."""

    team: Team
    person: str
    name: str
    signed_at: datetime


class Summary(BaseModel):
    """A version in a list."""

    id: str
    version: int
    name: str
    product_line: str | None
    priority: int
    state: State
    hash: str
    approvals: list[Signature]
    drafted_by: str
    drafted_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class Detail(Summary):
    """A version with its text and what it resolves to."""

    media: str
    source: str
    resolved: dict[str, Any]


class Checked(BaseModel):
    """What is wrong (`errors` keep it from being signed) or odd with a text of the right shape, and what it means."""

    errors: list[str]
    warnings: list[str]
    resolved: dict[str, Any]


class Signing(BaseModel):
    """A signature: for which team, under which content."""

    model_config = {"extra": "forbid"}

    team: Team
    hash: Annotated[str, Body(pattern=r"^[0-9a-f]{64}$")]


def router(clerk: Clerk, authority: Authority, metrics: Metrics) -> APIRouter:
    """The routes of agreements."""
    routes = APIRouter(prefix="/v1/agreements", tags=["agreements"])
    reader = Depends(allowed(authority, Scope.READ))
    editor = Annotated[Caller, Depends(allowed(authority, Scope.AGREEMENTS))]

    @routes.get("", dependencies=[reader])
    async def versions() -> list[Summary]:
        """Every version of every agreement, by id and version."""
        return [Summary.model_validate(_summary(paper)) for paper in await clerk.all()]

    @routes.post("", status_code=201, openapi_extra=_TEXT)
    async def draft(request: Request, caller: editor) -> Detail:
        """Write down a version; an unchanged text makes none, a changed draft loses its signatures."""
        return done("draft", await clerk.draft(await request.body(), _media(request), caller))

    @routes.post("/check", dependencies=[reader], openapi_extra=_TEXT)
    async def check(request: Request) -> Checked:
        """Look a text over; nothing is kept."""
        agreement, found = await clerk.check(await request.body(), _media(request))
        resolved = msgspec.to_builtins(agreement)
        return Checked(errors=list(found.errors), warnings=list(found.warnings), resolved=resolved)

    @routes.get("/{id}", dependencies=[reader])
    async def show(id: Id, version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None) -> Detail:  # noqa: A002 - the path's word
        """One version, by default the latest."""
        return _detail(await clerk.find(id, version))

    @routes.post("/{id}/versions/{version}/approvals")
    async def approve(id: Id, version: Number, signing: Signing, caller: editor) -> Detail:  # noqa: A002 - the path's word
        """Sign for a team what has this hash; one person signs once (rule 45)."""
        return done("approve", await clerk.sign(id, version, signing.team, signing.hash, caller))

    @routes.post("/{id}/versions/{version}/activation")
    async def activate(id: Id, version: Number, caller: editor) -> Detail:  # noqa: A002 - the path's word
        """Bring into force what both teams have signed."""
        return done("activate", await clerk.activate(id, version, caller))

    @routes.post("/{id}/versions/{version}/withdrawal")
    async def withdraw(id: Id, version: Number, caller: editor) -> Detail:  # noqa: A002 - the path's word
        """Take out of force."""
        return done("withdraw", await clerk.withdraw(id, version, caller))

    def done(act: str, paper: Paper) -> Detail:
        metrics.count(ACTS, act)
        return _detail(paper)

    return routes


def _media(request: Request) -> str:
    """JSON if the sender says so, else YAML."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return JSON if said == JSON else YAML


def _summary(paper: Paper) -> dict[str, Any]:
    agreement = paper.agreement
    return {
        "id": agreement.id,
        "version": agreement.version,
        "name": agreement.name,
        "product_line": agreement.product_line,
        "priority": agreement.priority,
        "state": paper.state,
        "hash": paper.hash,
        "approvals": [
            Signature(team=a.team, person=a.person, name=a.name, signed_at=a.signed_at) for a in paper.approvals
        ],
        "drafted_by": paper.drafted_by,
        "drafted_at": paper.drafted_at,
        "activated_by": paper.activated_by,
        "activated_at": paper.activated_at,
    }


def _detail(paper: Paper) -> Detail:
    resolved = msgspec.to_builtins(paper.agreement)
    return Detail.model_validate(
        {**_summary(paper), "media": paper.media, "source": paper.source, "resolved": resolved}
    )
