"""The comparison sees what is otherwise than the script says: every part of it is planted here once."""

from collections.abc import Callable
from typing import Any

import pytest

from leadpact.demo.story import Lead, Story, load
from leadpact.demo.verdicts import Comparison, altogether, compare

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def lead(story: Story, name: str) -> Lead:
    return next(each for each in story.leads if each.id == name)


def clock(kind: str, standing: str, **more: object) -> dict[str, Any]:
    return {"kind": kind, "standing": standing, "owner": "Ann Lee", "replies_to": None, "renews": None, **more}


def told_of_hana() -> dict[str, Any]:
    """What the script says of her, as reporting would tell it."""
    run = {
        "recognised_at": "2026-05-06T14:00:00.4Z",
        "accepted_at": "2026-05-06T18:00:00Z",
        "outcome": None,
        "reason": None,
        "owner": "Ann Lee",
        "clocks": [clock("routing", "met"), clock("first_response", "met"), clock("cadence", "met")],
    }
    return {"engagements": [run]}


def differences(found: list[Comparison]) -> list[tuple[str, str]]:
    return [(each.what, each.found) for each in found if not each.agrees]


def test_what_came_as_it_was_said_agrees(story: Story) -> None:
    found = compare(story, lead(story, "hana"), [told_of_hana()])
    assert differences(found) == []
    assert {each.what for each in found} == {
        *("mql", "mql_at", "routing", "first_response", "cadence", "sql", "rejected", "recycled", "away"),
    }


def _late(run: dict[str, Any]) -> None:
    run["recognised_at"] = "2026-05-06T14:01:10Z"


def _missed(run: dict[str, Any]) -> None:
    run["clocks"][1] = clock("first_response", "missed")


def _no_cadence(run: dict[str, Any]) -> None:
    del run["clocks"][2]


def _not_accepted(run: dict[str, Any]) -> None:
    run["accepted_at"] = None


def _rejected(run: dict[str, Any]) -> None:
    run.update(outcome="rejected", reason="No budget this year")


def _recycled(run: dict[str, Any]) -> None:
    run.update(outcome="recycled", reason="exhausted")


def _away(run: dict[str, Any]) -> None:
    run["clocks"][0] = clock("routing", "met", owner="Cara Silva")


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (_late, ("mql_at", "Wed 10:01")),
        (_missed, ("first_response", "missed")),
        (_no_cadence, ("cadence", "none")),
        (_not_accepted, ("sql", "no")),
        (_rejected, ("rejected", "No budget this year")),
        (_recycled, ("recycled", "yes")),
        (_away, ("away", "Cara Silva did")),
    ],
)
def test_each_planted_difference_is_seen(story: Story, change: Change, difference: tuple[str, str]) -> None:
    told = told_of_hana()
    change(told["engagements"][0])
    assert differences(compare(story, lead(story, "hana"), [told])) == [difference]


def test_a_lead_that_is_no_mql_or_one_twice_is_seen(story: Story) -> None:
    run = told_of_hana()["engagements"][0]
    assert ("mql", "once") in differences(compare(story, lead(story, "ivo"), [{"engagements": [run]}]))
    assert ("mql", "2 times") in differences(compare(story, lead(story, "hana"), [{"engagements": [run, run]}]))
    assert ("mql", "never") in differences(compare(story, lead(story, "hana"), [{"engagements": []}]))


def test_a_person_who_became_nobody_or_two_leads_is_seen(story: Story) -> None:
    hana = lead(story, "hana")
    assert differences(compare(story, hana, [])) == [("leads", "0")]
    assert differences(compare(story, hana, [told_of_hana(), told_of_hana()])) == [("leads", "2")]


def test_a_lead_or_an_mql_that_the_script_does_not_know_is_seen(story: Story) -> None:
    none: dict[str, Any] = {"engagements": []}
    once = told_of_hana()
    told = [once if each.expect.mql else none for each in story.leads]
    assert differences(altogether(story, told)) == []
    assert differences(altogether(story, [*told, none])) == [("leads", str(len(told) + 1))]
    mqls = sum(each.expect.mql for each in story.leads)
    twice = {"engagements": once["engagements"] * 2}
    assert differences(altogether(story, [twice, *told[1:]])) == [("mqls", str(mqls + 1))]
    assert differences(altogether(story, told[1:])) == [("leads", str(len(told) - 1)), ("mqls", str(mqls - 1))]


@pytest.mark.parametrize(
    ("more", "difference"),
    [
        (clock("first_response", "missed", replies_to="touch-1"), ("reply", "missed")),
        (clock("first_response", "met", renews="clock-1"), ("first_response, renewed", "met")),
        (clock("first_response", "missed"), ("first_response", "met, missed")),
        (clock("first_response", "met"), ("first_response", "met, met")),
        (clock("disposition", "pending"), ("disposition", "pending")),
    ],
)
def test_a_promise_that_the_script_does_not_name_is_seen(
    story: Story, more: dict[str, Any], difference: tuple[str, str]
) -> None:
    for place in (0, 3):  # neither the first nor the last of a kind hides another
        told = told_of_hana()
        told["engagements"][0]["clocks"].insert(place, more)
        assert differences(compare(story, lead(story, "hana"), [told])) == [difference]


def test_a_promise_to_who_never_became_an_mql_is_seen(story: Story) -> None:
    run = {**told_of_hana()["engagements"][0], "recognised_at": None, "clocks": [clock("routing", "pending")]}
    assert differences(compare(story, lead(story, "ivo"), [{"engagements": [run]}])) == [("routing", "pending")]


def test_the_promise_of_an_answer_to_a_reply_is_told_from_the_first(story: Story) -> None:
    told = told_of_hana()
    told["engagements"][0]["clocks"].append(clock("first_response", "missed", replies_to="touch-1"))
    dov = compare(story, lead(story, "dov"), [told])
    assert ("reply", "missed") in differences(dov)
    assert ("first_response", "met") in differences(dov)
