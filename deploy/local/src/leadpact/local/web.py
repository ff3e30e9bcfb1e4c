"""The web process: the four services' APIs and pages behind one origin, chosen by path, as by an ingress."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from leadpact.kit.readiness import patiently, watch_stores
from leadpact.kit.runtime import Process, run
from leadpact.kit.service import ServiceSettings, answering
from leadpact.kit.settings import load
from leadpact.local import describing
from leadpact.local.services import SERVICES

_OPS = ("/livez", "/readyz", "/metrics", "/version")


class Origin:
    """Hands a request to whoever answers for the longest prefix of its path; paths are passed on whole."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = sorted(apps.items(), key=lambda each: -len(each[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        app = self.whose(scope["path"])
        if app is not None:
            await app(scope, receive, send)

    def whose(self, path: str) -> ASGIApp | None:
        """Who answers for a path."""
        return next((app for prefix, app in self._apps if prefix in ("/", path) or path.startswith(f"{prefix}/")), None)


def composed(opened: Mapping[str, tuple[Sequence[str], ASGIApp]], ops: ASGIApp, version: str) -> Origin:
    """The origin of services, by schema with their prefixes: one description of them all, each one's own assets."""
    apps: dict[str, ASGIApp] = dict.fromkeys(_OPS, ops)
    for schema, (prefixes, app) in opened.items():
        apps |= dict.fromkeys(prefixes, app)
        apps[f"/static/{schema}"] = app
    apps["/static/web"] = apps["/"]
    named = {schema: app for schema, (_, app) in opened.items()}
    apps[describing.PATH] = describing.Description(named, Origin(apps).whose, version)
    return Origin(apps)


async def serve(process: Process, settings: ServiceSettings) -> None:
    """Answer on one port until the process is asked to stop."""
    gate = process.readiness.gate("web")
    async with AsyncExitStack() as stack:
        opened: dict[str, tuple[Sequence[str], ASGIApp]] = {}
        for service in SERVICES:
            opening = partial(answering, service, process, load(service.settings))
            if (app := await patiently(stack, opening, process, gate)) is None:
                return
            opened[service.schema] = service.prefixes, app
        process.started()
        either = any(service.either for service in SERVICES)
        app = composed(opened, process.ops(), process.version)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch_stores(process, settings, SERVICES[0].schema, gate, either=either))
            tasks.create_task(process.serve(app, settings.port, handed=settings.listening))


if __name__ == "__main__":
    settings = load(ServiceSettings)
    sys.exit(run("web", settings, partial(serve, settings=settings)))
