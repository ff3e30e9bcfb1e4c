"""Check 7 goes red: dues, firings and verdicts that are not what the rules say of the facts (rules 22 to 31)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded

NOBODY = str(UUID(int=7_000))
SECOND = timedelta(seconds=1)


def _clocks(week: Recorded) -> list[str]:
    return [says for check, _, says in week.violations() if check == "clocks"]


def _said(week: Recorded, place: Place, index: int) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(week.event(place, index).data)
    return said


def _judged(week: Recorded, **wanted: str) -> tuple[Place, int]:
    """The last verdict that says this, and that is the last on its clock."""
    standing: dict[str, tuple[Place, int]] = {}
    for number in range(60):
        try:
            found = week.find("sla", "clock.judged", number)
        except IndexError:
            break
        standing[_said(week, *found)["clock"]] = found
    return [at for at in standing.values() if wanted.items() <= _said(week, *at).items()][-1]


@pytest.mark.parametrize("kind", ["routing", "first_response", "cadence"])
def test_r02_a_due_is_exact_to_the_second(week: Recorded, kind: str) -> None:
    started = (week.find("sla", "clock.started", number) for number in range(20))
    place, index = next(at for at in started if _said(week, *at)["kind"] == kind)
    said = _said(week, place, index)
    due = datetime.fromisoformat(said["due"])
    week.say(place, index, due=(due + SECOND).isoformat())
    assert f"it is due at {due + SECOND}, second by second at {due}" in _clocks(week)


def test_r28_nothing_is_missed_before_its_due(week: Recorded) -> None:
    place, index = _judged(week, verdict="missed", kind="cadence")
    due = datetime.fromisoformat(_said(week, place, index)["due"])
    week.change(place, index, mark=due)
    assert any(says.endswith(f"but time had passed to {due} only") for says in _clocks(week))


def test_r28_no_timer_fires_before_time_has_passed_to_it(week: Recorded) -> None:
    place, index = week.find("sla", "clock.warned")
    event = week.event(place, index)
    week.change(place, index, received_at=event.mark + SECOND)
    says = _clocks(week)
    assert f"its timer was due at {event.mark + SECOND}, time had passed to {event.mark}" in says
    assert any(each.startswith("no timer of this lead that was due at") for each in says)


def test_r28_a_warning_comes_once_and_not_too_early(week: Recorded) -> None:
    place, index = week.find("sla", "clock.warned")
    event = week.event(place, index)
    week.change(place, index, occurred_at=event.occurred_at - SECOND)
    (says,) = _clocks(week)
    assert "% is used up at" in says


@pytest.mark.parametrize(("stood", "stands"), [("met", "missed"), ("missed", "met"), ("withdrawn", "missed")])
def test_the_verdict_that_stands_is_that_of_the_facts(week: Recorded, stood: str, stands: str) -> None:
    place, index = _judged(week, verdict=stood)
    week.say(place, index, verdict=stands)
    assert any(says.startswith(f"it stands as {stands}") and f"as {stood}" in says for says in _clocks(week))


def test_each_promise_ends_in_a_verdict(week: Recorded) -> None:
    place, index = _judged(week, verdict="missed", kind="cadence")
    week.change(place, index, type="lead.forgotten")
    assert any(says.startswith("it stands as pending") and "by the rules as missed" in says for says in _clocks(week))


def test_revisions_follow_one_another(week: Recorded) -> None:
    place, index = _judged(week, verdict="missed")
    week.say(place, index, previous="met")
    (says,) = _clocks(week)
    assert says == "it revises met, but pending stands"


def test_r29_late_evidence_is_evidence(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.touched", 1)
    week.say(place, index, direction="in", outcome="auto_reply")
    assert any("by the rules as" in says for says in _clocks(week))


def test_r23_automation_never_counts(week: Recorded) -> None:
    changed = False
    for number in range(5):
        place, index = week.find("qualification", "lead.touched", number)
        actor = week.event(place, index).actor
        week.change(place, index, actor=msgspec.convert({"id": actor.id, "kind": "automation"}, type(actor)))
        changed = True
    assert changed and any("by the rules as" in says for says in _clocks(week))


def test_r33_r49_the_last_word_of_the_crm_stands(week: Recorded) -> None:
    place, index = week.find("sla", "lead.assigned", -1)
    assert _said(week, place, index)["by"] == "crm"
    week.say(place, index, owner="zoe")
    assert "the CRM's last word is bob" in _clocks(week)


def test_r43_the_crm_takes_no_lead_from_who_got_it_later(week: Recorded) -> None:
    place, index = week.find("sla", "lead.assigned", -1)
    lead = week.event(place, index).lead
    first = next(
        n for n in range(index) if week.event(place, n).lead == lead and week.event(place, n).type == "lead.assigned"
    )
    week.change(place, first, occurred_at=week.event(place, index).occurred_at + SECOND)
    assert any(
        says.startswith("the CRM said so of 2026-05-06 13:20:00+00:00, ann has it since") for says in _clocks(week)
    )


def test_r33_the_verdict_on_routing_cites_what_gave_the_lead_away(week: Recorded) -> None:
    place, index = _judged(week, kind="routing")
    week.say(place, index, evidence=[])
    assert any("by the rules as met" in says for says in _clocks(week))


def test_a_miss_cites_what_asked_for_the_promise(week: Recorded) -> None:
    place, index = _judged(week, verdict="missed", kind="cadence")
    week.say(place, index, evidence=_said(week, place, index)["evidence"][1:])
    (says,) = _clocks(week)
    assert says.startswith("it stands as missed") and "by the rules as missed" in says


def test_r47_r49_the_last_word_of_the_lead_stands(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.consented", -1)
    assert _said(week, place, index)["granted"] is False
    week.change(place, index, occurred_at=week.event(place, index).recorded_at)
    assert any("by the rules as cancelled" in says for says in _clocks(week))


def test_r28_steps_are_taken_in_order(week: Recorded) -> None:
    week.say(*week.find("sla", "lead.escalated"), step=3)
    assert any(says.startswith("step 3 to ") for says in _clocks(week))


def test_a_clock_runs_for_the_owner(week: Recorded) -> None:
    week.say(*week.find("sla", "lead.assigned"), owner="nobody")
    assert any(says.endswith("the lead belongs to nobody") for says in _clocks(week))


def test_a_clock_has_the_id_and_budget_of_its_promise(week: Recorded) -> None:
    week.say(*week.find("sla", "clock.started"), clock=NOBODY, budget_seconds=7)
    says = _clocks(week)
    assert any(each.startswith(f"its clock is {NOBODY}, by the rules") for each in says)
    assert any(each.startswith("it has 7 s of ") for each in says)


def test_decisions_of_another_revision_are_counted_and_passed_over(week: Recorded) -> None:
    before = week.verified().figures
    assert before["decisions of sla-monitor revision 1 judged again"] > 0
    assert before["decisions of sla-monitor revision 1 passed over"] == 0
    week.change(*week.find("sla", "clock.judged"), revision=7)
    after = week.verified().figures
    assert after["decisions of sla-monitor revision 7 passed over"] == 1
    assert after["leads whose clocks were not judged again"] == 1
