"""The one way a service makes its HTTP app: refusals as problem+json, a limit on bodies, safe headers, no CDN."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from leadpact.web.headers import SecurityHeaders
from leadpact.web.limits import BodyLimit
from leadpact.web.problems import handle_problems

MAX_BODY = 1024 * 1024

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _App(FastAPI):
    """An app whose description has a sentence for each operation."""

    def openapi(self) -> dict[str, Any]:
        """The description; made once."""
        return summarised(super().openapi())


def summarised(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the first clause of each operation's docstring as its summary, in place of the function's name."""
    for said in document["paths"].values():
        for operation in said.values():
            if told := operation.get("description"):
                operation["summary"] = re.split(r"[.;:](?:\s|$)", told, maxsplit=1)[0]
    return document


def create_app(title: str, version: str, *, lifespan: Lifespan | None = None, max_body: int = MAX_BODY) -> FastAPI:
    """Make an app that answers a body over `max_body` bytes with 413, whichever route or mounted app reads it.

    `/openapi.json` is served; the documentation pages of FastAPI load from a CDN and are not.
    """
    app = _App(
        title=title,
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(SecurityHeaders), Middleware(BodyLimit, max_body=max_body)],
    )
    handle_problems(app)
    return app
