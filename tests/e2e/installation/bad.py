"""What bad senders send, and by hand what each is to be told and what becomes of it (issue A, section 6).

`became` are the outcomes of the items of what was kept. Bad proof of origin, a source nobody knows and a body over the
limit are answered and not kept; what is proven but unreadable is kept and `rejected`; what is readable but cannot be
mapped is accepted and `quarantined` (design: who owns what, intake).
"""

import gzip
import json
from dataclasses import dataclass, field

MIB = 1024 * 1024
REJECTED, QUARANTINED, NORMALISED, DUPLICATE = ("rejected",), ("quarantined",), ("normalised",), ("duplicate",)
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """One delivery; `at` is the place of the first fault (`#` and a pointer into the body), "" where there is none."""

    says: str
    body: bytes
    status: int
    at: str
    became: tuple[str, ...]
    path: str = "/v1/leads"
    headers: dict[str, str] = field(default_factory=dict)
    by: str = "admin"


def lead(**told: object) -> bytes:
    return json.dumps({"email": "bad@acme.example", **told}).encode()


def batch(*items: object) -> bytes:
    return json.dumps(items).encode()


GOOD = lead(id="once", form="demo")
GZIP = {"Content-Encoding": "gzip"}

DELIVERIES = (
    # no data at all
    Bad("an empty body", b"", 400, "#", REJECTED),
    Bad("malformed JSON", b'{"email": "a@x.example"', 400, "#", REJECTED),
    Bad("no JSON at all", b"<lead>ann</lead>", 400, "#", REJECTED, headers={"Content-Type": "application/xml"}),
    Bad("text that is no UTF-8", b'{"email": "\xff\xfe"}', 400, "#", REJECTED),
    Bad("NaN", b'{"email": "a@x.example", "employees": NaN}', 400, "#", REJECTED),
    Bad("Infinity", b'{"email": "a@x.example", "employees": -Infinity}', 400, "#", REJECTED),
    Bad("1e999", b'{"email": "a@x.example", "employees": 1e999}', 400, "#/employees", REJECTED),
    Bad("arrays 1,500 deep", b"[" * 1_500 + b"]" * 1_500, 400, "#", REJECTED),
    Bad("objects 100,000 deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "#", REJECTED),
    Bad("a NUL in a text", b'{"email": "a@x.example", "name": "A\\u0000nn"}', 400, "#", REJECTED),
    Bad("a lone surrogate", b'{"email": "a@x.example", "name": "\\ud800"}', 400, "#", REJECTED),
    Bad("a key twice", b'{"email": "a@x.example", "email": "b@x.example"}', 400, "#", REJECTED),
    Bad("half a gzip", gzip.compress(GOOD)[:-9], 400, "#", REJECTED, headers=GZIP),
    Bad("gzip that is none", GOOD, 400, "#", REJECTED, headers=GZIP),
    # data, but not of the declared shape
    Bad("a number for a text", lead(email=7), 422, "#/email", REJECTED),
    Bad("a list for a number", lead(employees=[1]), 422, "#/employees", REJECTED),
    Bad("a text for an object", lead(utm="google"), 422, "#/utm", REJECTED),
    Bad("a bare number", b"7", 422, "#", REJECTED),
    Bad("an empty array", b"[]", 422, "#", REJECTED),
    Bad("an array of 1,001", batch(*[{"email": "a@x.example"}] * 1_001), 422, "#", REJECTED),
    Bad("an array of wrong shapes", batch(7, {"email": []}), 422, "#/0", REJECTED * 2),
    Bad("an unheard-of command", b'{"command": "fly"}', 422, "#/command", REJECTED, "/v1/commands"),
    # readable, but no fact can be made of it
    Bad("the year 1", lead(occurred_at="0001-01-01T00:00:00Z"), 202, "", QUARANTINED),
    Bad("the year 1, as a number", lead(occurred_at=-62135596800), 202, "", QUARANTINED),
    Bad("a time beyond all years", lead(occurred_at=1e300), 202, "", QUARANTINED),
    Bad("a time that is none", lead(occurred_at="soon"), 202, "", QUARANTINED),
    Bad("nobody", b'{"form": "demo"}', 202, "", QUARANTINED),
    Bad("no address", lead(email="ann at acme"), 202, "", QUARANTINED),
    Bad(
        "a lead nobody knows",
        b'{"command": "own", "lead": "7f3d1f6e-0000-4000-8000-000000000000", "owner": "ann"}',
        202,
        "",
        QUARANTINED,
        "/v1/commands",
    ),
    # too much, or in a dress we do not know
    Bad("2 MB", lead(name="a" * 2 * MIB), 413, "", NOTHING),
    Bad("a gzip bomb", gzip.compress(b'{"name": "' + b"a" * 50 * MIB + b'"}'), 413, "", NOTHING, headers=GZIP),
    Bad("another encoding", GOOD, 415, "", NOTHING, headers={"Content-Encoding": "br"}),
    # nobody we know
    Bad("an unknown source", GOOD, 404, "parameter source", NOTHING, "/v1/leads?source=nobody"),
    Bad("a source with a NUL", GOOD, 404, "parameter source", NOTHING, "/v1/leads?source=%00"),
    Bad("an unknown form", GOOD, 404, "parameter source", NOTHING, "/hooks/typeform/nobody"),
    Bad("no key", GOOD, 401, "", NOTHING, headers={"Authorization": ""}),
    Bad("a key that is none", GOOD, 401, "", NOTHING, headers={"Authorization": "Bearer \xff"}),
    Bad("a key without the scope", GOOD, 403, "", NOTHING, by="rep"),
    Bad("a wrong signature", b"{}", 401, "", NOTHING, "/hooks/typeform/forms", {"Typeform-Signature": "sha256=AAAA"}),
    Bad(
        "a signature of letters we do not know",
        b"{}",
        401,
        "",
        NOTHING,
        "/hooks/typeform/forms",
        {"Typeform-Signature": "é"},
    ),
    Bad("a wrong write key", b"{}", 401, "", NOTHING, "/segment/v1/track", {"Authorization": "Basic eDp5"}),
    Bad("a write key of no bytes", b"{}", 401, "", NOTHING, "/segment/v1/track", {"Authorization": "Basic !"}),
    # twice
    Bad("a lead", GOOD, 202, "", NORMALISED),
    Bad("the same lead again", GOOD, 202, "", DUPLICATE),
    Bad("the same in gzip", gzip.compress(GOOD), 202, "", DUPLICATE, headers=GZIP),
    Bad(
        "one of three is wrong",
        batch({"id": 1, "email": "a@x.example"}, {"id": 2, "email": 2}, {"id": 3, "email": "c@x.example"}),
        202,
        "#/1/email",
        ("normalised", "rejected", "normalised"),
    ),
    Bad(
        "a lead in plain text",
        lead(id="plain", email="plain@acme.example"),
        202,
        "",
        NORMALISED,
        headers={"Content-Type": "text/plain"},
    ),
)

ASKED = (
    "/v1/imports/%00",
    "/v1/deliveries/%00",
    "/v1/deliveries/x",
    "/v1/quarantine?cursor=%F0%9F",
    "/v1/quarantine?cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
    "/v1/quarantine?limit=-1",
    "/v1/agreements/%00",
    "/v1/agreements/sample?version=99999999999999999999",
    "/v1/clocks/%00",
    "/v1/clocks/%ED%A0%80",
    "/v1/teams/%00",
    "/v1/reports/leads/%00",
    "/v1/reports/leads?cursor=AAAA",
    "/v1/reports/leads?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIlx1MDAwMCJd",
    "/v1/reports/leads?cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwieCJd",
    "/v1/reports/leads?limit=1e9",
    "/leads?cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIlx1MDAwMCJd",
    "/leads/%00",
    "/leads/..%2F..%2Fetc%2Fpasswd",
    "/static/web/..%2F..%2Fpyproject.toml",
    "/v1/nowhere",
    "/" + "a" * 20_000,
)
"""Addresses to read that hold what no database takes, or lead nowhere; the cursors are forged: NUL for an
id, and a time before the year 1."""
