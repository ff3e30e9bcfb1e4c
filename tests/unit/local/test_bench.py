"""What a measurement sends, and how it is held against a goal."""

import pytest

from leadpact.local.bench import traffic
from leadpact.local.bench.goals import Goal


@pytest.mark.parametrize(("people", "at_once"), [(1, 1), (10, 10), (23, 5), (7, 100)])
def test_every_fact_has_a_number_and_an_instant_of_its_own_whatever_goes_at_once(people: int, at_once: int) -> None:
    made = list(traffic.deliveries(50, people, at_once, str))
    numbers = [number for delivery in made for number in delivery.numbers]
    assert sorted(numbers) == list(range(50, 50 + people * traffic.FACTS_A_PERSON))
    assert [item["occurred_at"] for delivery in made for item in delivery.items] == [str(number) for number in numbers]


def test_each_person_fills_in_a_form_before_the_pages_they_see() -> None:
    made = list(traffic.deliveries(0, 7, 3, str))
    known: set[str] = set()
    for delivery in made:
        told = [item["email"] for item in delivery.items]
        if delivery.path == "/v1/leads":
            known.update(told)
        assert set(told) <= known
    assert len(known) == 7


@pytest.mark.parametrize("people", [1, 5, 6, 23])
def test_as_many_become_mql_as_it_is_said(people: int) -> None:
    made = traffic.deliveries(230, people, 4, str)
    assert sum(item.get("form") == "demo" for each in made for item in each.items) == traffic.mqls(people)


def test_a_goal_that_is_just_reached_is_met() -> None:
    goal = Goal("down, s", 5.0)
    assert goal.judged(5.0) == {"name": "down, s", "goal": 5.0, "value": 5.0, "met": True}
    assert goal.judged(5.1)["met"] is False
