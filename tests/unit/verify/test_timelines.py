"""Check 9 for time lines: all columns are compared, and a sentence holds the names and numbers it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.contracts.events import health, lead, qualification, sla
from leadpact.contracts.registry import BY_NAME, Event
from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import leads, tables
from leadpact.reporting.domain import qualification as qualifying
from leadpact.reporting.domain import sla as monitoring
from leadpact.reporting.domain.tables import coalesced
from leadpact.testkit.facts import HUMAN, Facts
from leadpact.verify.findings import Findings
from leadpact.verify.models import held, projected
from leadpact.verify.scratch import Scratch
from leadpact.verify.shelves import compare
from leadpact.verify.stories import Story, Told
from leadpact.verify.timelines import FACTS

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = START + timedelta(hours=1)
CLOCK: dict[str, Any] = {
    "clock": "c",
    "engagement": "e",
    "kind": sla.ClockKind.FIRST_RESPONSE,
    "owner": "ann_b",
    "due": DUE,
}
TERMS: dict[str, Any] = {"agreement": "smb", "agreement_version": 3}
EXPLAINED = qualification.Explanation(agreement="smb", version=3, as_of=START, criteria=())
OUT, IN = lead.Direction.OUT, lead.Direction.IN
SAID: dict[str, list[Event]] = {
    LEADS.name: [
        lead.Captured(source="webform", channel="paid_search", form="a “form”\n_%", test=True),
        lead.Profiled(source="crm", features={"account": "0123456789", "size": 1e6, "is_new": True, "job_title": "VP"}),
        lead.Behaved(source="web", kind="page", subject="/a_b", visitor=True),
        lead.Behaved(source="web", kind="email", subject=""),
        lead.Touched(source="crm", kind=lead.TouchKind.CALL, direction=OUT, outcome=lead.Outcome.VOICEMAIL, seconds=7),
        lead.Touched(source="crm", kind=lead.TouchKind.EMAIL, direction=IN, outcome=lead.Outcome.REPLIED),
        lead.Disposed(verdict=lead.Verdict.REJECTED, reason="not_a_fit", sealed="s"),
        lead.Disposed(verdict=lead.Verdict.RECYCLED, reason="no_answer", cadence="c"),
        lead.Owned(source="crm", owner="ben"),
        lead.Dealt(
            source="crm", opportunity="o-1", status=lead.DealStatus.WON, amount=lead.Money(minor=5, currency="EUR")
        ),
        lead.Dealt(source="crm", opportunity="o-1", status=lead.DealStatus.LOST),
        lead.Consented(source="web", purpose="marketing_mail", granted=False),
        lead.ReassignedByHand(owner="yves"),
        lead.Conflicted(key="mail_key", source="web", other="lead-2"),
        health.Parked(consumer="qualifier", reason="a bug"),
        health.Unparked(consumer="qualifier", records=2),
    ],
    QUALIFICATION.name: [
        qualification.EngagementOpened(engagement="e", product_line=None, number=2, **TERMS),
        qualification.Qualified(
            engagement="e",
            product_line=None,
            recognised_at=START,
            channel="direct",
            source="web",
            explanation=EXPLAINED,
            **TERMS,
        ),
        qualification.Accepted(engagement="e"),
        qualification.EngagementClosed(engagement="e", outcome="rejected", reason="not_a_fit"),
        qualification.CommandRefused(command="f", reason="r", says="It is closed."),
        health.Parked(consumer="qualifier", reason="a bug"),
        health.Unparked(consumer="sla-monitor", records=2),
        lead.Owned(source="crm", owner="ben"),
    ],
    SLA.name: [
        sla.Assigned(engagement="e", owner="ann", team="emea", by="round_robin", previous="ben"),
        sla.Queued(engagement="e", team="emea", queue="q_1", why="leave", since=START, retry_at=DUE),
        sla.Queued(engagement="e", team="emea", queue=None, why="leave", since=START, retry_at=DUE),
        sla.ClockStarted(team="emea", started_at=START, budget_seconds=9, unit="elapsed", segment=2, **CLOCK, **TERMS),
        sla.ClockMoved(**CLOCK),
        sla.ClockWarned(percent=80, **CLOCK),
        sla.ClockJudged(
            team="emea",
            verdict=sla.Standing.MET,
            previous=sla.Standing.PENDING,
            answered_at=None,
            elapsed_seconds=None,
            evidence=(),
            says="Met by Ann, 3 min.",
            **CLOCK,
            **TERMS,
        ),
        sla.AttemptCounted(engagement="e", calls=1, emails=2, socials=3, last="f"),
        sla.Escalated(engagement="e", clock="c", step=2, to="boss"),
        qualification.CommandRefused(command="f", reason="r", says="It is closed.", cadence="c"),
        health.Parked(consumer="sla-monitor", reason="a bug"),
        lead.Owned(source="crm", owner="ben"),
    ],
}
"""Each type that a time line shows, on its topics; what was passed on and troubles of others are told elsewhere."""
UNTOLD = {"agreement.drafted", "agreement.approved", "agreement.activated", "agreement.withdrawn"}
UNTOLD |= {"closing.requested", "promise.judged"}
"""Of no lead's story."""


