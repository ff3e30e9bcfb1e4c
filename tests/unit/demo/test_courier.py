"""What the courier brings is what intake, with its own code, understands."""

from typing import Any

import msgspec
import pytest

from leadpact.contracts.envelope import ActorKind
from leadpact.demo import courier
from leadpact.demo.script import Cue, cues
from leadpact.demo.story import Story, load
from leadpact.intake.domain.shapes import Behaviour, Dispose, Lead, Touch
from leadpact.intake.domain.sources import typeform


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def cue(story: Story, lead: str, number: int) -> Cue:
    return next(each for each in cues(story) if (each.lead.id, each.number) == (lead, number))


def test_a_look_at_a_page(story: Story) -> None:
    first, second = (
        msgspec.convert(courier.page(cue(story, "ben", number)), Behaviour, strict=False) for number in (0, 1)
    )
    assert (first.kind, first.subject, first.anonymous_id) == ("page", "/pricing", "story-ben")
    assert first.id != second.id, "two looks at a page must not be taken for one"
    assert first.occurred_at is None, "it happens now"


def test_a_filled_form(story: Story) -> None:
    said = msgspec.convert(courier.form(cue(story, "nina", 2)), Lead)
    assert (said.form, said.employees, said.job_title, said.test) == ("demo", 100, "Director of Marketing", True)
    assert said.anonymous_id == "story-nina"
    assert said.campaign == "story-nina"


def test_a_call_is_its_owners_and_an_automatic_mail_nobodys(story: Story) -> None:
    call = msgspec.convert(courier.touch(cue(story, "finn", 4), "ann"), Touch)
    mail = msgspec.convert(courier.touch(cue(story, "finn", 3), None), Touch)
    assert call.actor is not None
    assert (call.actor.id, call.actor.kind, call.seconds) == ("ann", ActorKind.HUMAN, 30)
    assert mail.actor is not None
    assert mail.actor.kind is ActorKind.AUTOMATION


def test_a_call_told_late_says_when_it_was(story: Story) -> None:
    late = cue(story, "dov", 3)
    said = msgspec.convert(courier.touch(late, "ann"), Touch)
    assert said.occurred_at == late.at.isoformat()
    assert late.told_at > late.at


def test_a_reply_is_the_leads_own(story: Story) -> None:
    said = msgspec.convert(courier.touch(cue(story, "dov", 4), None), Touch)
    assert (said.direction.value, said.outcome.value, said.actor) == ("in", "replied", None)


def test_a_bounce_names_the_mail_that_it_takes_back(story: Story) -> None:
    sent = msgspec.convert(courier.touch(cue(story, "gus", 8), "ann"), Touch)
    bounced = msgspec.convert(courier.touch(cue(story, "gus", 9), None), Touch)
    assert (sent.outcome.value, bounced.outcome.value) == ("sent", "bounced")
    assert sent.reference == bounced.reference == "gus-3"


def test_a_rejection_has_its_reason_and_what_the_reason_requires(story: Story) -> None:
    said = msgspec.convert(courier.disposition(cue(story, "kurt", 3), "bob"), Dispose)
    assert (said.verdict.value, said.reason, sorted(said.data)) == ("rejected", "not_a_fit", ["note"])


def test_a_typeform_is_read_by_the_names_of_our_fields(story: Story) -> None:
    lead = cue(story, "ada", 2).lead
    body = msgspec.json.encode(courier.response(lead, "demo"))
    (draft,) = typeform.drafts({}, body)
    said: Any = draft.said
    assert isinstance(said, Lead)
    assert (said.email, said.employees, said.form) == (lead.person.email, lead.person.employees, "demo")
    assert (said.job_title, said.phone, said.name) == (lead.person.title, lead.person.phone, lead.person.name)
    assert said.utm is not None
    assert (said.utm.medium, said.utm.campaign) == ("organic", courier.campaign(lead))
    again = msgspec.json.encode(courier.response(lead, "demo"))
    assert typeform.drafts({}, again)[0].key == draft.key, "sent again it is the same delivery"
