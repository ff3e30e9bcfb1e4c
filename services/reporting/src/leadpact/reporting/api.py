"""Reporting's pages and their JSON twins."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from leadpact.kit.clock import Clock
from leadpact.kit.metrics import Metrics
from leadpact.reporting import leads
from leadpact.reporting.domain.money import money
from leadpact.reporting.domain.panels import PANELS
from leadpact.reporting.domain.sentences import plain, plural
from leadpact.reporting.domain.wording import SMALL
from leadpact.reporting.freshness import Freshness, reached
from leadpact.reporting.metrics import VIEWERS
from leadpact.reporting.presenting import STANDINGS, answered, grid, groups, is_history, promised
from leadpact.reporting.refusals import Refusal, refusals
from leadpact.reporting.summary import Summary, summary
from leadpact.reporting.wall import Watch, look
from leadpact.web import Cursors, Limit, Page, Pages, Problem, page

_POSITIONS = Cursors(tuple[datetime, str])
_NO_STORE: Mapping[str, str] = MappingProxyType({"cache-control": "no-store"})

State = Literal["lead", "mql", "sql", "opportunity", "customer", "lost", "rejected", "recycled", "test"]
Id = Annotated[str | None, Query(max_length=64, description="beginning of a lead's id")]
Owner = Annotated[str | None, Query(max_length=200)]
Standing = Literal["warned", "missed", "unverified", "missed_in_history"]
OfState = Annotated[Literal[State, ""] | None, Query()]
OfPromise = Annotated[
    Literal[Standing, ""] | None, Query(description="leads of which a promise is about to be missed, or was")
]
Cursor = Annotated[str | None, Query(max_length=500)]


class Asked(NamedTuple):
    """What the list of leads is asked for; nothing or blank does not filter."""

    id: str | None
    owner: str | None
    state: str | None
    promise: str | None


def router(pool: asyncpg.Pool, clock: Clock, watch: Watch, pages: Pages, metrics: Metrics) -> APIRouter:
    """Reports and pages; `watch` must be running for the wall to move."""
    routes = APIRouter()
    _reports(routes, pool, clock)
    _pages(routes, pool, clock, pages)
    _wall(routes, watch, pages, metrics)
    return routes


def _wall(routes: APIRouter, watch: Watch, pages: Pages, metrics: Metrics) -> None:
    viewers = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal viewers
        viewers += 1
        metrics.set(VIEWERS, viewers)
        try:
            async for wall in watch.walls():
                yield b"data: " + wall + b"\n\n"
        finally:
            viewers -= 1
            metrics.set(VIEWERS, viewers)

    @routes.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse("/wall")

    @routes.get("/wall", include_in_schema=False)
    async def wall(request: Request) -> Response:
        return pages.render(request, "board.html", panels=PANELS)

    @routes.get("/wall/grid.css", include_in_schema=False)
    async def places() -> Response:
        return Response(grid(PANELS), media_type="text/css", headers=dict(_NO_STORE))

    @routes.get("/wall/panels.json", include_in_schema=False)
    async def panels() -> Response:
        return Response(msgspec.json.encode(PANELS), media_type="application/json", headers=dict(_NO_STORE))

    @routes.get("/wall/events", include_in_schema=False)
    async def events() -> Response:
        return StreamingResponse(stream(), media_type="text/event-stream", headers=dict(_NO_STORE))


def _reports(routes: APIRouter, pool: asyncpg.Pool, clock: Clock) -> None:
    @routes.get("/v1/reports/wall", tags=["reports"])
    async def wall() -> Response:
        """The wall's numbers now: one look of its own, the same as the page shows."""
        return Response(
            msgspec.json.encode(await look(pool, clock.business(), clock.speed())), media_type="application/json"
        )

    @routes.get("/v1/reports/summary", tags=["reports"])
    async def summed() -> Summary:
        """Counts over everything."""
        return await summary(pool, clock.business())

    @routes.get("/v1/reports/freshness", tags=["reports"])
    async def freshness() -> Freshness:
        """How far every report reaches: what was recorded before that is judged and counted."""
        async with pool.acquire() as connection:
            return await reached(connection, clock.business())

    @routes.get("/v1/reports/refusals", tags=["reports"])
    async def refused(ingest: UUID | None = None, cursor: Cursor = None, limit: Limit = 50) -> Page[Refusal]:
        """Commands that were refused after they were taken, newest first; of one delivery if it is named."""
        after = _POSITIONS.decode(cursor) if cursor else None
        rows = await refusals(pool, str(ingest) if ingest else None, after, limit + 1)
        return page(rows, limit, lambda row: _POSITIONS.encode((row.recorded_at, row.command)))

    @routes.get("/v1/reports/leads", tags=["reports"])
    async def list_(
        id: Id = None,  # noqa: A002 - the parameter's name
        owner: Owner = None,
        state: OfState = None,
        promise: OfPromise = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[leads.Listed]:
        """Leads, newest first."""
        return await _list(pool, clock, Asked(id, owner, state, promise), cursor, limit)

    @routes.get("/v1/reports/leads/{lead}", tags=["reports"])
    async def one(lead: str) -> leads.Story:
        """Everything about one lead; contact data stay sealed."""
        return await _one(pool, lead)


def _pages(routes: APIRouter, pool: asyncpg.Pool, clock: Clock, pages: Pages) -> None:
    @routes.get("/origins", include_in_schema=False)
    async def origins(request: Request) -> Response:
        counted = await summary(pool, clock.business())
        return pages.render(request, "origins.html", counted=counted, small=SMALL, zone=await _here(pool, clock))

    @routes.get("/leads", include_in_schema=False)
    async def list_(
        request: Request,
        id: Id = None,  # noqa: A002 - the parameter's name
        owner: Owner = None,
        state: OfState = None,
        promise: OfPromise = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response:
        asked = Asked(id, owner, state, promise)
        found = await _list(pool, clock, asked, cursor, limit)
        return pages.render(
            request,
            "leads.html",
            found=found,
            asked=asked,
            paged=cursor is not None,
            query=urlencode({name: value or "" for name, value in asked._asdict().items()}),
            states=leads.STATES,
            promises=leads.PROMISES,
            owners=await leads.owners(pool),
            zone=await _here(pool, clock),
        )

    @routes.get("/leads/{lead}", include_in_schema=False)
    async def one(request: Request, lead: str) -> Response:
        story, zone = await _one(pool, lead), await _here(pool, clock)
        return pages.render(
            request,
            "lead.html",
            story=story,
            days=groups(story, zone),
            history=is_history(story),
            told={entry.fact for entry in story.story},
            zone=zone,
            standings=STANDINGS,
            answered=answered,
            promised=promised,
            plain=plain,
            plural=plural,
            money=money,
        )


async def _here(pool: asyncpg.Pool, clock: Clock) -> str:
    """The zone in which times are shown."""
    return (await pool.fetchval("select zone from calendar_at($1)", clock.business())) or "UTC"


async def _one(pool: asyncpg.Pool, lead: str) -> leads.Story:
    if "\x00" in lead or (story := await leads.story(pool, lead)) is None:
        raise Problem(404, "Not Found", detail="no lead has this id")
    return story


async def _list(pool: asyncpg.Pool, clock: Clock, asked: Asked, cursor: str | None, limit: int) -> Page[leads.Listed]:
    if any("\x00" in text for text in asked if text):
        return page([], limit, lambda _: "")
    after = _POSITIONS.decode(cursor) if cursor else None
    rows = await leads.listed(
        pool,
        after=after,
        id_=asked.id or None,
        owner=asked.owner or None,
        state=asked.state or None,
        promise=asked.promise or None,
        now=clock.business(),
        limit=limit + 1,
    )
    return page(rows, limit, lambda row: _POSITIONS.encode((row.captured_at, row.lead)))
