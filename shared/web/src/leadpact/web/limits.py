"""A limit on request bodies, for every route and mounted app."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Middleware in plain ASGI that answers 413 where a body has more than `max_body` bytes."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        """Wrap an app."""
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body as soon as too much of it has come; what nobody reads is not counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_body:
                # The one exception that FastAPI lets through while it reads a body.
                raise HTTPException(413, f"a body here has at most {self.max_body} bytes")
            return message

        await self.app(scope, counted, send)