def _story() -> tuple[Story, list[tuple[str, dict[str, Any]]]]:
    """What was said of a lead, and the time lines that reporting writes of it."""
    facts, story, written = Facts(), Story("lead-1"), list[Any]()
    for topic, events in SAID.items():
        for number, event in enumerate(events):
            fact = facts(event, at=START + timedelta(minutes=number), recorded=DUE, actor=HUMAN)
            story.told[topic].append(Told(number, fact.envelope, msgspec.json.decode(fact.envelope.data)))
            written += _rows(topic, fact)
    return story, [
        (table.name, row._asdict())
        for table, batch in coalesced(written)
        for row in batch
        if issubclass(table.row, tables.Told)
    ]


def _rows(topic: str, fact: Fact) -> list[Any]:
    match topic:
        case LEADS.name:
            return list(leads.rows(fact, 0))
        case QUALIFICATION.name:
            return list(qualifying.rows(fact, "qualifier"))
        case _:
            return list(monitoring.rows(fact, "sla-monitor"))


def _found(story: Story, rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    found = Findings()
    with Scratch() as scratch:
        scratch.put("expected", [row for row in projected(story) if row.shelf.startswith("told_")])
        scratch.put("held", [held(table, columns) for table, columns in rows])
        compare(scratch, found)
    return [f"{each.where}: {each.says}" for each in found.violations]


def test_whatever_can_be_told_is_told_as_reporting_tells_it() -> None:
    story, rows = _story()
    assert _found(story, rows) == []
    assert len(rows) == sum(map(len, SAID.values())) - 3
    told = {event.type for events in story.told.values() for event in events}
    assert told == FACTS.keys() == {name for name, of in BY_NAME.items() if not of.control} - UNTOLD


@pytest.mark.parametrize("number", range(len(_story()[1])))
def test_a_sentence_about_something_else_is_found(number: int) -> None:
    story, rows = _story()
    table, columns = rows[number]
    event = next(e for e in story.told[table.removeprefix("told_")] if e.envelope.lead_version == columns["seq"])
    facts = [str(fact) for fact in FACTS[event.type](event.said, HUMAN.id) if fact not in (None, "")]
    for fact in facts:
        shown = fact.replace("_", " ")
        says = columns["says"] if fact in columns["says"] else columns["says"].replace("_", " ")
        wrong = says.replace(fact if fact in says else shown, f"{shown}9")
        assert wrong != says
        says = msgspec.json.encode(wrong).decode()
        where = f"{table} lead-1/{columns['seq']}: it says {says}, without {fact}"
        assert _found(story, [*rows[:number], (table, columns | {"says": wrong}), *rows[number + 1 :]]) == [where]
    assert facts or event.type in {"lead.accepted", "lead.touched"}  # who writes to us has no name there


def test_other_words_about_the_same_are_no_fault() -> None:
    story, rows = _story()
    table, columns = next(row for row in rows if row[1]["type"] == "lead.owned")
    columns["says"] = "ben is the owner now (crm)."
    assert table == "told_leads" and _found(story, rows) == []
