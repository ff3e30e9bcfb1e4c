"""Check 9 for tables that the week leaves empty: verify projects the same rows as reporting does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.events.lead import Captured, DealStatus, Dealt, Money
from leadpact.contracts.registry import Event
from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import leads, qualification, sla
from leadpact.reporting.domain.tables import coalesced
from leadpact.testkit.facts import Facts
from leadpact.verify import models
from leadpact.verify.stories import Story, Told

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def rows(told: dict[str, list[Event]], *tables: str) -> tuple[list[Any], list[Any]]:
    """What verify expects in these tables of one lead's story, and what reporting writes."""
    facts, story, written = Facts(), Story("lead-1"), list[Any]()
    for topic, events in told.items():
        said = [facts(event, at=START + timedelta(minutes=number)) for number, event in enumerate(events)]
        story.told[topic] += [Told(n, f.envelope, msgspec.json.decode(f.envelope.data)) for n, f in enumerate(said)]
        written += [row for fact in said for row in _rows(topic, fact)]
    held = [
        models.held(table.name, dict(zip(table.row._fields, values, strict=True)))
        for table, batch in coalesced(written)
        for values in batch
        if table.name in tables
    ]
    return sorted(row for row in models.projected(story) if row.shelf in tables), sorted(held)


def _rows(topic: str, fact: Fact) -> Iterable[Any]:
    match topic:
        case LEADS.name:
            return leads.rows(fact, 0)
        case QUALIFICATION.name:
            return qualification.rows(fact, QUALIFICATION.writer)
        case _:
            return sla.rows(fact, SLA.writer)


def test_whose_trouble_it_is_says_it_and_the_last_word_stands() -> None:
    parked, taken_up = Parked(consumer="qualifier", reason="a bug"), Unparked(consumer="qualifier", records=1)
    monitors = Parked(consumer="sla-monitor", reason="another")
    told: dict[str, list[Event]] = {QUALIFICATION.name: [parked, taken_up], SLA.name: [parked, taken_up, monitors]}
    expected, held = rows(told, "trouble")
    assert expected == held
    assert len(held) == 2


def test_a_test_and_a_deal_are_those_of_the_facts() -> None:
    captured = Captured(source="api", channel="direct", test=True)
    dealt = Dealt(source="crm", opportunity="o", status=DealStatus.OPEN, amount=Money(minor=100, currency="EUR"))
    without = Dealt(source="crm", opportunity="o", status=DealStatus.WON)
    expected, held = rows({LEADS.name: [captured, dealt, without]}, "test_lead", "deal_move")
    assert expected == held
    assert len(held) == 3
