"""Which dead letters can be handed back."""

from datetime import UTC, datetime

import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.control import ClosureDeclared
from leadpact.contracts.events.lead import Behaved
from leadpact.contracts.registry import Event
from leadpact.kit.pg.letters import Letter, refusal
from leadpact.kit.rows import Record
from leadpact.testkit.facts import Facts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def letter(value: bytes) -> Letter:
    return Letter(1, "judge", Record("leads", 3, 41, b"", value), "UnknownType", NOW)


def told(event: Event) -> bytes:
    return wire.encode(Facts()(event, at=NOW).envelope)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (told(Behaved(source="s", kind="page", subject="/")), None),
        (told(ClosureDeclared(control=1, team="sales", day=NOW.date(), reason="storm")), "it is a control record"),
        (told(Behaved(source="s", kind="page", subject="/")).replace(b"lead.behaved", b"lead.flew"), "UnknownType"),
        (told(Behaved(source="s", kind="page", subject="/")).replace(b'"version":1', b'"version":9'), "Systemic"),
        (b"\xff", "Malformed"),
    ],
    ids=["a fact", "control", "unknown", "newer", "no text"],
)
def test_point6_only_what_today_s_code_reads_of_one_lead_is_handed_back(value: bytes, why: str | None) -> None:
    found = refusal(letter(value))
    assert found is None if why is None else found is not None and why in found
