"""Check 3 goes red: a control record that is missing, doubled, or says something else in one partition (rule 51)."""

import pytest

from leadpact.contracts import envelope as wire
from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded


def controls(week: Recorded, topic: str, partition: int) -> list[tuple[Place, int]]:
    """Where the control records of a partition stand."""
    place = Place(topic, partition)
    return [(place, index) for index, r in enumerate(week.topics[place]) if not wire.decode(r.value).lead]


def wrong(week: Recorded, place: Place) -> list[str]:
    """What is wrong with a partition's events; whoever passed a planted one on is wrong too."""
    return [says for check, where, says in week.violations() if check == "events" and where.startswith(str(place))]


def test_the_week_has_control_records_in_each_partition(week: Recorded) -> None:
    assert {len(controls(week, "leads", number)) for number in range(8)} == {4}
    assert {len(controls(week, "qualification", number)) for number in range(8)} == {4}


@pytest.mark.parametrize("topic", ["leads", "qualification"])
def test_a_hole_in_the_numbers_is_found(week: Recorded, topic: str) -> None:
    place, index = controls(week, topic, 5)[-1]
    week.say(place, index, control=6)
    assert "control record 6 stands behind 3" in wrong(week, place)


@pytest.mark.parametrize("topic", ["leads", "qualification"])
def test_the_first_number_is_one(week: Recorded, topic: str) -> None:
    place, index = controls(week, topic, 5)[0]
    week.say(place, index, control=0)
    assert "control record 0 stands behind 0" in wrong(week, place)


def test_a_record_that_says_something_else_in_one_partition_is_found(week: Recorded) -> None:
    place, index = controls(week, "leads", 5)[1]
    week.say(place, index, reason="another one")
    first = week.event(*controls(week, "leads", 0)[1]).id
    assert wrong(week, place) == [f"what record 2 says is not that of the first partition, 2 {first}"]


def test_a_record_that_is_the_same_but_for_its_envelope_is_found(week: Recorded) -> None:
    place, index = controls(week, "leads", 5)[1]
    week.change(place, index, correlation="another one")
    assert any(says.startswith("what record 2 says") for says in wrong(week, place))


def test_a_record_that_one_partition_lacks_is_found(week: Recorded) -> None:
    place, index = controls(week, "leads", 5)[-1]
    week.topics[place] = week.topics[place][:index]
    assert "it has 3 control records, the first partition 4" in wrong(week, place)


def test_another_record_under_the_number_is_found(week: Recorded) -> None:
    place, index = controls(week, "leads", 5)[1]
    second = week.event(place, index)
    week.change(place, index, id=second.causation)
    expected = f"record 2 {second.causation} is not that of the first partition, 2 {second.id}"
    assert expected in wrong(week, place)
