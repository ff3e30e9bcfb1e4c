"""What senders that we know send wrong, vendors with their proof and operators with their key; told as in `bad`."""

import base64
import hmac
import json
from typing import Any

from leadpact.kit.ids import derive
from tests.e2e.installation.bad import DUPLICATE, NORMALISED, NOTHING, QUARANTINED, REJECTED, Bad, lead

SOURCES: tuple[dict[str, Any], ...] = (
    {"name": "forms", "kind": "typeform", "secrets": ["the shared secret"], "mapping": {"r1": "email"}},
    {"name": "site", "kind": "segment", "secrets": ["the write key"]},
    {"name": "table", "kind": "csv"},
)
HUGE, LONG, DOTS = 10**30, "".join(map(derive, range(900)))[:30_000], "." * 3_000
"""LONG is too long for a key of a table, however well that is packed."""


def form(says: str, told: object, status: int, at: str, became: tuple[str, ...]) -> Bad:
    """A form as Typeform signs it."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    made = base64.b64encode(hmac.digest(b"the shared secret", body, "sha256")).decode()
    headers = {"Typeform-Signature": f"sha256={made}"}
    return Bad(f"a form: {says}", body, status, at, became, "/hooks/typeform/forms", headers)


def segment(says: str, method: str, told: object, status: int, at: str, became: tuple[str, ...]) -> Bad:
    """A call as Segment's libraries make it."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    key = base64.b64encode(b"the write key:").decode()
    return Bad(f"segment: {says}", body, status, at, became, f"/segment/v1/{method}", {"Authorization": f"Basic {key}"})


def command(says: str, told: dict[str, Any], status: int, at: str, became: tuple[str, ...]) -> Bad:
    """What an operator decides."""
    return Bad(f"a command: {says}", json.dumps(told).encode(), status, at, became, "/v1/commands")


def imported(
    says: str, mapping: str, at: str, *, status: int = 422, query: str = "", file: bytes = b"a,b\n1,2\n"
) -> Bad:
    """A file by command, of which nothing is kept."""
    parts = b'--x\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n%s\r\n' % mapping.encode()
    parts += b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n%s\r\n--x--\r\n' % file
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return Bad(f"a file: {says}", parts, status, at, NOTHING, f"/v1/imports?source=table{query}", headers)


def source(says: str, at: str, told: dict[str, Any], *, status: int = 422, by: str = "admin") -> Bad:
    """A source to be registered, of which nothing is kept."""
    body = json.dumps({"name": "odd", "kind": "json"} | told).encode()
    headers = {"Content-Type": "application/json"}
    return Bad(f"a source: {says}", body, status, at, NOTHING, "/v1/sources", headers, by)


def hidden(**told: object) -> dict[str, Any]:
    return {"form_response": {"hidden": {"email": "form@acme.example", **told}, "answers": []}}


def roster(**rep: object) -> dict[str, Any]:
    reps = [{"id": "bo", "name": "Bo"}, {"id": "cy", "name": "Cy"} | rep]
    return {"command": "roster", "team": "us", "reps": reps, "reason": "new"}


LEAVE = {"command": "leave", "rep": "bo", "from": "2026-03-02", "to": "2026-03-03", "reason": "away"}
CLOSURE = {"command": "closure", "team": "us", "day": "2026-03-04", "reason": "offsite"}
NUMBER = {"type": "number", "number": HUGE, "field": {"ref": "revenue"}}
KIND = "kind: lead\nfields: "

