"""Every refusal as problem+json (RFC 9457), and as a page where a browser asked for one.

What a sender got wrong is pointed at but never echoed: a body may hold what no log and no screen should show.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from leadpact.kit.errors import Denied, Unauthenticated, Unavailable, Unstorable
from leadpact.kit.pg.answering import SAID, answering
from leadpact.web.errors import Fault, Problem, Where
from leadpact.web.headers import HEADERS
from leadpact.web.wording import wording

MEDIA_TYPE = "application/problem+json"
_RFC_9110 = {413: "Content Too Large", 422: "Unprocessable Content"}  # older Pythons know older names


def problem_response(problem: Problem) -> Response:
    """Give a problem as an answer; for code that answers outside the app's exception handlers."""
    members: dict[str, object] = {"type": problem.type, "title": problem.title, "status": problem.status}
    if problem.detail:
        members["detail"] = problem.detail
    if problem.errors:
        members["errors"] = [{fault.where: fault.place, "detail": fault.detail} for fault in problem.errors]
    # ASCII only: a lone surrogate in a detail must not break the answer.
    return Response(json.dumps(members), problem.status, dict(problem.headers), MEDIA_TYPE)


def denial(error: Denied) -> Problem:
    """The problem of a caller who may not: 401 when nobody knows who is calling, else 403."""
    if isinstance(error, Unauthenticated):
        return Problem(401, "Unauthorized", detail=str(error), headers={"WWW-Authenticate": "Bearer"})
    return Problem(403, "Forbidden", detail=str(error))


def unstorable() -> Problem:
    """The problem of a value that no table takes."""
    detail = "a value here cannot be kept: it holds a NUL character, is out of range, or too long for a name"
    return Problem(422, _RFC_9110[422], detail=detail, errors=(Fault("", detail),))


def handle_problems(app: FastAPI) -> None:
    """Turn whatever an endpoint raises into a problem, an unknown exception into a 500 that gives nothing away."""
    _handle_storage(app)

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        return _answer(request, problem)

    @app.exception_handler(Denied)
    async def denied(request: Request, error: Denied) -> Response:
        return _answer(request, denial(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        title = _RFC_9110.get(error.status_code, phrase)
        headers = error.headers or {}
        detail = _unsaid(error.status_code, headers) if error.detail in (phrase, title) else str(error.detail)
        return _answer(request, Problem(error.status_code, title, detail=detail, headers=headers))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, _invalid(error.errors()))

    @app.exception_handler(Exception)
    async def failed(request: Request, _: Exception) -> Response:
        answer = _answer(request, Problem(500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase))
        answer.headers.update(HEADERS)  # Starlette answers this one outside all middleware
        return answer


def _handle_storage(app: FastAPI) -> None:
    """Tell a database or broker that is away from a value that it will never take."""

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, _: Unavailable) -> Response:
        detail = "broker or database do not answer; nothing was lost, try again"
        return _answer(request, Problem(503, "Service Unavailable", detail=detail, headers={"Retry-After": "2"}))

    @app.exception_handler(Unstorable)
    async def refused_by_database(request: Request, _: Unstorable) -> Response:
        return _answer(request, unstorable())

    async def database(request: Request, error: Exception) -> Response:
        try:
            with answering():
                raise error
        except Unavailable as away:
            return await unavailable(request, away)
        except Unstorable as refusal:
            return await refused_by_database(request, refusal)

    for kind in SAID:
        app.add_exception_handler(kind, database)


def _unsaid(status: int, headers: Mapping[str, str]) -> str:
    """What the framework leaves unsaid of a path that nobody answers at, or not to this method."""
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"this path answers to {headers.get('Allow', 'another method')} only"
    return "there is nothing at this path" if status == HTTPStatus.NOT_FOUND else ""


def _answer(request: Request, problem: Problem) -> Response:
    pages = getattr(request.app.state, "pages", None)
    if pages is not None and "text/html" in request.headers.get("accept", ""):
        page: Response = pages.render(request, "problem.html", status=problem.status, problem=problem)
        page.headers.update(problem.headers)
        return page
    return problem_response(problem)


def _invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    found = list(errors)
    for error in found:
        if error["type"] == "json_invalid":
            detail = f"not JSON at character {error['loc'][-1]}: {error['ctx']['error']}"
            return Problem(400, "Bad Request", detail=detail, errors=(Fault("", detail),))
    faults = tuple(_fault(error) for error in found)
    return Problem(422, _RFC_9110[422], detail="the request does not have the agreed form", errors=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    place, *steps = error["loc"]
    match place:
        case "body":
            pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
            return Fault(pointer, wording(error))
        case _:
            where: Where = "header" if place == "header" else "parameter"
            return Fault(str(steps[0]), wording(error), where)
