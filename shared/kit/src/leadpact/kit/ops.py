"""What operators and orchestrators ask a process: does it live, is it ready, how does it do, which version is it."""

from collections.abc import Iterator
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from leadpact.kit.meter import READY
from leadpact.kit.metrics import Metrics


class Gate:
    """One condition of being ready; closed until somebody opens it."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self.name = name
        self.reason: str | None = None
        self._metrics = metrics
        self.close("starting")

    def open(self) -> None:
        """The condition holds."""
        self.reason = None
        self._metrics.set(READY, 1, self.name)

    def close(self, reason: str) -> None:
        """The condition does not hold, for a reason that a person can read and that names nobody."""
        self.reason = reason
        self._metrics.set(READY, 0, self.name)


class Readiness:
    """A process is ready when all its gates are open."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._gates: list[Gate] = []

    def gate(self, name: str) -> Gate:
        """A new gate, closed."""
        gate = Gate(name, self._metrics)
        self._gates.append(gate)
        return gate

    def gates(self) -> dict[str, str | None]:
        """Why each gate is closed, by name; nothing for those that are open."""
        return {gate.name: gate.reason for gate in self._gates}

    def closed(self) -> Iterator[Gate]:
        """The gates that are in the way."""
        return (gate for gate in self._gates if gate.reason is not None)


def app(name: str, version: str, readiness: Readiness, metrics: Metrics) -> Starlette:
    """An app that answers `/livez`, `/readyz`, `/metrics`, `/version`, and nothing else: a worker needs no more."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def readyz(_: Request) -> Response:
        waiting = {gate.name: gate.reason for gate in readiness.closed()}
        return JSONResponse({"ready": not waiting, "waiting": waiting}, status_code=503 if waiting else 200)

    async def exposition(_: Request) -> Response:
        return Response(metrics.expose(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def told(_: Request) -> Response:
        return JSONResponse({"name": name, "version": version})

    answers = {"/livez": livez, "/readyz": readyz, "/metrics": exposition, "/version": told}
    return Starlette(
        routes=[Route(path, answer) for path, answer in answers.items()], exception_handlers={HTTPException: _refused}
    )


async def _refused(_: Request, error: Exception) -> Response:
    """Another path or method, as problem+json (RFC 9457) like every refusal; `leadpact.web` is not for workers."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it handles no other
    told = {"type": "about:blank", "title": HTTPStatus(error.status_code).phrase, "status": error.status_code}
    return JSONResponse(told, error.status_code, error.headers, "application/problem+json")
