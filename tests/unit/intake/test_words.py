"""Rule 13: what people write about a lead in their own words is sealed with the lead's key."""

from leadpact.contracts.events.lead import Behaved, Disposed, ReassignedByHand
from leadpact.intake.domain.draft import Outcome
from tests.unit.intake.desk import ANN, Desk

LEAD = {"email": "a@x.example"}


async def opened(desk: Desk, lead: str, sealed: str) -> dict[str, str] | None:
    """What the vault gives back."""
    (found,) = await desk.safe.open([(lead, sealed)], reader="a test", purpose="to see it")
    return found


async def test_r13_the_note_and_the_data_of_a_disposition_are_sealed_and_their_names_stay_readable() -> None:
    desk = Desk()
    said = {"command": "dispose", "verdict": "rejected", "reason": "no_budget", "note": " call Ann's mother "}
    await desk.deliver("commands", LEAD | said | {"data": {"budget": "0, she said"}}, actor=ANN)
    (envelope,), (disposed,) = desk.envelopes(Disposed), desk.facts(Disposed)
    assert (envelope.version, disposed.reason, disposed.given) == (2, "no_budget", ("budget",))
    told = {"note": "call Ann's mother", "data.budget": "0, she said"}
    assert await opened(desk, envelope.lead, disposed.sealed) == told
    await desk.safe.forget(envelope.lead)
    assert await opened(desk, envelope.lead, disposed.sealed) is None


async def test_r13_a_reason_is_an_id_and_not_a_story() -> None:
    desk = Desk()
    for told in ({"reason": "She is ill"}, {"reason": "fit", "data": {"Her mother": "x"}}):
        sent = await desk.deliver("commands", LEAD | {"command": "dispose", "verdict": "rejected"} | told)
        assert desk.outcomes(sent) == [Outcome.QUARANTINED]
    assert {held.pointer for held in desk.books.quarantine.values()} == {"/reason", "/data"}


async def test_r13_why_somebody_else_should_have_the_lead_is_sealed() -> None:
    desk = Desk()
    await desk.deliver("commands", LEAD | {"command": "reassign", "owner": "bo", "reason": "Bo knows her"}, actor=ANN)
    (envelope,), (event,) = desk.envelopes(ReassignedByHand), desk.facts(ReassignedByHand)
    assert event.owner == "bo" and await opened(desk, envelope.lead, event.sealed) == {"reason": "Bo knows her"}


async def test_r13_a_mails_subject_line_is_sealed_and_a_name_that_definitions_ask_for_is_not() -> None:
    desk = Desk()
    for kind, subject in (("email", "Re: your illness"), ("email", "spring_offer"), ("webinar", "How to sell")):
        await desk.deliver("activities", LEAD | {"type": "behaviour", "kind": kind, "subject": subject})
    facts = desk.facts(Behaved)
    assert [(event.subject, bool(event.sealed)) for event in facts] == [
        ("", True),
        ("spring_offer", False),
        ("How to sell", False),
    ]
    assert await opened(desk, desk.envelopes(Behaved)[0].lead, facts[0].sealed) == {"subject": "Re: your illness"}


async def test_r13_a_visitor_has_no_key_so_their_mails_subject_is_not_kept() -> None:
    desk = Desk()
    mail = {"type": "behaviour", "anonymous_id": "c", "kind": "email", "subject": "Re: your illness"}
    await desk.deliver("activities", mail)
    assert "illness" not in repr(desk.books.waiting)
    await desk.deliver("leads", LEAD | {"anonymous_id": "c"})
    (event,) = desk.facts(Behaved)
    assert (event.subject, event.sealed) == ("", "")
