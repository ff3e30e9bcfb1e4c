"""What a person reads when the API says no: the problem's detail and where it lies."""

import asyncio
import socket

import httpx
import pytest

from leadpact.local import client
from leadpact.local.client import Api
from leadpact.local.errors import NotUp, Refused

PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "the text is no agreement",
    "errors": [{"pointer": "/hours", "detail": "line 9: a team that never opens keeps no promise"}],
}


def api(answer: httpx.Response | Exception) -> Api:
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Api(httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://127.0.0.1:1"))


async def test_a_problem_is_said_with_its_detail_and_its_pointers() -> None:
    answer = httpx.Response(422, json=PROBLEM, headers={"content-type": "application/problem+json"})
    with pytest.raises(Refused) as refused:
        await api(answer).post("/v1/agreements", {})
    assert str(refused.value).splitlines() == [
        "422 Unprocessable Content: the text is no agreement",
        "  /hours: line 9: a team that never opens keeps no promise",
    ]


async def test_r7_each_command_has_a_key_of_its_own_so_that_a_repeat_on_the_way_is_no_second_act() -> None:
    keys: dict[str, list[str | None]] = {}

    def handle(request: httpx.Request) -> httpx.Response:
        keys.setdefault(request.url.path, []).append(request.headers.get("Idempotency-Key"))
        return httpx.Response(202, json={})

    our = Api(httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://127.0.0.1:1"))
    for path in ("/v1/commands", "/v1/commands", "/v1/leads"):
        await our.post(path, {"command": "own"}, source="api")
    first, second = keys["/v1/commands"]
    assert first and second and first != second
    assert keys["/v1/leads"] == [None], "the hash of the body tells facts apart"


async def test_the_one_thing_that_is_wrong_is_said_once_with_its_place() -> None:
    says = "'Mars' is no time zone"
    problem = PROBLEM | {"detail": says, "errors": [{"pointer": "/zone", "detail": says}]}
    answer = httpx.Response(422, json=problem, headers={"content-type": "application/problem+json"})
    with pytest.raises(Refused) as refused:
        await api(answer).post("/v1/sources", {})
    assert str(refused.value) == f"422 Unprocessable Content: /zone: {says}"


async def test_an_answer_that_is_no_problem_document_is_cut_short() -> None:
    with pytest.raises(Refused) as refused:
        await api(httpx.Response(502, text="x" * 9_000)).get("/v1/sources")
    assert str(refused.value).startswith("502 Bad Gateway: xxx")
    assert len(str(refused.value)) < 600


async def test_nobody_there_says_what_to_do() -> None:
    with pytest.raises(NotUp, match="leadpact doctor"):
        await api(httpx.ConnectError("refused")).get("/v1/sources")


async def test_a_process_that_hangs_is_told_from_one_that_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LETS_WAIT", 0.05)
    monkeypatch.setattr(client, "_LIVES", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as hangs:  # takes connections, and nobody reads from them
        async with client.api(f"http://127.0.0.1:{hangs.getsockname()[1]}", "a key") as asked:
            with pytest.raises(NotUp, match=r"the web process at .* does not answer .*kill -9"):
                await asked.upload("/v1/imports", b"", "")
    lives = asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/livez":
            lives.set()
        await lives.wait()
        return httpx.Response(200, json="at last")

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow), base_url="http://127.0.0.1:1") as http:
        assert await Api(http).get("/v1/imports/1") == "at last"


async def test_parts_of_a_query_that_are_none_are_left_out() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=[])

    our = Api(httpx.AsyncClient(transport=httpx.MockTransport(handle), base_url="http://127.0.0.1:1"))
    await our.get("/v1/agreements/sample", version=None)
    await our.get("/v1/agreements/sample", version=2)
    assert [url.partition("/v1")[2] for url in asked] == ["/agreements/sample", "/agreements/sample?version=2"]
