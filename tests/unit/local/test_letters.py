"""What is said of a dead letter that nobody can hand back is true, and can be done."""

from datetime import UTC, datetime

import pytest

from leadpact.intake.main import SERVICE as INTAKE
from leadpact.kit.pg.letters import Letter
from leadpact.kit.rows import Record
from leadpact.local.verbs.letters import refusal
from leadpact.sla_monitor.main import SERVICE as SLA_MONITOR


def letter(topic: str) -> Letter:
    return Letter(
        1, "normaliser", Record(topic, 0, 7, b"", b"{}"), "nobody knows this lead", datetime(2026, 3, 2, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("topic", "helps"), [("raw", "deliver again"), ("agreements", "new version"), ("returns", "`dispose`")]
)
def test_r27_a_closing_that_could_not_be_read_is_made_good_by_hand_and_not_by_a_source(topic: str, helps: str) -> None:
    says = refusal(INTAKE.name, letter(topic)) or ""
    assert helps in says
    assert ("source" in says) == (topic == "raw")


def test_another_service_hands_back_what_its_code_can_read() -> None:
    says = refusal(SLA_MONITOR.name, letter("qualification"))
    assert says is not None and "normaliser" not in says, "this one it cannot"
