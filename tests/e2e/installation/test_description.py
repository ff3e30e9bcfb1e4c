"""`/openapi.json` at the origin tells of all four services, as the web process composes them."""

import re
from collections.abc import Mapping
from typing import Any

from leadpact.local.services import SERVICES
from leadpact.web import create_app
from tests.e2e.installation.conftest import Installed

ONE_OF_EACH = {
    "intake": ("/v1/leads", "/v1/commands", "/v1/imports", "/v1/quarantine/{item}/redrive", "/hooks/typeform/{source}"),
    "qualifier": ("/v1/agreements", "/v1/agreements/check"),
    "sla_monitor": ("/v1/clocks/{lead}", "/v1/teams/{team}", "/v1/promises"),
    "reporting": ("/v1/reports/summary", "/v1/reports/leads"),
}


def says_its_function(operation: Mapping[str, str]) -> bool:
    """Whether the summary is FastAPI's own: the function's name in words, with which the id begins before the path."""
    return operation["operationId"].startswith(f"{operation['summary'].lower().replace(' ', '_')}_v1_")


def test_a_function_without_a_docstring_would_be_noticed() -> None:
    app = create_app("a test", "1")

    async def first_mql() -> None:
        pass

    async def told() -> None:
        """The first MQL of a month; none before it."""

    for number, function in enumerate((first_mql, told)):
        app.get(f"/v1/reports/{number}")(function)
    said = [path["get"] for path in app.openapi()["paths"].values()]
    assert [says_its_function(operation) for operation in said] == [True, False]


async def test_the_origin_describes_what_all_services_answer_for(answering: Installed) -> None:
    answer = await answering.http.get("/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    assert {service.schema for service in SERVICES} == ONE_OF_EACH.keys()
    assert {path for paths in ONE_OF_EACH.values() for path in paths} <= told["paths"].keys()
    assert told["paths"]["/v1/leads"]["post"]["operationId"] == "deliver_leads"
    defined = {f"#/components/{kind}/{name}" for kind, all_ in told["components"].items() for name in all_}
    assert set(re.findall(r'"(#/components/[^"]+)"', answer.text)) <= defined
    wordless = [
        f"{method} {path}: {operation['summary']}"
        for path, said in told["paths"].items()
        for method, operation in said.items()
        if not operation["summary"].strip() or says_its_function(operation)
    ]
    assert wordless == [], "an operation is told by a clause, not by the name of a function"
    for path, said in told["paths"].items():
        if "get" in said and "{" not in path:
            assert (await answering.http.get(path, headers=answering.by("admin"))).status_code != 404, path
