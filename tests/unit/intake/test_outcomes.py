"""Rules 7, 8 and 50: every item ends in exactly one outcome, retries add nothing, quarantine is re-driven once."""

from typing import Any

import msgspec
import pytest

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.control import ClosureDeclared, LeaveTaken, RosterChanged
from leadpact.contracts.events.lead import Behaved, Captured, Dealt, Disposed, Owned, Touched
from leadpact.intake.delivery import Chunk
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser.state import Drop
from tests.unit.intake.desk import ANN, NOON, Desk

NORMALISED, DUPLICATE = Outcome.NORMALISED, Outcome.DUPLICATE
REJECTED, QUARANTINED = Outcome.REJECTED, Outcome.QUARANTINED
LEAD = {"email": "a@x.example"}


async def test_r7_a_retry_with_the_same_id_or_the_same_body_makes_no_second_fact() -> None:
    desk = Desk()
    with_id = LEAD | {"id": 9007199254740993, "form": "demo"}
    for body in (with_id, with_id | {"form": "changed"}, LEAD, LEAD):
        await desk.deliver("leads", body)
    assert [ended.outcome for ended in desk.books.outcomes.values()] == [NORMALISED, DUPLICATE, NORMALISED, DUPLICATE]


async def test_r7_a_batch_sent_twice_is_a_duplicate_item_by_item_also_within_one_turn() -> None:
    desk = Desk()
    batch = [LEAD, {"email": "b@x.example"}]
    first, second = await desk.put("leads", batch), await desk.put("leads", batch)
    await desk.run()
    assert desk.outcomes(first) == [NORMALISED] * 2 and desk.outcomes(second) == [DUPLICATE] * 2
    assert len(desk.facts(Captured)) == 2


TOUCH = {"type": "touch", "kind": "call", "outcome": "connected", "actor": {"id": "bo"}}


async def test_r7_an_id_means_one_thing_at_one_endpoint_and_another_at_the_next() -> None:
    desk = Desk(Source("forms"))
    numbered = LEAD | {"id": "1", "lead": None}
    bodies = {
        "leads": numbered,
        "activities": numbered | TOUCH,
        "commands": {"command": "closure", "id": "1", "team": "us", "day": "2026-03-04", "reason": "offsite"},
        "segment/track": {"messageId": "1", "userId": "u", "event": "Trial"},
        "typeform": {"event_id": "1", "form_response": {"hidden": LEAD}},
    }
    for door, body in bodies.items():
        assert desk.outcomes(await desk.deliver(door, body)) == [NORMALISED], door
    for door, body in bodies.items():
        assert desk.outcomes(await desk.deliver(door, body)) == [DUPLICATE], door


async def test_r7_the_same_bytes_at_two_endpoints_are_two_deliveries() -> None:
    desk = Desk()
    body = {"userId": "u", "name": "Pricing", "event": "Trial"}
    for door in ("segment/track", "segment/page", "segment/identify"):
        assert desk.outcomes(await desk.deliver(door, body)) == [NORMALISED]
        assert desk.outcomes(await desk.deliver(door, body)) == [DUPLICATE]


async def test_r7_a_message_of_segments_is_one_by_whichever_of_its_endpoints_it_comes() -> None:
    desk = Desk()
    message = {"messageId": "1", "userId": "u", "event": "Trial"}
    assert desk.outcomes(await desk.deliver("segment/track", message)) == [NORMALISED]
    batch = {"batch": [message | {"type": "track"}]}
    assert desk.outcomes(await desk.deliver("segment/batch", batch)) == [DUPLICATE]


async def test_r50_each_command_of_a_batch_is_joined_with_the_fact_that_it_became() -> None:
    desk = Desk()
    known = await desk.deliver("leads", [{"email": f"{name}@x.example"} for name in "ab"])
    closure = {"command": "closure", "team": "us", "day": "2026-03-04", "reason": "offsite"}
    says = [{"command": "dispose", "email": f"{name}@x.example", "verdict": "accepted"} for name in "ba"]
    sent = await desk.deliver("commands", [says[0], {"command": "dispose"}, closure, says[1]])
    leads = {envelope.id: envelope.lead for envelope in desk.envelopes(Captured)}
    ann, bea = (leads[desk.books.outcomes[known.id, item].fact or ""] for item in range(2))
    disposed = {envelope.lead: envelope.id for envelope in desk.envelopes(Disposed)}
    (closed,) = (envelope.id for envelope in desk.envelopes(ClosureDeclared))
    facts = [desk.books.outcomes[sent.id, item].fact for item in range(4)]
    assert facts == [disposed[bea], None, closed, disposed[ann]]


