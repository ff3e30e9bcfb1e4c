"""One origin for four services: who answers for a path."""

from collections.abc import Mapping

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from leadpact.local.services import SERVICES
from leadpact.local.web import Origin
from leadpact.web import create_app


def named(name: str) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"{name} {scope['path']}")(scope, receive, send)

    return app


def client(apps: Mapping[str, ASGIApp]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(Origin(apps)), base_url="http://origin")


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/v1/leads", "intake"),
        ("/v1/leads/", "intake"),
        ("/v1/leads/42", "intake"),
        ("/v1/leadsomething", "root"),
        ("/v1/reports/leads", "reports"),
        ("/v1", "root"),
        ("/leads", "pages"),
        ("/", "root"),
        ("/nothing/of/the/kind", "root"),
    ],
)
async def test_the_longest_prefix_that_ends_at_a_slash_answers_and_sees_the_whole_path(path: str, who: str) -> None:
    apps = {"/": named("root"), "/v1/leads": named("intake"), "/v1/reports": named("reports"), "/leads": named("pages")}
    async with client(apps) as http:
        assert (await http.get(path)).text == f"{who} {path}"


async def test_a_path_that_nobody_has_is_a_problem_by_the_root_app() -> None:
    async with client({"/": create_app("root", "1"), "/v1/leads": named("intake")}) as http:
        answer = await http.get("/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_two_services_answer_for_one_prefix() -> None:
    prefixes = [prefix for service in SERVICES for prefix in service.prefixes]
    assert len(set(prefixes)) == len(prefixes)
    assert {"/", "/wall", "/v1/leads", "/v1/agreements", "/v1/clocks", "/v1/imports"} <= set(prefixes)
