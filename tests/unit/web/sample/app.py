"""The sample's app: an endpoint for each way a request can go wrong, and two pages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from leadpact.web import Cursors, Fault, Limit, Link, Page, Problem, create_app, page, pages

AT = datetime(2026, 6, 5, 14, 30, tzinfo=UTC)
SEATS: Cursors[tuple[int, str]] = Cursors(tuple[int, str])


class Item(BaseModel):
    """One thing sent."""

    size: Annotated[int, Field(ge=1)]
    a_b: str = Field(default="", alias="a/b")


class Parcel(BaseModel):
    """Many things sent."""

    items: list[Item]


async def _raw(scope: Scope, receive: Receive, send: Send) -> None:
    more = scope["type"] == "http"
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def sample_app(max_body: int = 1000) -> FastAPI:
    """Make the app with all its routes."""
    app = create_app("Sample", "1.2.3", max_body=max_body)
    frame = pages(app, "tests.unit.web.sample", [Link("Sample", "/page"), Link("Other", "/other")])
    app.mount("/raw", _raw)

    @app.post("/parcels")
    async def send(parcel: Parcel) -> int:
        return len(parcel.items)

    @app.get("/seats/{row}")
    async def seats(row: Annotated[int, Path(ge=1)], limit: Limit = 3, cursor: str | None = None) -> Page[str]:
        after = SEATS.decode(cursor) if cursor is not None else (row, "")
        rows = [seat for seat in "abcdefg" if (row, seat) > after][: limit + 1]
        return page(rows, limit, lambda seat: SEATS.encode((row, seat)))

    @app.get("/refused")
    async def refused() -> None:
        fault = Fault("/name", "lone \ud800 surrogate")
        headers = {"retry-after": "7"}
        raise Problem(409, "Conflict", detail="taken", type="tag:sample:taken", errors=(fault,), headers=headers)

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("secret of the house")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def ticks() -> AsyncIterator[str]:
            yield "data: 1\n\n"

        return StreamingResponse(ticks(), media_type="text/event-stream")

    @app.get("/page")
    async def plain(request: Request, said: str = "") -> HTMLResponse:
        return frame.render(request, "sample.html", said=said, at=AT, wall=False)

    @app.get("/wall")
    async def wall(request: Request) -> HTMLResponse:
        return frame.render(request, "sample.html", said="", at=AT, wall=True)

    @app.get("/fragment")
    async def fragment() -> HTMLResponse:
        return HTMLResponse("<b>answered</b>")

    return app
