"""Check 3 goes red: versions, homes, causes, ids, and what is passed on."""

from uuid import UUID

import msgspec
import pytest

from leadpact.contracts.envelope import At
from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded

NOBODY = str(UUID(int=7_000))


def _first(week: Recorded, topic: str, type_: str) -> tuple[Place, int, str, str]:
    """An event: its place twice, as data and as verify names it, and its id."""
    place, index = week.find(topic, type_)
    return place, index, f"{place} offset {index}", week.event(place, index).id


@pytest.mark.parametrize("topic", ["leads", "qualification", "sla"])
def test_a_leads_events_are_numbered_without_a_hole(week: Recorded, topic: str) -> None:
    types = {"leads": "lead.captured", "qualification": "lead.qualified", "sla": "clock.started"}
    place, index, _, id_ = _first(week, topic, types[topic])
    event = week.event(place, index)
    week.change(place, index, lead_version=77)
    says = f"event {event.lead_version} of lead {event.lead} is numbered 77"
    found = [each for each in week.violations() if each[0] == "events"]
    assert found == [("events", f"{topic} {id_}", says)]


def test_a_lead_lives_in_the_partition_of_its_key(week: Recorded) -> None:
    place, index, where, _ = _first(week, "leads", "lead.captured")
    record = week.topics[place][index]
    week.topics[place][index] = record._replace(key=b"somebody else")
    lead = week.event(place, index).lead
    assert week.violations() == [("events", where, f"its key is not its lead {lead}")]


def test_an_event_in_another_partition_is_found(week: Recorded) -> None:
    place, _ = week.find("sla", "clock.warned")
    other = place._replace(partition=(place.partition + 1) % 8)
    strayed, records = week.topics[place][-1], week.topics[other]
    records.append(strayed._replace(offset=len(records), seq=len(records) + 1))
    says = f"lead {strayed.key.decode()} lives in partition {place.partition}"
    assert ("events", f"{other} offset {len(records) - 1}", says) in week.violations()


def test_an_id_stands_once_in_a_topic(week: Recorded) -> None:
    place, index, where, _ = _first(week, "sla", "clock.warned")
    week.change(place, index, id=week.event(place, 0).id)
    assert ("events", where, f"its id {week.event(place, 0).id} stands in this topic already") in week.violations()


def test_an_event_follows_a_record_that_exists(week: Recorded) -> None:
    place, index, where, _ = _first(week, "sla", "clock.warned")
    week.change(place, index, at=At("qualification", place.partition, 900))
    found = week.violations()
    upstream = place._replace(topic="qualification")
    assert ("events", where, f"it follows {upstream} offset 900, where nothing stands") in found
    assert {check for check, _, _ in found} == {"events", "positions"}


@pytest.mark.parametrize("at", [None, At("leads", 0, 0)])
def test_an_event_follows_its_own_upstream(week: Recorded, at: At | None) -> None:
    place, index, where, _ = _first(week, "sla", "clock.warned")
    week.change(place, index, at=at)
    found = week.violations()
    assert ("events", where, f"it follows nothing in qualification/{place.partition}") in found
    # what follows nothing is nobody's decision, but the state knows of it
    assert {check for check, _, _ in found} <= {"events", "state"}


def test_events_follow_one_another_as_their_causes_do(week: Recorded) -> None:
    place, index, where, _ = _first(week, "sla", "clock.warned")
    before = week.event(place, index - 1).at
    assert before is not None
    week.change(place, index, at=At(before.topic, before.partition, before.offset - 1))
    says = f"it follows offset {before.offset - 1}, the one before it {before.offset}"
    assert week.violations() == [("events", where, says)]


def test_a_cause_stands_upstream(week: Recorded) -> None:
    place, index, where, _ = _first(week, "qualification", "engagement.closed")
    week.change(place, index, causation=NOBODY)
    found = week.violations()
    assert ("events", where, f"its cause {NOBODY} is not in leads/{place.partition}") in found
    assert ("events", where, f"its cause {NOBODY} is not the record it follows") in found
    assert {check for check, _, _ in found} == {"events"}


def test_an_id_follows_from_its_cause(week: Recorded) -> None:
    place, index, _, _ = _first(week, "sla", "clock.started")
    cause = week.event(place, index).causation
    week.change(place, index, id=NOBODY)
    [(check, where, says), (elsewhere, told, _)] = week.violations()
    assert (check, where) == ("events", f"sla {NOBODY}")
    assert says.endswith(f"of what follows from {cause}")
    assert elsewhere == "read_models" and told.startswith("told_sla ")


def test_what_is_passed_on_says_the_same(week: Recorded) -> None:
    place, index, where, id_ = _first(week, "qualification", "lead.touched")
    week.say(place, index, outcome="held")
    found = week.violations()
    says = f"lead.touched {id_} does not say what it says in leads/{place.partition}"
    assert ("events", where, says) in found


def test_what_is_passed_on_was_there(week: Recorded) -> None:
    place, index, where, _ = _first(week, "qualification", "lead.touched")
    week.change(place, index, id=NOBODY)
    says = f"lead.touched {NOBODY} was passed on, but is not in leads/{place.partition}"
    assert ("events", where, says) in week.violations()


def test_control_records_count_upwards_and_are_no_leads(week: Recorded) -> None:
    place, index, where, _ = _first(week, "leads", "backfill.closed")
    week.say(place, index, control=1)
    week.change(place, index, lead_version=1)
    found = week.violations()
    assert ("events", where, "a control record counts as a lead's event") in found
    assert any(each[1] == where and each[2].startswith("control record 1 stands behind ") for each in found)


def test_what_cannot_be_read_is_found(week: Recorded) -> None:
    place, index, where, _ = _first(week, "sla", "clock.warned")
    record = week.topics[place][index]
    week.topics[place][index] = record._replace(value=msgspec.json.encode({"id": 1}))
    assert any(each[1] == where and each[2].startswith("it cannot be read") for each in week.violations())


def test_an_event_that_does_not_say_what_its_type_says_is_found(week: Recorded) -> None:
    place, index, _, _ = _first(week, "sla", "clock.warned")
    lead = week.event(place, index).lead
    week.change(place, index, data=msgspec.Raw(b"{}"))
    says = "its story cannot be followed: KeyError 'clock'"
    assert ("events", f"lead {lead}", says) in week.violations()
