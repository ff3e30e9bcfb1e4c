"""Check 11 goes red: a planted text in a topic, a table, a log or a page; and never repeats what it found."""

from pathlib import Path

from leadpact.verify.canaries import Canaries
from leadpact.verify.findings import Findings
from tests.tour.people import ADA
from tests.unit.verify.recorded import Recorded

PLANTED = 'geheim "ü" 7'


def test_r13_contact_data_stand_nowhere_in_the_clear(week: Recorded) -> None:
    assert week.verified(ADA.email, ADA.name).violations == []


def test_r13_contact_data_in_a_topic_are_found(week: Recorded) -> None:
    place, index = week.find("leads", "lead.captured")
    week.say(place, index, sealed=PLANTED)
    found = week.verified("another", PLANTED)
    told = [(each.where, each.says) for each in found.violations if each.check == "canaries"]
    assert told == [(f"{place} offset {index}", "canary 2 stands here in the clear")]


def test_r13_contact_data_in_an_error_are_found(week: Recorded) -> None:
    week.errors.append(("intake.quarantine", f"what is {PLANTED}?"))
    found = week.verified(PLANTED)
    assert [(each.where, each.says) for each in found.violations] == [
        ("intake.quarantine", "canary 1 stands here in the clear")
    ]
    assert PLANTED not in repr(found)


def test_r13_contact_data_in_a_log_are_found_where_pieces_meet(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    good.write_text("all is well\n")
    bad.write_bytes(b"x" * ((1 << 20) - 5) + PLANTED.encode() + b"\n")
    found = Findings()
    Canaries([PLANTED], found).files([good, bad])
    assert [each.where for each in found.violations] == ["bad.log"]


def test_a_page_that_does_not_answer_was_not_searched() -> None:
    found = Findings()
    Canaries([PLANTED], found).pages(["http://127.0.0.1:1/metrics"])
    (violation,) = found.violations
    assert violation.says.startswith("it could not be searched")
