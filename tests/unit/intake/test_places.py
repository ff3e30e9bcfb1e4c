"""Rule 8: whoever looks into quarantine finds the item in what was sent, and whoever sends hears what was ignored."""

from typing import Any

import pytest

from leadpact.intake.delivery import Chunk
from leadpact.intake.domain.sources import bring
from tests.unit.intake.desk import Desk
from tests.unit.intake.door import Front

LEAD = {"email": "a@x.example"}


async def test_r8_an_item_of_a_batch_is_pointed_at_in_the_body_as_it_was_sent() -> None:
    desk = Desk()
    batch = [LEAD, LEAD | {"id": "1"}, LEAD | {"id": "2", "occurred_at": "soon"}]
    sent = await desk.deliver("leads", batch)
    ((id_, held),) = desk.books.quarantine.items()
    assert (held.index, held.place + held.pointer, held.reason) == (2, "/2/occurred_at", "this is no time")
    assert desk.books.outcomes[sent.id, 2].pointer == "/2/occurred_at"
    await desk.redrive(id_)
    held = desk.books.quarantine[id_]
    assert held.place + held.pointer == "/2/occurred_at", "tried again alone it still stood there"


async def test_r8_a_message_of_a_segment_batch_is_pointed_at_too() -> None:
    desk = Desk()
    await desk.deliver("segment/batch", {"batch": [{"type": "page", "anonymousId": "a"}, {"type": "fax"}]})
    (held,) = desk.books.quarantine.values()
    assert held.place + held.pointer == "/batch/1/type"


async def test_r8_a_row_knows_its_number_in_the_file() -> None:
    desk = Desk()
    chunk = Chunk("i1", "hash", ["a", "b"], 501, "kind: lead\nfields: {email: a, occurred_at: b}")
    await desk.deliver("csv", b"a@x.example,2026-01-01\nb@x.example,soon\n", chunk=chunk)
    (held,) = desk.books.quarantine.values()
    assert held.delivery.chunk is not None
    assert (held.delivery.chunk.imported, held.delivery.chunk.first, held.pointer) == ("i1", 502, "/occurred_at")


async def test_r10_a_cookie_alone_is_behaviours_and_a_lead_is_told_so() -> None:
    desk = Desk()
    await desk.deliver("leads", {"anonymous_id": "cookie"})
    (held,) = desk.books.quarantine.values()
    assert held.reason == "an anonymous_id alone is enough for behaviour only: give lead, contact_id, email or phone"


ROSTER = {"command": "roster", "team": "us", "reason": "new", "reps": [{"id": "bo", "name": "Bo"}]}


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("leads", LEAD | {"jobtitle": "CMO", "employees": 5}, ["/jobtitle"]),
        (
            "leads",
            LEAD | {"employees": "many", "country": "Narnia", "phone": "ask"},
            ["/employees", "/country", "/phone"],
        ),
        ("leads", [LEAD, LEAD | {"utm": {"sauce": "x", "source": "y"}, "a/b": 1}], ["/1/a~1b", "/1/utm/sauce"]),
        ("leads", LEAD | {"attributes": {"whatever": 1}, "employees": "51-200", "country": "Brasil"}, []),
        ("leads", LEAD | {"employees": "", "country": " ", "phone": None}, []),
        ("activities", LEAD | {"type": "behaviour", "kind": "page", "subject": "/", "object": "/"}, ["/object"]),
        ("commands", ROSTER | {"reps": [{"id": "bo", "name": "Bo", "wait": 2}]}, ["/reps/0/wait"]),
        ("commands", {"command": "leave", "rep": "bo", "from": 1772000000, "to": 1773000000, "reason": "r"}, []),
    ],
)
async def test_what_nothing_will_come_of_is_named_in_the_answer_and_counted(
    path: str,
    body: Any,  # noqa: ANN401 - JSON
    pointers: list[str],
) -> None:
    front = Front()
    answer = await front.post(f"/v1/{path}", body)
    assert answer.status_code == 202
    assert [each["pointer"] for each in answer.json()["ignored"]] == pointers
    assert front.ignored == [(path, len(pointers))]


async def test_a_refused_item_is_not_ignored_as_well() -> None:
    answer = await Front().post("/v1/leads", [LEAD, {"email": 5, "jobtitle": "x"}])
    assert (answer.json()["rejected"][0]["pointer"], answer.json()["ignored"]) == ("/1/email", [])


@pytest.mark.parametrize(
    ("kind", "target", "fits"),
    [
        ("lead", "email", True),
        ("lead", "jobtitle", False),
        ("lead", "utm.source", True),
        ("lead", "utm.sauce", False),
        ("lead", "attributes.any", True),
        ("lead", "email.any", False),
        ("deal", "amount.minor", True),
        ("deal", "form", False),
    ],
)
def test_a_mapping_fills_fields_that_somebody_reads(kind: str, target: str, *, fits: bool) -> None:
    assert bring.fits(kind, target) is fits
