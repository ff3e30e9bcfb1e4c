"""Check 6 goes red: MQLs that do not follow from the facts, and those that do and are missing (rules 12 to 19, 51)."""

from datetime import timedelta

import msgspec
import pytest

from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded


def _mqls(week: Recorded) -> list[str]:
    return [says for check, _, says in week.violations() if check == "mqls"]


def _shift(week: Recorded, place: Place, index: int) -> None:
    week.change(place, index, occurred_at=week.event(place, index).occurred_at + timedelta(seconds=1))


@pytest.mark.parametrize("type_", ["engagement.opened", "lead.qualified", "lead.accepted", "engagement.closed"])
def test_r16_what_occurred_at_another_instant_does_not_follow(week: Recorded, type_: str) -> None:
    _shift(week, *week.find("qualification", type_))
    (says,) = _mqls(week)
    assert says.startswith(f"{type_} says at ")


def test_r14_a_lead_that_does_not_meet_the_definition_is_no_mql(week: Recorded) -> None:
    place, index = week.find("leads", "lead.captured", -1)
    lead = week.event(place, index).lead
    week.say(place, index, features={"seniority": "individual", "department": "sales", "employees": 2})
    wheres = [where for check, where, _ in week.violations() if check == "mqls"]
    assert wheres and all(lead in where for where in wheres)


def test_r14_one_that_does_is(week: Recorded) -> None:
    closed = week.event(*week.find("qualification", "engagement.closed")).lead
    place, index = next(
        found
        for n in range(3)
        if week.event(*(found := week.find("qualification", "engagement.opened", n))).lead != closed
    )
    for each in (index, index + 1):
        week.change(place, each, type="lead.owned")
    assert [says.split(":")[0] for says in _mqls(week)] == ["engagement.opened is missing", "lead.qualified is missing"]


def test_r12_a_test_lead_is_no_mql(week: Recorded) -> None:
    week.say(*week.find("leads", "lead.captured"), test=True)
    assert any(says.endswith("does not follow from the rules") for says in _mqls(week))


def test_r51_without_an_agreement_in_force_nobody_is(week: Recorded) -> None:
    for number in range(8):
        place = Place("leads", number)
        (index,) = (n for n in range(len(week.topics[place])) if week.event(place, n).type == "agreement.in_force")
        week.change(place, index, type="agreement.drafted")
    leads = {where.split(",")[0] for check, where, _ in week.violations() if check == "mqls"}
    assert len(leads) == 3


def test_r20_an_explanation_says_how_each_criterion_fell(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.qualified")
    explanation = msgspec.json.decode(week.event(place, index).data)["explanation"]
    explanation["criteria"][0]["result"] = "unknown"
    week.say(place, index, explanation=explanation)
    (says,) = _mqls(week)
    assert says.startswith("lead.qualified says criteria ")


def test_r16_clocks_start_when_it_was_recognised(week: Recorded) -> None:
    week.say(*week.find("qualification", "lead.qualified"), recognised_at="2026-05-01T00:00:00Z")
    (says,) = _mqls(week)
    assert says.startswith("lead.qualified says at recognised at 2026-05-01")


def test_r35_a_rejection_needs_its_data(week: Recorded) -> None:
    place, index = week.find("qualification", "engagement.closed")
    command = week.event(place, index).causation
    home = place._replace(topic="leads")
    (fact,) = (n for n in range(len(week.topics[home])) if week.event(home, n).id == command)
    week.say(home, fact, given=[])
    (says,) = _mqls(week)
    assert says.startswith("engagement.closed says ") and "command.refused" in says


def test_decisions_of_another_revision_are_not_judged(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.qualified")
    week.change(place, index, revision=7)
    week.say(place, index, source="another")
    found = week.verified()
    assert _mqls(week) == [] and found.figures["leads not judged again"] == 1
    told = {what: many for what, many in found.figures.items() if what.startswith("decisions of qualifier")}
    passed_over = told["decisions of qualifier revision 1 passed over"]
    assert told["decisions of qualifier revision 7 passed over"] == 1
    assert passed_over > 0 and told["decisions of qualifier revision 1 judged again"] > 0, "of her, and of the others"
    week.change(place, index, revision=1)
    assert len(_mqls(week)) == 1