async def test_r10_what_a_visitor_did_has_no_fact_yet_and_what_joins_is_not_the_items_own() -> None:
    desk = Desk()
    seen = {"type": "behaviour", "anonymous_id": "v", "kind": "page", "subject": "/"}
    waits = await desk.deliver("activities", seen)
    told = await desk.deliver("leads", {"anonymous_id": "v", "email": "a@x.example"})
    (captured,) = desk.envelopes(Captured)
    assert [desk.books.outcomes[each.id, 0].fact for each in (waits, told)] == [None, captured.id]


async def test_r8_a_batch_of_nothing_is_rejected_at_every_door() -> None:
    desk = Desk()
    for door, body in (("leads", []), ("segment/batch", {"batch": []})):
        assert desk.outcomes(await desk.deliver(door, body)) == [REJECTED], door


async def test_r7_a_delivery_key_is_forgotten_after_45_days_and_a_files_never() -> None:
    desk = Desk()
    await desk.deliver("leads", LEAD)
    desk.later(days=44)
    await desk.run()
    assert desk.outcomes(await desk.deliver("leads", LEAD)) == [DUPLICATE]
    desk.later(days=3)
    await desk.run()
    assert desk.outcomes(await desk.deliver("leads", LEAD)) == [NORMALISED]


async def test_r7_a_rejected_item_may_come_again_under_the_same_id() -> None:
    desk = Desk()
    assert desk.outcomes(await desk.deliver("leads", {"id": "1", "email": 5})) == [REJECTED]
    assert desk.outcomes(await desk.deliver("leads", {"id": "1", "email": "a@x.example"})) == [NORMALISED]


async def test_r8_quarantine_is_re_driven_exactly_once_after_the_mapping_is_fixed() -> None:
    desk = Desk(Source("forms", mapping={}))
    answer = {"type": "text", "text": "a@x.example", "field": {"ref": "r1"}}
    event = {"event_id": "E", "form_response": {"form_id": "demo", "answers": [answer]}}
    assert desk.outcomes(await desk.deliver("typeform", event, source="forms")) == [QUARANTINED]
    ((held_id, held),) = desk.books.quarantine.items()
    assert held.pointer == "" and "names nobody" in held.reason

    async def redrive() -> list[Outcome]:
        return desk.outcomes(await desk.deliver("typeform", event, source="forms", redrives=held_id))

    assert await redrive() == [QUARANTINED]
    desk.books.registered["forms"] = Source("forms", mapping={"r1": "email"})
    assert await redrive() == [NORMALISED]
    assert await redrive() == [DUPLICATE]
    assert len(desk.facts(Captured)) == 1


async def test_r8_one_message_of_a_segment_batch_is_re_driven_alone() -> None:
    desk = Desk()
    calls = [{"type": "identify", "userId": "u"}, {"type": "track", "event": "Trial", "userId": "v", "timestamp": "no"}]
    assert desk.outcomes(await desk.deliver("segment/batch", {"batch": calls})) == [NORMALISED, QUARANTINED]
    ((held_id, held),) = desk.books.quarantine.items()
    assert desk.outcomes(await desk.redrive(held_id)) == [QUARANTINED]
    assert desk.books.quarantine[held_id].reason == held.reason, "it is still the message that is wrong, not its batch"


async def test_r8_an_unknown_source_waits_in_quarantine() -> None:
    desk = Desk()
    assert desk.outcomes(await desk.deliver("leads", LEAD, source="nobody")) == [QUARANTINED]


async def test_r8_a_delivery_that_waited_as_a_whole_is_re_driven_item_by_item_exactly_once() -> None:
    desk = Desk()
    batch = [{"email": "a@x.example"}, {"name": "nobody"}, {"email": "c@x.example"}]
    assert desk.outcomes(await desk.deliver("leads", batch, source="late")) == [QUARANTINED]
    (whole,) = desk.books.quarantine
    assert desk.outcomes(await desk.redrive(whole)) == [QUARANTINED], "the source is still unknown"
    desk.books.registered["late"] = Source("late")
    assert desk.outcomes(await desk.redrive(whole)) == [NORMALISED, QUARANTINED, NORMALISED]
    assert desk.outcomes(await desk.redrive(whole)) == [DUPLICATE]
    (waiting,) = desk.books.quarantine.keys() - desk.books.settled.keys()
    assert desk.outcomes(await desk.redrive(waiting)) == [QUARANTINED], "only the one that is still wrong"
    assert desk.outcomes(await desk.deliver("leads", batch, source="late")) == [DUPLICATE] * 3, "the sender's retry"
    assert len(desk.facts(Captured)) == 2


async def test_r8_what_a_senders_retry_brought_meanwhile_is_not_re_driven_again() -> None:
    desk = Desk()
    batch = [{"email": "a@x.example"}, {"email": "b@x.example", "id": "1"}]
    await desk.deliver("leads", batch, source="late")
    desk.books.registered["late"] = Source("late")
    (whole,) = desk.books.quarantine
    assert desk.outcomes(await desk.deliver("leads", batch, source="late")) == [NORMALISED] * 2
    assert desk.outcomes(await desk.redrive(whole)) == [DUPLICATE] * 2
    assert len(desk.facts(Captured)) == 2 and desk.books.settled == {whole: None}


