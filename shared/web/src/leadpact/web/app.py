"""The one way a service makes its HTTP app: refusals as problem+json, a limit on bodies, safe headers, no CDN."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.middleware import Middleware

from leadpact.web.headers import SecurityHeaders
from leadpact.web.limits import BodyLimit
from leadpact.web.problems import handle_problems

MAX_BODY = 1024 * 1024

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(title: str, version: str, *, lifespan: Lifespan | None = None, max_body: int = MAX_BODY) -> FastAPI:
    """Make an app that answers a body over `max_body` bytes with 413, whichever route or mounted app reads it.

    `/openapi.json` is served; the documentation pages of FastAPI load from a CDN and are not.
    """
    app = FastAPI(
        title=title,
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(SecurityHeaders), Middleware(BodyLimit, max_body=max_body)],
    )
    handle_problems(app)
    return app
