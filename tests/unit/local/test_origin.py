"""One origin for four services: who answers for a path."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, create_model
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from leadpact.local.describing import merge
from leadpact.local.services import SERVICES
from leadpact.local.web import Origin, composed
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


class Item(BaseModel):
    """What one service calls an item."""

    number: int


def _items(prefix: str, item: type[BaseModel]) -> FastAPI:
    app = create_app(prefix, "1")

    @app.get(f"{prefix}/items", response_model=list[item])  # type: ignore[valid-type]  # a type made for this app
    async def items() -> list[BaseModel]:
        return []

    return app


async def test_the_origin_describes_all_services_in_one_document() -> None:
    other = create_model("Item", __doc__="What another one calls an item.", text=(str, ...))
    root, first, second, third = create_app("root", "1"), *(_items(f"/{n}", Item) for n in "ab"), _items("/c", other)
    first.add_api_route("/c/items", lambda: "first has no say there")
    opened = {"root": (["/"], root), "first": (["/a"], first), "second": (["/b"], second), "third": (["/c"], third)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(composed(opened, named("ops"), "1.2")), base_url="http://origin"
    ) as http:
        assert (await http.get("/livez")).text == "ops /livez"
        told = (await http.get("/openapi.json")).json()
    assert told["info"] == {"title": "Leadpact", "version": "1.2"}
    assert {path: said["get"]["tags"] for path, said in told["paths"].items()} == {
        "/a/items": ["first"],
        "/b/items": ["second"],
        "/c/items": ["third"],
    }
    schemas = told["components"]["schemas"]
    assert schemas["Item"]["properties"].keys() == {"number"} and schemas["third.Item"]["properties"].keys() == {"text"}
    answers = told["paths"]["/c/items"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answers["items"] == {"$ref": "#/components/schemas/third.Item"}


def test_what_means_the_same_by_the_words_but_leads_to_another_thing_is_another_thing() -> None:
    whole: dict[str, Any] = {"paths": {}}
    for name, kind in (("first", "string"), ("second", "integer")):
        page = {"items": {"$ref": "#/components/schemas/Item"}}
        schemas = {"Item": {"type": kind}, "Page": page, "Same": {"type": "null"}}
        merge(whole, {"paths": {}, "components": {"schemas": schemas}}, name)
    assert whole["components"]["schemas"].keys() == {"Item", "Page", "Same", "second.Item", "second.Page"}
    assert whole["components"]["schemas"]["second.Page"] == {"items": {"$ref": "#/components/schemas/second.Item"}}
