"""Bad input, a table: each gets a clear answer, nothing is lost, nothing half-written, and it is never our failure."""

import gzip
import json
from typing import Any

import pytest

from leadpact.intake.domain.draft import Outcome
from tests.unit.intake.door import Front

GOOD = {"email": "a@x.example"}
UNREADABLE = {
    "empty": b"",
    "cut off": b'{"email": "a@x',
    "no JSON": b"email=a%40x.example",
    "not UTF-8": b'{"email": "\xff"}',
    "NUL": b'{"name": "a\\u0000b", "email": "a@x.example"}',
    "NUL in a key": b'{"na\\u0000me": "x", "email": "a@x.example"}',
    "lone surrogate": b'{"name": "\\ud800", "email": "a@x.example"}',
    "NaN": b'{"employees": NaN}',
    "Infinity": b'{"employees": Infinity}',
    "1e999": b'{"employees": 1e999}',
    "1,500 deep": b"[" * 1_500 + b"]" * 1_500,
    "5,000 digits": b'{"employees": ' + b"9" * 5_000 + b"}",
    "key twice": b'{"email": "a@x.example", "email": "b@x.example"}',
    "key twice, deep": b'{"email": "a@x.example", "utm": {"source": "a", "s\\u006furce": "b"}}',
    "two documents": b'{"email": "a@x.example"}{"email": "b@x.example"}',
}
MISSHAPEN: dict[str, Any] = {
    "a text": "hello",
    "null": None,
    "no items": [],
    "too many": [GOOD] * 1_001,
    "wrong type": {"email": ["a@x.example"]},
    "a wrong field of a part": {"email": "a@x.example", "utm": "google"},
    "a number of 100 bits": GOOD | {"attributes": {"revenue": 10**30}},
    "a number of 64 bits that should have a sign": GOOD | {"attributes": {"revenue": 2**63}},
    "employees beyond 64 bits": GOOD | {"employees": -(2**64)},
}
UNMAPPABLE: dict[str, Any] = {
    "nobody": {"name": "Ann"},
    "no address": {"email": "not an address"},
    "no number": {"phone": "call me"},
    "year 1": GOOD | {"occurred_at": "0001-01-01T00:00:00Z"},
    "no time": GOOD | {"occurred_at": "soon"},
    "no zone": GOOD | {"zone": "Mars/Base"},
    "no id of ours": {"lead": "7"},
    "a huge name of a form": GOOD | {"form": "x" * 5_000},
}
READABLE: dict[str, Any] = {
    "an escaped backslash before u0000": b'{"email": "a@x.example", "name": "a\\\\u0000"}',
    "numbers above 2^53": GOOD | {"contact_id": 2**70},
    "numbers in another notation": b'{"email": "a@x.example", "employees": 1E2, "attributes": {"revenue": 1.50e3}}',
    "blanks for null": GOOD | {"phone": " ", "job_title": "", "occurred_at": "", "contact_id": ""},
    "pretty-printed": json.dumps(GOOD, indent=8).encode(),
    "the largest number of 64 bits": GOOD | {"attributes": {"revenue": 2**63 - 1}},
    "unknown fields": GOOD | {"whatever": {"x": 1}},
    "a phone that is none beside an address": GOOD | {"phone": "ask at the desk"},
    "emoji": GOOD | {"name": "Ann \N{GRINNING FACE}"},
}


async def _one(body: Any, status: int) -> tuple[Front, Outcome, dict[str, Any]]:  # noqa: ANN401 - JSON
    front = Front()
    answer = await front.post("/v1/leads", body)
    assert answer.status_code == status, answer.text
    assert len(await front.kept()) == 1
    desk = await front.normalised()
    (ended,) = desk.books.outcomes.values()
    assert "our mistake" not in ended.reason
    assert bool(desk.out) == (ended.outcome is Outcome.NORMALISED)
    assert not desk.buried
    return front, ended.outcome, answer.json()


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_r8_what_nobody_can_read_is_kept_rejected_and_answered_400(body: bytes) -> None:
    _, outcome, problem = await _one(body, 400)
    assert outcome is Outcome.REJECTED
    pointer = "/employees" if b"1e999" in body else ""
    assert (problem["title"], problem["errors"][0]["pointer"]) == ("Bad Request", pointer)


