"""What intake and the kit refuse, in the words of HTTP; a database's own words `leadpact.web` understands."""

from collections.abc import Mapping

from fastapi import FastAPI, Request, Response

from leadpact.intake.errors import BadMapping, UnknownSource, Unmappable, Unproven
from leadpact.kit.errors import Denied, Unavailable, Unstorable
from leadpact.web import denial, unstorable
from leadpact.web.errors import Fault, Problem
from leadpact.web.problems import problem_response

_AGAIN: Mapping[str, str] = {"Retry-After": "1"}


def problem(error: Exception) -> Problem:
    """The problem that an error means to a caller."""
    match error:
        case Denied():
            return denial(error)
        case Unstorable():
            return unstorable()
        case Unproven():
            return Problem(401, "Unauthorized", detail=error.reason)
        case UnknownSource():
            fault = Fault("source", error.reason, "parameter")
            return Problem(404, "Not Found", detail=error.reason, errors=(fault,))
        case BadMapping() | Unmappable():
            fault = Fault(error.pointer, error.reason)
            return Problem(422, "Unprocessable Content", detail=error.reason, errors=(fault,))
        case _:
            detail = "we cannot say that it was kept: send it again"
            return Problem(503, "Service Unavailable", detail=detail, headers=_AGAIN)


REFUSALS = (Denied, Unproven, UnknownSource, BadMapping, Unmappable, Unavailable, Unstorable)


def handle_refusals(app: FastAPI) -> None:
    """Answer these errors as problems."""

    async def refused(request: Request, error: Exception) -> Response:
        del request
        return problem_response(problem(error))

    for kind in REFUSALS:
        app.add_exception_handler(kind, refused)
