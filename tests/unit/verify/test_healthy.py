"""What the services really write is clean; without this, no red of the other tests would mean anything."""

from tests.unit.verify.recorded import Recorded


def test_a_week_of_the_tour_is_clean_and_all_of_it_was_looked_at(healthy: Recorded) -> None:
    found = healthy.verified()
    assert found.violations == []
    assert found.figures["leads"] == 3 and found.figures["engagements"] == 3
    assert found.figures["deliveries"] == len({outcome.delivery for outcome in healthy.ended})
    assert found.figures["records"] == sum(map(len, healthy.topics.values()))
