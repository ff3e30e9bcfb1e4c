"""Check 5 goes red: two runs at once, a closing without an opening, a run without its qualification (rule 44)."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.unit.verify.recorded import Recorded

NOBODY = str(UUID(int=7_000))


def _wrong(week: Recorded) -> list[tuple[str, str]]:
    return [(where, says) for check, where, says in week.violations() if check == "engagements"]


def test_r44_two_open_engagements_of_a_product_line_are_found(week: Recorded) -> None:
    place, index = week.find("qualification", "engagement.closed")
    event = week.event(place, index)
    opened = next(
        week.event(place, n)
        for n in range(index)
        if week.event(place, n).type == "engagement.opened" and week.event(place, n).lead == event.lead
    )
    week.change(place, index, type="engagement.opened", data=opened.data)
    week.say(place, index, engagement=NOBODY, number=2)
    found = _wrong(week)
    where = f"lead {event.lead}, engagement.opened {event.id}"
    assert (where, "another engagement of product line None is still open") in found
    assert (f"lead {event.lead}, engagement {NOBODY}", "it was opened with 0 qualifications") in found


def test_what_was_never_opened_is_not_closed(week: Recorded) -> None:
    place, index = week.find("qualification", "engagement.closed")
    week.say(place, index, engagement=NOBODY)
    event = week.event(place, index)
    assert _wrong(week) == [(f"lead {event.lead}, {event.type} {event.id}", "its engagement was never opened")]


def test_r18_a_lead_becomes_mql_once_per_engagement(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.qualified")
    event = week.event(place, index)
    other = next(n for n in range(len(week.topics[place])) if week.event(place, n).type == "lead.touched")
    week.change(place, other, type="lead.qualified", lead=event.lead, data=event.data)
    said = [says for _, says in _wrong(week)]
    assert "it was opened with 2 qualifications" in said
    assert "it does not come with its engagement's opening" in said


def test_r52_an_engagement_is_accepted_once_and_before_it_closes(week: Recorded) -> None:
    place, index = week.find("qualification", "engagement.closed")
    event = week.event(place, index)
    week.change(place, index + 1, type="lead.accepted", lead=event.lead, data=event.data)
    assert "its engagement is closed already" in [says for _, says in _wrong(week)]


def test_an_engagement_knows_which_it_is(week: Recorded) -> None:
    place, index = week.find("qualification", "engagement.opened")
    week.say(place, index, number=5)
    event = week.event(place, index)
    assert _wrong(week) == [(f"lead {event.lead}, {event.type} {event.id}", "it calls itself number 5 of 1")]


@pytest.mark.parametrize("type_", ["lead.accepted", "engagement.closed"])
def test_r43_nothing_from_before_its_opening_ends_an_engagement(week: Recorded, type_: str) -> None:
    place, index = week.find("qualification", type_)
    event = week.event(place, index)
    week.change(place, index, occurred_at=event.occurred_at - timedelta(days=200))
    assert _wrong(week) == [(f"lead {event.lead}, {type_} {event.id}", "it is from before its engagement opened")]
