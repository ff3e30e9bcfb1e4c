"""The qualifier's errors as problem+json."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response

from leadpact.qualifier.errors import Conflict, Finding, NotFound, Unsound
from leadpact.web import Fault, Problem, problem_response


def handle_errors(app: FastAPI) -> None:
    """Answer what the clerk raises; `leadpact.web` answers the rest."""

    def answer(kind: type[Exception], status: HTTPStatus) -> None:
        @app.exception_handler(kind)
        async def refused(_: Request, error: Exception) -> Response:
            return problem_response(Problem(status, status.phrase, detail=str(error)))

    answer(NotFound, HTTPStatus.NOT_FOUND)
    answer(Conflict, HTTPStatus.CONFLICT)

    @app.exception_handler(Unsound)
    async def unsound(_: Request, error: Unsound) -> Response:
        faults = tuple(Fault(each.pointer, _placed(each)) for each in error.findings)
        detail = "the text is no agreement"
        return problem_response(Problem(422, "Unprocessable Content", detail=detail, errors=faults))


def _placed(finding: Finding) -> str:
    return f"line {finding.line}: {finding.says}" if finding.line else finding.says
