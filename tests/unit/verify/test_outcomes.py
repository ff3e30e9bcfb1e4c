"""Check 2 goes red: deliveries without an end, ends without a delivery, facts that come from nowhere or never came."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from leadpact.verify.deliveries import Outcome
from tests.unit.verify.recorded import Recorded

NOBODY = str(UUID(int=7_000))


def _of(week: Recorded, type_: str) -> Outcome:
    """The outcome of the delivery that became the first fact of a type."""
    event = week.event(*week.find("leads", type_))
    return next(outcome for outcome in week.ended if outcome.delivery == event.correlation)


def test_r08_a_delivery_without_outcome_is_found(week: Recorded) -> None:
    gone = _of(week, "lead.disposed")
    week.ended.remove(gone)
    place, index = week.find("leads", "lead.disposed")
    assert week.violations() == [
        ("outcomes", f"delivery {gone.delivery}", "it was read and has no outcome"),
        ("outcomes", f"{place} offset {index}", f"its delivery {gone.delivery} has no outcome"),
    ]


def test_r08_what_the_normaliser_has_not_read_yet_needs_none(week: Recorded) -> None:
    gone = _of(week, "lead.disposed")
    week.ended.remove(gone)
    read = {place: position._replace(offset=0) for place, position in week.fences[0].positions.items()}
    week.fence("normaliser", 0, lambda fence: replace(fence, positions=read))
    assert ("outcomes", f"delivery {gone.delivery}", "it was read and has no outcome") not in week.violations()


def test_r07_an_outcome_without_a_raw_record_is_found(week: Recorded) -> None:
    week.ended.append(Outcome(NOBODY, 0, "rejected"))
    assert week.violations() == [("outcomes", f"delivery {NOBODY}", "it has an outcome and no raw record")]


def test_r08_items_are_numbered_without_a_hole(week: Recorded) -> None:
    one = _of(week, "lead.disposed")
    week.ended.append(one._replace(item=2, outcome="rejected"))
    assert week.violations() == [("outcomes", f"delivery {one.delivery}", "its items are 0, 2")]


def test_r08_there_are_four_outcomes(week: Recorded) -> None:
    one = _of(week, "lead.disposed")
    week.ended.append(one._replace(item=1, outcome="lost"))
    assert week.violations() == [("outcomes", f"delivery {one.delivery} item 1", "it ended as lost")]


def test_r08_what_was_normalised_became_a_fact(week: Recorded) -> None:
    one = _of(week, "lead.touched")
    place = next(
        p for p, records in week.topics.items() if p.topic == "raw" for r in records if one.delivery in str(r.value)
    )
    again = msgspec.msgpack.decode(week.topics[place][0].value) | {"id": NOBODY, "door": "activities"}
    records = week.topics[place]
    records.append(records[-1]._replace(offset=records[-1].offset + 1, value=msgspec.msgpack.encode(again)))
    week.ended.append(Outcome(NOBODY, 0, "normalised"))
    assert week.violations() == [("outcomes", f"delivery {NOBODY} item 0", "it was normalised, and no fact came of it")]


def test_r08_what_was_refused_became_none(week: Recorded) -> None:
    one = _of(week, "lead.disposed")
    week.ended[week.ended.index(one)] = one._replace(outcome="quarantined")
    assert week.violations() == [
        ("outcomes", f"delivery {one.delivery} item 0", "it ended as quarantined, but became a fact")
    ]


def test_a_fact_has_the_id_that_follows_from_its_item(week: Recorded) -> None:
    place, index = week.find("leads", "roster.changed")
    for number in range(8):
        week.change(place._replace(partition=number), index, id=NOBODY)
        week.change(place._replace(topic="qualification", partition=number), index, id=NOBODY)
    one = week.event(place, index)
    found = week.violations()
    assert (
        "outcomes",
        f"leads/0 offset {index}",
        f"roster.changed {NOBODY} follows from no item of its delivery",
    ) in found
    assert {check for check, _, _ in found} == {"outcomes"}
    assert one.at is not None and one.at.topic == "raw"


@pytest.mark.parametrize("later", [timedelta(days=-1), timedelta(days=300)])
def test_r07_outcomes_are_forgotten_after_their_time(week: Recorded, later: timedelta) -> None:
    gone = _of(week, "lead.disposed")
    week.ended.remove(gone)
    received = week.event(*week.find("leads", "lead.disposed")).received_at
    week.since = received + later
    missed = f"delivery {gone.delivery}" in [where for _, where, _ in week.violations()]
    assert missed == (later < timedelta())


def test_a_fact_of_a_delivery_nobody_sent_is_found(week: Recorded) -> None:
    place, index = week.find("leads", "lead.touched")
    downstream = place._replace(topic="qualification")
    passed = next(
        n for n in range(len(week.topics[downstream])) if week.event(downstream, n).id == week.event(place, index).id
    )
    week.change(place, index, correlation=NOBODY)
    week.change(downstream, passed, correlation=NOBODY)
    assert ("outcomes", f"{place} offset {index}", f"its delivery {NOBODY} has no outcome") in week.violations()


def test_r07_a_delivery_recorded_twice_is_one(week: Recorded) -> None:
    before = week.verified().figures["deliveries"]
    records = next(records for place, records in week.topics.items() if place.topic == "raw" and records)
    records.append(records[-1]._replace(offset=records[-1].offset + 1))
    found = week.verified()
    assert found.violations == [] and found.figures["deliveries"] == before