PROVEN = (
    # what no store keeps
    Bad("a number of 100 bits", lead(attributes={"revenue": HUGE}), 422, "#/attributes", REJECTED),
    Bad("a long lane", lead(), 422, "header x-leadpact-backfill", NOTHING, headers={"X-Leadpact-Backfill": LONG}),
    Bad("a blank lane", lead(), 422, "header x-leadpact-backfill", NOTHING, headers={"X-Leadpact-Backfill": ""}),
    Bad("51 parameters", lead(), 400, "", NOTHING, "/v1/leads?" + "&".join(f"p{n}=1" for n in range(51))),
    Bad("a long delivery key", lead(id=LONG, email="long@acme.example"), 202, "", NORMALISED),
    Bad("the same long key again", lead(id=LONG), 202, "", DUPLICATE),
    Bad("a long contact id", json.dumps({"contact_id": LONG}).encode(), 202, "", NORMALISED),
    # Typeform
    form("cut off", b'{"form_response": {', 400, "#", REJECTED),
    form("NUL", b'{"form_response": {"hidden": {"email": "a\\u0000"}}}', 400, "#", REJECTED),
    form("1,500 deep", b"[" * 1_500 + b"]" * 1_500, 400, "#", REJECTED),
    form("a list", [], 200, "", QUARANTINED),
    form("no answers", {"form_response": {"answers": [5]}}, 200, "", QUARANTINED),
    form("nobody", {"form_response": {"answers": []}}, 200, "", QUARANTINED),
    form("an answer of 100 bits", {"form_response": {"answers": [NUMBER]}}, 200, "", QUARANTINED),
    form("a hidden field of 100 bits", hidden(revenue=HUGE), 200, "", QUARANTINED),
    form("a field 3,000 deep", hidden(**{f"utm{DOTS}": "x"}), 200, "", QUARANTINED),
    form("a field of 3,000 dots", hidden(**{DOTS: "x"}), 200, "", NORMALISED),
    # Segment
    segment("cut off", "track", b"[1", 400, "#", REJECTED),
    segment("a bare number", "page", 7, 422, "#", REJECTED),
    segment("no batch", "batch", {"batch": 5}, 422, "#/batch", REJECTED),
    segment("odd messages", "batch", {"batch": [7, {"type": "fax"}, {"type": "page"}]}, 200, "", QUARANTINED * 3),
    segment("an alias", "alias", {"userId": "u", "previousId": "v"}, 200, "", REJECTED),
    segment("a trait of 100 bits", "identify", {"userId": "u", "traits": {"revenue": HUGE}}, 200, "", QUARANTINED),
    segment("a long event", "track", {"anonymousId": "v", "event": LONG}, 200, "", QUARANTINED),
    segment("the year 1", "track", {"userId": "u", "event": "x", "timestamp": "0001-01-01"}, 200, "", QUARANTINED),
    # operators
    command("a weight of 100 bits", roster(weight=HUGE), 422, "#/reps/1/weight", REJECTED),
    command("a rep without a name", {**roster(), "reps": [{"id": "bo"}]}, 422, "#/reps/0", REJECTED),
    command("no weight", roster(weight=0), 202, "", QUARANTINED),
    command("a long rep id", roster(id=LONG), 202, "", QUARANTINED),
    command("a blank rep id", roster(id=""), 202, "", QUARANTINED),
    command("a rep twice", roster(id="bo"), 202, "", QUARANTINED),
    command("a long team", roster() | {"team": LONG}, 202, "", QUARANTINED),
    command("a leave of nobody", LEAVE | {"rep": " "}, 202, "", QUARANTINED),
    command("a leave that ends first", LEAVE | {"to": "2026-03-01"}, 202, "", QUARANTINED),
    command("a leave in the year 1", LEAVE | {"from": "0001-01-01"}, 202, "", QUARANTINED),
    command("a closure on no day", CLOSURE | {"day": "2026-02-30"}, 202, "", QUARANTINED),
    command("a closure of a long team", CLOSURE | {"team": LONG}, 202, "", QUARANTINED),
    command("a close of a long lane", {"command": "backfill.close", "lane": LONG}, 202, "", QUARANTINED),
    command("a long owner", {"command": "own", "email": "a@x.example", "owner": LONG}, 202, "", QUARANTINED),
    # files
    imported("a kind that is a day", "kind: 2001-99-99\nfields: {}", "#/kind"),
    imported("a tag", "kind: !!int foo\nfields: {}", "#"),
    imported("an escape beyond Unicode", 'kind: "\\UFFFFFFFF"\nfields: {}', "#"),
    imported("3,000 brackets", f"{KIND}{{email: {{path: '{'(' * 3_000}'}}}}", "#/fields/email/path"),
    imported("3,000 nots", f"{KIND}{{email: {{path: '{'!' * 3_000}a'}}}}", "#/fields/email/path"),
    imported("deep", KIND + "[" * 5_000, "#"),
    imported("aliases", "kind: lead\nfields: &a {x: a, y: *a}", "#"),
    imported("a column it lacks", f"{KIND}{{email: c}}", "#/fields/email"),
    imported("NUL in a constant", KIND + '{email: {value: "\\0"}}', "#"),
    imported("a long mapping", f"{KIND}{{}}\n#{LONG}", "#/mapping"),
    imported("no header", f"{KIND}{{email: a}}", "#/file", file=b'"\n'),
    imported("a name with NUL", f"{KIND}{{email: a}}", "parameter filename", query="&filename=%00"),
    imported("a long name", f"{KIND}{{email: a}}", "parameter filename", query="&filename=" + "n" * 201),
    imported("an unknown source", f"{KIND}{{email: a}}", "parameter source", status=404, query="&source=nobody"),
    # sources
    source("NUL in clear", "#/clear/0", {"clear": ["\0"]}),
    source("a long name in clear", "#/clear/0", {"clear": [LONG]}),
    source("NUL in mapping", "#/mapping/a", {"mapping": {"a": "\0"}}),
    source("NUL in its name", "#/name", {"name": "a\0"}),
    source("NUL in its zone", "#/zone", {"zone": "\0"}),
    source("no zone", "#/zone", {"zone": "Mars/Base"}),
    source("no channel", "#/channel", {"channel": "magic"}),
    source("a short secret", "#/secrets/0", {"secrets": ["x"]}),
    source("no secret", "#/secrets", {"kind": "segment"}),
    source("what nobody asked for", "#/colour", {"colour": "red"}),
    source("by somebody who may not", "", {}, status=403, by="rep"),
    Bad("a source: no JSON", b"{", 400, "#", NOTHING, "/v1/sources", {"Content-Type": "application/json"}),
)
