"""A limit on request bodies for every route and mounted app, by what was announced and by what really comes."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadpact.web.errors import Problem
from leadpact.web.problems import problem_response


class BodyLimit:
    """Middleware in plain ASGI that answers 413 where a body has more than `max_body` bytes."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        """Wrap an app."""
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body announced as too long at once, any other as soon as it is."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        detail = f"a body here has at most {self.max_body} bytes"
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self.max_body:
            await problem_response(Problem(413, "Content Too Large", detail=detail))(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_body:
                raise HTTPException(413, detail)  # the one exception that FastAPI lets through while it reads a body
            return message

        await self.app(scope, counted, send)
