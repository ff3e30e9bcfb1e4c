"""Check 1 goes red: a hole, a doubled record with other bytes, a record without its sequence."""

from dataclasses import replace

from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded


def test_a_duplicate_that_is_the_same_is_harmless(week: Recorded) -> None:
    place, _ = week.find("sla", "clock.judged")
    records = week.topics[place]
    records.append(records[-1]._replace(offset=records[-1].offset + 1))
    week.fence("reporting.sla", place.partition, lambda fence: fence)
    found = week.verified()
    assert found.violations == []
    assert found.figures["duplicates"] == 1


def test_a_duplicate_with_other_bytes_is_found(week: Recorded) -> None:
    place, _ = week.find("sla", "clock.judged")
    records = week.topics[place]
    records.append(records[-1]._replace(offset=records[-1].offset + 1, value=records[-2].value))
    assert week.violations() == [
        (
            "sequences",
            f"{place} offset {records[-1].offset}",
            f"sequence {records[-1].seq} came before, with other bytes",
        )
    ]


def test_a_hole_is_found_where_it_is(week: Recorded) -> None:
    place = Place("agreements", 0)
    (record,) = week.topics[place]
    week.topics[place] = [record._replace(seq=3)]
    week.outgoing = [replace(each, last=3, published=3) if each.place == place else each for each in week.outgoing]
    assert week.violations() == [("sequences", "agreements/0 offset 0", "sequence 3 follows 0")]


def test_a_record_that_was_lost_is_found_by_its_sequence(week: Recorded) -> None:
    place, index = week.find("sla", "clock.warned")
    lost = week.topics[place].pop(index)
    says = f"sequence {lost.seq + 1} follows {lost.seq - 1}" if lost.seq else ""
    assert ("sequences", says) in [(check, said) for check, _, said in week.violations()]


def test_a_record_without_its_sequence_is_found(week: Recorded) -> None:
    place = Place("agreements", 0)
    week.topics[place].append(week.topics[place][0]._replace(offset=1, seq=None))
    week.topics[place].append(week.topics[place][0]._replace(offset=2, seq=-1))
    assert week.violations() == [
        ("sequences", "agreements/0 offset 1", "no sequence rides with it"),
        ("sequences", "agreements/0 offset 2", "its sequence is no number from 1"),
    ]