async def test_r8_what_is_dropped_is_rejected_for_good_and_says_who_gave_it_up_and_why() -> None:
    desk = Desk()
    batch = [LEAD, {"name": "nobody"}]
    sent = await desk.deliver("leads", batch)
    assert desk.outcomes(sent) == [NORMALISED, QUARANTINED]
    (held,) = desk.books.quarantine
    drop = await desk.redrive(held, dropped="a test of ours", actor=ANN)
    assert desk.outcomes(drop) == [REJECTED] and desk.outcomes(sent) == [NORMALISED, REJECTED]
    assert desk.books.outcomes[sent.id, 1].reason == "dropped: a test of ours"
    assert desk.books.settled == {held: Drop("rep-ann", "a test of ours")}
    assert desk.outcomes(await desk.redrive(held, dropped="again")) == [DUPLICATE]
    assert desk.outcomes(await desk.redrive(held)) == [DUPLICATE], "what was given up does not come back"
    assert desk.outcomes(await desk.deliver("leads", batch)) == [DUPLICATE] * 2, "the sender's retry"


async def test_r8_what_passes_after_it_was_mended_is_not_dropped_in_the_same_turn() -> None:
    desk = Desk(Source("forms", mapping={}))
    answer = {"type": "text", "text": "a@x.example", "field": {"ref": "r1"}}
    event = {"event_id": "E", "form_response": {"form_id": "demo", "answers": [answer]}}
    await desk.deliver("typeform", event, source="forms")
    (held,) = desk.books.quarantine
    desk.books.registered["forms"] = Source("forms", mapping={"r1": "email"})
    again = await desk.put("typeform", event, source="forms", redrives=held)
    drop = await desk.redrive(held, dropped="too late")
    assert desk.outcomes(again) == [NORMALISED] and desk.outcomes(drop) == [DUPLICATE]


FILE = Chunk(
    imported="i-1",
    file="ab" * 32,
    header=["mail", "day"],
    first=1,
    mapping="kind: lead\nfields: {email: mail, occurred_at: {column: day, type: time}}",
)
ROWS = b"a@x.example,2026-01-05\nb@x.example,05.01.26\n"


async def test_r8_a_rejected_row_is_found_by_its_import_and_its_number() -> None:
    desk = Desk()
    sent = await desk.deliver("csv", b"a@x.example,2026-01-05\n\xff@x.example,2026-01-05\n", chunk=FILE)
    assert desk.outcomes(sent) == [NORMALISED, REJECTED]
    passed, ended = desk.books.outcomes.values()
    assert (ended.imported, ended.row, ended.reason) == ("i-1", 2, "row 2 is not UTF-8")
    assert passed.row is None


async def test_r8_a_files_row_is_tried_again_with_another_mapping_and_counted_once() -> None:
    desk = Desk()
    await desk.deliver("csv", ROWS, chunk=FILE)
    ((held_id, held),) = desk.books.quarantine.items()
    row = held.delivery.chunk
    assert row is not None and desk.outcomes(await desk.redrive(held_id)) == [QUARANTINED]
    tally = desk.books.tallies["i-1"]
    assert (tally[NORMALISED], tally[QUARANTINED]) == (1, 1), "tried again, it is still one row"
    mended = msgspec.structs.replace(row, mapping="kind: lead\nfields: {email: mail}")
    assert desk.outcomes(await desk.redrive(held_id, chunk=mended)) == [NORMALISED]
    assert (tally[NORMALISED], tally[QUARANTINED]) == (2, 0) and len(desk.facts(Captured)) == 2


async def test_r7_the_same_file_again_adds_no_bad_row_a_second_time_whether_it_waits_or_was_dropped() -> None:
    desk = Desk()
    for imported in ("i-1", "i-2"):
        await desk.deliver("csv", ROWS, chunk=msgspec.structs.replace(FILE, imported=imported))
    assert desk.books.tallies["i-2"] == {DUPLICATE: 2} and len(desk.books.quarantine) == 1
    (held,) = desk.books.quarantine
    await desk.redrive(held, dropped="corrected in another file")
    assert (desk.books.tallies["i-1"][REJECTED], desk.books.tallies["i-1"][QUARANTINED]) == (1, 0)
    await desk.deliver("csv", ROWS, chunk=msgspec.structs.replace(FILE, imported="i-3"))
    assert desk.books.tallies["i-3"] == {DUPLICATE: 2} and desk.books.quarantine.keys() == desk.books.settled.keys()


