"""Deliveries in which an address stands wherever a sender can write; it may be found nowhere outside the vault."""

from typing import Any

CANARY = "leaked.person@private.example"
WHO = {"email": "known@acme.example"}
LEAD_FIELDS = (
    "name",
    "first_name",
    "last_name",
    "company",
    "website",
    "job_title",
    "employees",
    "country",
    "zone",
    "phone",
    "referrer",
    "occurred_at",
    "test",
    CANARY,
)
DISPOSE = {"command": "dispose", "verdict": "rejected", "reason": "no_budget"}

DELIVERIES: list[tuple[str, Any]] = [
    *(("/v1/leads", WHO | {"id": name, name: CANARY}) for name in LEAD_FIELDS),
    ("/v1/leads", {"email": f"{CANARY} {CANARY}"}),
    ("/v1/leads", {"email": CANARY, "contact_id": CANARY, "anonymous_id": CANARY, "id": CANARY}),
    ("/v1/leads", {"lead": CANARY}),
    ("/v1/leads", WHO | {"utm": CANARY}),
    ("/v1/leads", WHO | {"actor": {"id": "x", "kind": CANARY}}),
    ("/v1/leads", WHO | {"attributes": {CANARY: []}}),
    ("/v1/leads", WHO | {"attributes": {CANARY: CANARY}}),
    ("/v1/leads", [WHO | {"id": "1"}, WHO | {"id": "2", "occurred_at": CANARY}]),
    ("/v1/leads", f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode()),
    ("/v1/leads", f'{{"email": {CANARY}}}'.encode()),
    ("/v1/activities", WHO | {"type": CANARY}),
    ("/v1/activities", WHO | {"type": "touch", "kind": "call", "outcome": CANARY}),
    ("/v1/activities", WHO | {"type": "touch", "kind": "email", "outcome": "sent", "target": CANARY}),
    ("/v1/activities", WHO | {"type": "behaviour", "kind": "email", "subject": f"Re: {CANARY}"}),
    ("/v1/activities", {"type": "behaviour", "anonymous_id": "c", "kind": "email", "subject": f"Re: {CANARY}"}),
    ("/v1/activities", WHO | {"type": "deal", "opportunity": "o", "status": CANARY}),
    (
        "/v1/activities",
        WHO | {"type": "deal", "opportunity": "o", "status": "won", "amount": {"minor": 1, "currency": CANARY}},
    ),
    ("/v1/commands", WHO | DISPOSE | {"note": f"call {CANARY}", "data": {"budget": f"ask {CANARY}"}}),
    ("/v1/commands", WHO | DISPOSE | {"reason": CANARY}),
    ("/v1/commands", WHO | DISPOSE | {"data": {CANARY: "1"}}),
    ("/v1/commands", WHO | DISPOSE | {"engagement": CANARY}),
    ("/v1/commands", WHO | {"command": "reassign", "owner": "bo", "reason": f"knows {CANARY}"}),
    ("/v1/commands", {"command": "leave", "rep": "bo", "from": CANARY, "to": CANARY, "reason": "holiday"}),
    ("/v1/commands", {"command": "closure", "team": "us", "day": CANARY, "reason": "offsite"}),
    ("/v1/commands", {"command": CANARY}),
]
"""Path and body of our own JSON."""

_FORM = {"form_id": "f", "hidden": {"email": "form@acme.example"}}
FORMS: list[Any] = [
    {"event_id": "1", "form_response": _FORM | {"submitted_at": CANARY}},
    {"event_id": "2", "form_response": _FORM | {"hidden": {"email": CANARY, f"utm.{CANARY}.x": CANARY}}},
    {
        "event_id": "3",
        "form_response": _FORM | {"answers": [{"type": CANARY, "field": {"ref": "zone"}, CANARY: CANARY}]},
    },
    {"event_id": "4", "form_response": CANARY},
]
"""Bodies of Typeform's webhook."""

_TRAITS = {"email": "site@acme.example"}
CALLS: list[tuple[str, Any]] = [
    ("identify", {"userId": CANARY, "traits": _TRAITS | {"name": CANARY, "phone": CANARY, CANARY: CANARY}}),
    ("identify", {"traits": _TRAITS, "originalTimestamp": CANARY}),
    ("identify", {"traits": _TRAITS, "originalTimestamp": "2026-03-02", "sentAt": CANARY}),
    ("batch", {"batch": [{"type": CANARY}, CANARY, {"type": "identify", "traits": {"email": {CANARY: CANARY}}}]}),
]
"""Method and body of Segment's API."""

MAPPING = (
    "kind: touch\nfields: {email: a, kind: b, outcome: {path: c}, occurred_at: d, seconds: {column: e, type: int}}"
)
COLUMNS = ["a", "b", "c", "d", "e"]
ROWS = f"f@acme.example,call,{CANARY},{CANARY},\nx@acme.example,{CANARY},sent,,{CANARY}\n{CANARY},1\n".encode()
"""A file, with its mapping, whose rows are all wrong in the place of the address."""