@pytest.mark.parametrize("body", MISSHAPEN.values(), ids=MISSHAPEN)
async def test_r8_what_has_another_shape_is_kept_rejected_and_answered_422(body: object) -> None:
    _, outcome, problem = await _one(body, 422)
    assert outcome is Outcome.REJECTED and problem["errors"]


@pytest.mark.parametrize("body", UNMAPPABLE.values(), ids=UNMAPPABLE)
async def test_r8_what_cannot_be_mapped_is_accepted_and_quarantined(body: object) -> None:
    _, outcome, _ = await _one(body, 202)
    assert outcome is Outcome.QUARANTINED


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE)
async def test_r8_what_is_only_unusual_is_taken(body: object) -> None:
    _, outcome, _ = await _one(body, 202)
    assert outcome is Outcome.NORMALISED


async def test_r9_unreadable_is_answered_by_vendors_too_and_kept_once_it_is_proven() -> None:
    front = Front()
    assert (await front.typeform(b"{")).status_code == 400
    assert (await front.segment("track", b"[1")).status_code == 400
    assert (await front.segment("batch", {"batch": 5})).status_code == 422
    broken = gzip.compress(json.dumps(GOOD).encode())[:-4]
    assert (await front.post("/v1/leads", broken, **{"Content-Encoding": "gzip"})).status_code == 400
    assert (await front.post("/v1/leads", GOOD, **{"Content-Encoding": "gzip"})).status_code == 400
    desk = await front.normalised()
    assert [ended.outcome for ended in desk.books.outcomes.values()] == [Outcome.REJECTED] * 5
    assert desk.out == [], "what the sender was told is no data does not become a fact behind their back"


async def test_r8_a_readable_form_that_means_nothing_is_accepted_and_quarantined() -> None:
    front = Front()
    for body in (b"[]", b"{}", b'{"form_response": 5}', b'{"form_response": {"answers": [5]}}'):
        assert (await front.typeform(body)).status_code == 200
    desk = await front.normalised()
    assert {ended.outcome for ended in desk.books.outcomes.values()} == {Outcome.QUARANTINED}


HUGE, DOTS = 10**30, "." * 3_000
VENDORS: dict[str, tuple[str, dict[str, Any], Outcome]] = {
    "a form's answer of 100 bits": (
        "typeform",
        {"answers": [{"type": "number", "number": HUGE, "field": {"ref": "revenue"}}]},
        Outcome.QUARANTINED,
    ),
    "a hidden field of 100 bits": ("typeform", {"hidden": {"revenue": HUGE}}, Outcome.QUARANTINED),
    "a hidden field of 3,000 dots": ("typeform", {"hidden": {DOTS: "x"}}, Outcome.NORMALISED),
    "a hidden field 3,000 deep": ("typeform", {"hidden": {f"utm{DOTS}": "x"}}, Outcome.QUARANTINED),
    "a trait of 100 bits": ("identify", {"revenue": HUGE}, Outcome.QUARANTINED),
    "a trait of 3,000 dots": ("identify", {DOTS: "x"}, Outcome.NORMALISED),
}


@pytest.mark.parametrize(("vendor", "told", "became"), VENDORS.values(), ids=VENDORS)
async def test_r8_what_a_vendor_proved_is_kept_however_odd(vendor: str, told: dict[str, Any], became: Outcome) -> None:
    front = Front()
    if vendor == "typeform":
        form = {"form_response": told | {"hidden": GOOD | told.get("hidden", {})}}
        answer = await front.typeform(json.dumps(form).encode())
    else:
        answer = await front.segment(vendor, {"traits": GOOD | told})
    assert answer.status_code == 200, answer.text
    desk = await front.normalised()
    assert [ended.outcome for ended in desk.books.outcomes.values()] == [became]