async def test_r8_a_lead_nobody_knows_waits_in_quarantine() -> None:
    desk = Desk()
    command = {"command": "dispose", "lead": "6d1b52a0-5f0e-5c51-9d8e-1eadac700001", "verdict": "accepted"}
    assert desk.outcomes(await desk.deliver("commands", command)) == [QUARANTINED]
    assert desk.facts(Disposed) == []


async def test_r8_what_our_own_code_never_wrote_is_buried_and_the_rest_goes_on() -> None:
    desk = Desk()
    desk.put_raw(b"\xc1 no delivery")
    delivery = await desk.put("leads", LEAD)
    await desk.run()
    assert len(desk.buried) == 1 and desk.outcomes(delivery) == [NORMALISED]


COMMANDS: list[tuple[dict[str, Any], type]] = [
    ({"command": "dispose", "verdict": "rejected", "reason": "no_budget", "data": {"budget": "0"}} | LEAD, Disposed),
    ({"command": "touch", "kind": "call", "outcome": "connected", "seconds": 9} | LEAD, Touched),
    ({"command": "own", "owner": "bo"} | LEAD, Owned),
    ({"command": "deal", "opportunity": "O", "status": "won", "amount": {"minor": 5, "currency": "EUR"}} | LEAD, Dealt),
    ({"command": "roster", "team": "us", "reps": [{"id": "bo", "name": "Bo"}], "reason": "hired"}, RosterChanged),
    ({"command": "leave", "rep": "bo", "from": "2026-03-02", "to": "2026-03-09", "reason": "holiday"}, LeaveTaken),
    ({"command": "closure", "team": "us", "day": "2026-03-04", "reason": "offsite"}, ClosureDeclared),
]


@pytest.mark.parametrize(("command", "kind"), COMMANDS)
async def test_r50_a_command_is_a_fact_of_the_actor_behind_the_key(command: dict[str, Any], kind: Any) -> None:  # noqa: ANN401 - an event's class
    desk = Desk()
    said = command | {"actor": {"id": "somebody-else"}}
    assert desk.outcomes(await desk.deliver("commands", said, actor=ANN, speaks_for=False)) == [NORMALISED]
    (envelope,) = desk.envelopes(kind)
    assert envelope.actor == ANN
    await desk.deliver("commands", said | {"id": "2"})
    assert desk.envelopes(kind)[-1].actor.id == "somebody-else"


async def test_r51_control_records_stand_in_every_partition_under_one_number() -> None:
    desk = Desk()
    for reason in ("first", "second"):
        command = {"command": "closure", "team": "us", "day": "2026-03-04", "reason": reason}
        await desk.deliver("commands", command)
    assert len(desk.out) == 16 and [event.control for event in desk.facts(ClosureDeclared)] == [1, 2]
    assert all(envelope.lead == "" and envelope.lead_version == 0 for envelope in desk.out)


async def test_r45_a_touch_without_an_actor_is_unknowns_and_an_inward_one_the_leads_own() -> None:
    desk = Desk()
    touch = {"type": "touch", "kind": "email", "outcome": "sent"} | LEAD
    await desk.deliver("activities", touch)
    await desk.deliver("activities", touch | {"direction": "in", "outcome": "replied"})
    await desk.deliver("activities", touch | {"direction": "in", "outcome": "auto_reply"})
    await desk.deliver("activities", touch | {"actor": {"id": "seq", "kind": "automation"}})
    kinds = [envelope.actor.kind for envelope in desk.envelopes(Touched)]
    assert kinds == [ActorKind.UNKNOWN, ActorKind.HUMAN, ActorKind.AUTOMATION, ActorKind.AUTOMATION]


async def test_r12_a_second_form_of_a_known_lead_is_a_signal() -> None:
    desk = Desk()
    await desk.deliver("leads", [LEAD | {"form": "newsletter"}, LEAD | {"form": "demo"}])
    assert [event.form for event in desk.facts(Captured)] == ["newsletter"]
    assert [(event.kind, event.subject) for event in desk.facts(Behaved)] == [("form", "demo")]


async def test_r13_raw_deliveries_are_unreadable_after_30_days() -> None:
    desk = Desk()
    await desk.run()
    early = await desk.put("leads", LEAD)
    desk.later(days=29)
    await desk.run()
    assert desk.outcomes(early) == [NORMALISED]
    late = await desk.put("leads", {"email": "b@x.example"}, received=NOON)
    desk.later(days=3)
    await desk.put("leads", {"email": "c@x.example"})
    await desk.run(batch=2)
    assert desk.outcomes(late) == [NORMALISED], "until then nobody had said that so much time has passed"
    desk.keep(msgspec.structs.replace(late, id="again", key="again"))
    await desk.run()
    ended = desk.books.outcomes["again", 0]
    assert (ended.outcome, ended.reason) == (REJECTED, "the key of its day was forgotten")
