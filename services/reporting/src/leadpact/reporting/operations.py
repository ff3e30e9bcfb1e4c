"""The operations page: drawn on the server, and drawn again every two seconds for who watches."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from leadpact.kit.clock import Clock
from leadpact.kit.ops import Readiness
from leadpact.kit.surveying import Surveyor
from leadpact.reporting.operating import Board, board
from leadpact.reporting.wall import TICK
from leadpact.web import Pages


class Operations:
    """What the page shows now: the services whose apps this process serves, and the process itself."""

    def __init__(self, surveyors: Mapping[str, Surveyor], readiness: Readiness, clock: Clock) -> None:
        self._surveyors = surveyors
        self._readiness = readiness
        self._clock = clock

    def now(self) -> Board:
        """The page's content."""
        looks = {name: surveyor.latest for name, surveyor in self._surveyors.items()}
        return board(looks, self._readiness.gates(), self._clock.wall())


def router(operations: Operations, pages: Pages, stopping: asyncio.Event) -> APIRouter:
    """`/operations` and its events, which end when `stopping` is set."""
    routes = APIRouter(include_in_schema=False)

    def drawn(request: Request, template: str) -> Response:
        return pages.render(request, template, board=operations.now())

    async def stream(request: Request) -> AsyncIterator[str]:
        while not stopping.is_set():
            html = bytes(drawn(request, "operating.html").body).decode()
            yield "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await stopping.wait()

    @routes.get("/operations")
    async def page(request: Request) -> Response:
        return drawn(request, "operations.html")

    @routes.get("/operations/events")
    async def events(request: Request) -> Response:
        return StreamingResponse(stream(request), media_type="text/event-stream", headers={"cache-control": "no-store"})

    return routes
