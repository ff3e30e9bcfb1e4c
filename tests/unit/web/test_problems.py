"""Whatever is wrong with a request, the answer is problem+json that points at it, and never a 5xx."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.web import Cursors, Problem
from leadpact.web.app import create_app
from tests.unit.web.sample.app import SEATS, sample_app

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectionRefusedError(111, "refused"), 503),
        (asyncpg.InterfaceError("pool is closed"), 503),
        (asyncpg.CannotConnectNowError("the database system is shutting down"), 503),
        (asyncpg.UndefinedTableError("relation does not exist"), 500),
        (asyncpg.CharacterNotInRepertoireError("invalid byte sequence: 0x00"), 422),
        (asyncpg.ProgramLimitExceededError("index row size exceeds the maximum"), 422),
    ],
)
async def test_a_database_that_is_away_is_told_from_one_that_says_no(error: Exception, status: int) -> None:
    app = create_app("sample", "0")

    @app.get("/row")
    async def row() -> None:
        raise error

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
        answer = await client.get("/row")
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.headers.get("retry-after") == ("2" if status == 503 else None)


async def test_a_value_out_of_form_is_pointed_at(client: httpx.AsyncClient) -> None:
    answer = await client.post("/parcels", json={"items": [{"size": 1}, {"size": 0, "a/b": 5}]})
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "the request does not have the agreed form",
        "errors": [
            {"pointer": "/items/1/size", "detail": "this is to be at least 1"},
            {"pointer": "/items/1/a~1b", "detail": "this is to be text"},
        ],
    }


async def test_what_was_sent_is_not_echoed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/parcels", json={"items": "mrs.smith@example.com"})
    assert answer.status_code == 422
    assert "smith" not in answer.text


async def test_a_parameter_out_of_form_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/seats/0", params={"limit": "many"})
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["row", "limit"]


async def test_a_body_that_is_no_json_is_refused_at_its_character(client: httpx.AsyncClient) -> None:
    answer = await client.post("/parcels", content=b'{"items": ]', headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["detail"] == "not JSON at character 10: Expecting value"
    assert answer.json()["errors"][0]["pointer"] == ""


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1500 + b"]" * 1500,
        b'{"items": [{"size": NaN}]}',
        b'{"items": [{"size": 1e400}]}',
        b'{"items": "\\u0000"}',
        b'{"items": "\\ud800"}',
        b"\xff\xfe\x00",
        b"",
        b"null",
        b'{"items": [{"size": ' + b"9" * 5000 + b"}]}",
    ],
)
async def test_weird_bodies_are_refused_and_never_break_us(body: bytes) -> None:
    transport = httpx.ASGITransport(sample_app(max_body=10_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
        answer = await client.post("/parcels", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f'{{"items": [{text}]}}'.encode()))
@settings(max_examples=100, deadline=None, derandomize=True)
async def test_no_body_at_all_breaks_us(body: bytes) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sample_app()), base_url="http://sample") as client:
        answer = await client.post("/parcels", content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500


async def _in_parts() -> AsyncIterator[bytes]:
    for _ in range(11):
        yield b" " * 100


@pytest.mark.parametrize("path", ["/parcels", "/raw/"])
@pytest.mark.parametrize("in_parts", [False, True])
async def test_a_body_too_long_is_refused_however_it_comes(
    client: httpx.AsyncClient, path: str, *, in_parts: bool
) -> None:
    content = _in_parts() if in_parts else b" " * 1001
    answer = await client.post(path, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["title"] == "Content Too Large"
    assert answer.json()["detail"] == "a body here has at most 1000 bytes"


async def test_a_body_of_just_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"items": []}'.ljust(1000)
    assert (await client.post("/parcels", content=body, headers={"content-type": "application/json"})).json() == 0
    assert (await client.post("/raw/", content=body)).status_code == 204


async def test_a_refusal_keeps_its_words_and_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refused")
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "7")
    assert answer.json() == {
        "type": "tag:sample:taken",
        "title": "Conflict",
        "status": 409,
        "detail": "taken",
        "errors": [{"pointer": "/name", "detail": "lone \ud800 surrogate"}],
    }


async def test_no_such_path_and_no_such_method_are_problems_too(client: httpx.AsyncClient) -> None:
    missing, wrong = await client.get("/nowhere"), await client.delete("/parcels")
    nothing = "there is nothing at this path"
    assert missing.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": nothing}
    assert (wrong.status_code, wrong.headers["allow"], wrong.headers["content-type"]) == (405, "POST", PROBLEM)
    assert wrong.json()["detail"] == "this path answers to POST only"


async def test_our_own_fault_gives_nothing_away(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in answer.text


async def test_a_cursor_leads_through_the_list_once(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        found = (await client.get("/seats/2", params={"cursor": cursor} if cursor else {})).json()
        seen += found["items"]
        cursor = found["next"]
    assert "".join(seen) == "abcdefg"


async def test_the_last_page_has_no_next_though_it_is_full(client: httpx.AsyncClient) -> None:
    assert (await client.get("/seats/2", params={"limit": 7})).json()["next"] is None


@pytest.mark.parametrize("cursor", ["x", "!!!", "é", "bnVsbA", SEATS.encode((1, "a"))[:-2], "\x00"])
async def test_a_forged_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/seats/2", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "cursor")


@pytest.mark.parametrize(
    "position",
    [
        '["2026-01-01T00:00:00Z","a\\u0000"]',
        '["0001-01-01T00:00:00+14:00","a"]',
        '["9999-12-31T23:59:59-14:00","a"]',
        '["2026-01-01T00:00:00","a"]',
    ],
    ids=["NUL", "before year 1", "beyond year 9999", "no zone"],
)
def test_a_cursor_of_the_right_type_that_no_row_can_hold_is_refused(position: str) -> None:
    cursors = Cursors(tuple[datetime, str])
    with pytest.raises(Problem) as refused:
        cursors.decode(urlsafe_b64encode(position.encode()).decode())
    assert (refused.value.status, refused.value.errors[0].place) == (400, "cursor")
