"""Operators see whether a process lives, what keeps it from being ready, and which version it is."""

import httpx
from starlette.applications import Starlette

from leadpact.kit import meter
from leadpact.kit.metrics import Metrics
from leadpact.kit.ops import Readiness, app


def asking(asked: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(asked), base_url="http://process")


async def test_a_process_is_ready_when_its_last_gate_opens_and_not_when_one_closes_again() -> None:
    metrics = Metrics(*meter.CATALOGUE)
    readiness = Readiness(metrics)
    database, broker = readiness.gate("database"), readiness.gate("broker")
    client = asking(app("intake", "0.1.0", readiness, metrics))

    async def ready() -> tuple[int, dict[str, str]]:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()["waiting"]

    assert await ready() == (503, {"database": "starting", "broker": "starting"})
    database.open()
    assert await ready() == (503, {"broker": "starting"})
    broker.open()
    assert await ready() == (200, {})
    database.close("no answer")
    assert await ready() == (503, {"database": "no answer"})
    assert 'leadpact_ready{gate="database"} 0.0' in (await client.get("/metrics")).text
    assert (await client.get("/livez")).status_code == 200


async def test_a_process_says_who_it_is() -> None:
    metrics = Metrics(*meter.CATALOGUE)
    client = asking(app("intake", "0.1.0", Readiness(metrics), metrics))
    assert (await client.get("/version")).json() == {"name": "intake", "version": "0.1.0"}


async def test_another_path_or_method_is_refused_as_a_problem() -> None:
    metrics = Metrics(*meter.CATALOGUE)
    client = asking(app("intake", "0.1.0", Readiness(metrics), metrics))
    for answer, status in ((await client.get("/nothing"), 404), (await client.post("/livez"), 405)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert (answer.json()["status"], answer.json()["type"]) == (status, "about:blank")
    assert "GET" in answer.headers["allow"] and answer.json()["title"] == "Method Not Allowed"
