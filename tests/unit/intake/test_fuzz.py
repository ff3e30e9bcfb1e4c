"""Whatever comes: a mapper refuses or understands, never raises anything else; and what it makes can be folded."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.registry import read as read_event
from leadpact.intake.delivery import Chunk, Delivery
from leadpact.intake.domain import read, strict
from leadpact.intake.domain.draft import Outcome, Refusal
from leadpact.intake.domain.entry import Entry, Source
from leadpact.intake.errors import IntakeError, Unreadable
from leadpact.kit.vault import Hasher
from tests.unit.intake.desk import Desk

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HASHER = Hasher(bytes(32))
DOORS = ("leads", "activities", "commands", "typeform", "segment/batch", "segment/track", "segment/identify")
SOURCE = Source("api", mapping={"r1": "email", "r2": "attributes.a.b", "r3": "utm.source", "r4": "utm"})
MAPPING = """
kind: lead
fields: {contact_id: a, email: b, occurred_at: c, employees: {column: b, type: int}, test: {column: a, type: bool}}
"""
WORDS = st.sampled_from(
    """
    type command touch behaviour dispose roster email a@x.example phone +14155550101 kind call page subject occurred_at
    2026-01-01 seconds reps id name utm source traits context path url batch messageId userId anonymousId track identify
    form_response answers field ref r1 r2 r3 r4 text label labels hidden employees attributes event_id timestamp sentAt
    9999-12-31T23:59:59-14:00 0001-01-01 deal amount minor currency EUR status won opportunity lead outcome connected
    properties event form company address country zone Europe/Berlin ../../etc/passwd
    industry revenue weight capacity owner reason lane traits.industry hidden.revenue
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
NUMBERS = st.integers() | st.sampled_from([2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30, 10**400])
LONG = st.integers(1, 4_000).map("n".__mul__) | st.integers(1, 3_000).map(".".__mul__)
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | WORDS | st.text(max_size=8) | LONG
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=12,
)
SHAPED = st.dictionaries(WORDS, VALUES, max_size=8)
CLEAR_ONES = st.dictionaries(st.sampled_from(["industry", "revenue", "interest", "a.b"]), SCALARS, max_size=3)
ANN = {"email": "a@x.example"}
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "leads": st.builds(lambda told: ANN | {"attributes": told}, CLEAR_ONES),
    "segment/identify": st.builds(lambda told: {"traits": ANN | told}, CLEAR_ONES),
    "typeform": st.builds(lambda told: {"form_response": {"hidden": ANN | told, "answers": []}}, CLEAR_ONES),
    "commands": st.builds(
        lambda id_, name, weight, capacity: {
            "command": "roster",
            "team": "us",
            "reason": "new",
            "reps": [{"id": id_, "name": name, "weight": weight, "capacity": capacity}],
        },
        LONG | WORDS,
        LONG | WORDS,
        NUMBERS,
        NUMBERS,
    )
    | st.builds(lambda lane: {"command": "backfill.close", "lane": lane}, LONG | WORDS),
    "activities": st.builds(
        lambda owner, actor: ANN | {"type": "owner", "owner": owner, "actor": {"id": actor}}, LONG, LONG
    ),
}
"""Nearly what a sender should send: odd only in what is kept."""


def _delivery(door: str) -> Delivery:
    chunk = Chunk("i", "f", ["a", "b", "c"], 1, MAPPING) if door == "csv" else None
    actor = Actor("key", ActorKind.AUTOMATION)
    return Delivery(id="d", door=door, source="api", received_at=NOON, key="k", actor=actor, body=b"", chunk=chunk)


def _read(door: str, body: bytes) -> list[Entry | Refusal]:
    delivery = _delivery(door)
    try:
        drafts = read.drafts(delivery, SOURCE, body)
    except IntakeError:
        return []
    return [meant for _, meant in read.understood(delivery, SOURCE, HASHER, drafts)]


@pytest.mark.parametrize("door", [*DOORS, "csv"])
@given(body=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_r8_any_bytes_are_refused_or_understood(door: str, body: bytes) -> None:
    for meant in _read(door, body):
        assert isinstance(meant, Entry | Refusal)


@pytest.mark.parametrize("door", DOORS)
@given(value=SHAPED | st.lists(SHAPED, max_size=3))
@settings(max_examples=80, deadline=None)
def test_r8_any_json_is_refused_or_understood(door: str, value: object) -> None:
    body: Any = {"batch": value} if door == "segment/batch" else value
    body = {"form_response": {"answers": value}} if door == "typeform" else body
    for meant in _read(door, json.dumps(body).encode()):
        assert isinstance(meant, Entry | Refusal)


@given(lines=st.lists(st.text(alphabet='ab,"\n\r\0é 1', max_size=20), max_size=6))
@settings(max_examples=80, deadline=None)
def test_r8_any_table_is_refused_or_understood(lines: list[str]) -> None:
    for meant in _read("csv", "\n".join(lines).encode()):
        assert isinstance(meant, Entry | Refusal)


@given(values=st.lists(SHAPED | st.just({"email": "a@x.example", "form": "demo"}), max_size=4))
@settings(max_examples=40, deadline=None)
async def test_r8_every_item_ends_in_one_outcome(values: list[dict[str, Any]]) -> None:
    desk = Desk()
    delivery = await desk.deliver("leads", values)
    assert len(desk.outcomes(delivery)) == (max(1, len(values)) if _readable(values) else 1)
    assert not desk.buried


@pytest.mark.parametrize("door", ITEMS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
async def test_r8_what_is_understood_can_be_kept_and_the_next_lead_gets_through(door: str, data: st.DataObject) -> None:
    desk = Desk()
    odd = await desk.deliver(door, data.draw(ITEMS[door]))
    good = await desk.deliver("leads", {"email": "good@x.example"})
    assert len(desk.outcomes(odd)) == 1 and desk.outcomes(good) == [Outcome.NORMALISED]
    assert not desk.buried
    for envelope in desk.out:
        msgspec.msgpack.encode(read_event(envelope))


def _readable(values: list[dict[str, Any]]) -> bool:
    """Whether the body is JSON at all: one that is not is refused as a whole."""
    try:
        strict.read(json.dumps(values).encode())
    except Unreadable:
        return False
    return True
