"""Facts in, rows out: what each topic adds to the read models."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeVar

import pytest

from leadpact.calendar import elapsed, prorate
from leadpact.contracts import topics
from leadpact.contracts.envelope import Actor, ActorKind, Lane
from leadpact.contracts.events import control, health, lead, qualification, sla
from leadpact.reporting.domain import agreements, leads, tables, terms
from leadpact.reporting.domain import qualification as qualified
from leadpact.reporting.domain import sla as judged
from leadpact.reporting.domain.sentences import named
from leadpact.reporting.domain.table import Json
from leadpact.testkit.examples import examples
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import agreement, calendar

NOON = datetime(2026, 3, 2, 12, 0, 17, tzinfo=UTC)
CAPTURED = lead.Captured(source="website", channel="organic", features={"seniority": "vp", "employees": 80}, sealed="s")
R = TypeVar("R", bound=NamedTuple)


def only(kind: type[R], rows: Iterable[NamedTuple]) -> list[R]:
    return [row for row in rows if isinstance(row, kind)]


def test_a_capture_becomes_a_lead_its_attributes_and_the_first_entry_of_its_story() -> None:
    rows = list(leads.rows(Facts()(CAPTURED, at=NOON), 3))
    (row,) = only(tables.Lead, rows)
    assert (row.lead, row.captured_at, row.source, row.channel, row.sealed) == (
        "lead-1",
        NOON,
        "website",
        "organic",
        "s",
    )
    assert {(one.name, one.value) for one in only(tables.Attribute, rows)} == {
        ("seniority", '"vp"'),
        ("employees", "80"),
    }
    (told,) = only(tables.ToldByLeads, rows)
    assert (told.says, told.type) == ("Captured from website via organic.", "lead.captured")


def test_intake_is_counted_by_partition_minute_and_source() -> None:
    received = NOON + timedelta(minutes=5)
    rows = leads.rows(Facts()(CAPTURED, at=NOON, received=received), 3)
    assert only(tables.Intake, rows) == [
        tables.Intake(3, received.replace(second=0), "website", Lane.LIVE, 1),
    ]


def test_what_people_do_is_counted_as_done_by_hand() -> None:
    fact = Facts()(lead.Disposed(verdict=lead.Verdict.REJECTED, reason="no_budget"), at=NOON)
    (row,) = only(tables.Intake, leads.rows(fact, 0))
    assert row.source == leads.BY_HAND


def test_r27_what_an_exhausted_cadence_leads_to_is_nobodys_and_counted_so() -> None:
    fact = Facts()(lead.Disposed(verdict=lead.Verdict.RECYCLED, reason="exhausted", cadence="clock-1"), at=NOON)
    rows = list(leads.rows(fact, 0))
    (counted,), (told,) = only(tables.Intake, rows), only(tables.ToldByLeads, rows)
    assert counted.source == leads.BY_AGREEMENT
    assert told.says == "The cadence is exhausted: by the agreement the lead is to be recycled."


@pytest.mark.parametrize(
    ("cadence", "listed", "says"),
    [
        (None, ["fact-1"], "A command was refused: no"),
        ("clock-1", [], "The closing for the exhausted cadence was refused: no"),
    ],
)
def test_r50_the_refusal_of_a_cadences_closing_is_told_and_no_delivery_is_blamed(
    cadence: str | None, listed: list[str], says: str
) -> None:
    event = qualification.CommandRefused(command="fact-1", reason="r", says="no", cadence=cadence)
    rows = list(qualified.rows(Facts()(event, at=NOON), "qualifier"))
    assert [row.command for row in only(tables.RefusedByQualifier, rows)] == listed
    assert [row.says for row in only(tables.ToldByQualification, rows)] == [says]


def test_r12_a_test_lead_is_marked_on_any_capture() -> None:
    rows = leads.rows(Facts()(lead.Captured(source="s", channel="direct", test=True), at=NOON), 0)
    assert only(tables.TestLead, rows) == [tables.TestLead("lead-1")]


def test_control_records_are_no_entries_of_a_story_and_no_intake() -> None:
    fact = Facts()(control.RosterChanged(control=7, team="sales", reps=(control.Rep("a", "Ann"),), reason="r"), at=NOON)
    assert list(leads.rows(fact, 0)) == [terms.Rep("a", "Ann", "sales", 7)]


def test_r43_a_lane_that_ends_says_up_to_when_nobody_could_be_told() -> None:
    fact = Facts()(control.BackfillClosed(control=9, lane="l", facts=1), at=NOON)
    assert list(leads.rows(fact, 0)) == [terms.BackfillEnd("l", 9, NOON)]


def test_r3_an_agreement_in_force_becomes_days_and_openings_in_utc() -> None:
    rows = list(agreements.rows(control.InForce(control=1, agreement=agreement(), hash="h"), NOON))
    days = {row.day: row for row in only(terms.Day, rows)}
    spring = days[date(2026, 3, 8)]
    assert spring.ends - spring.begins == timedelta(hours=23)
    assert not days[date(2026, 11, 26)].is_open
    november = [row for day, row in days.items() if (day.year, day.month) == (2026, 11)]
    assert sum(row.is_open for row in november if row.day.day <= 17) / sum(
        row.is_open for row in november
    ) == pytest.approx(float(prorate(calendar(), date(2026, 11, 1), date(2026, 11, 18))))


def test_r2_openings_carry_the_business_time_before_them() -> None:
    rows = only(terms.Opening, agreements.rows(control.InForce(control=1, agreement=agreement(), hash="h"), NOON))
    for row in (rows[0], rows[100], rows[-1]):
        passed = elapsed(calendar(), calendar().begins, row.opens)
        assert timedelta(seconds=row.before_seconds) == passed


def test_r20_a_qualification_keeps_each_criterion_with_the_facts_that_decided() -> None:
    seen = qualification.CriterionSeen("pricing", "2 visits of /pricing", "true", "3", ("f1", "f2"))
    event = qualification.Qualified(
        engagement="e",
        agreement="demand",
        agreement_version=2,
        product_line=None,
        recognised_at=NOON,
        channel="organic",
        source="website",
        explanation=qualification.Explanation("demand", 2, NOON, (seen,)),
    )
    rows = list(qualified.rows(Facts()(event, at=NOON - timedelta(hours=1), recorded=NOON), "qualifier"))
    (mql,) = only(tables.Mql, rows)
    assert (mql.occurred_at, mql.recognised_at) == (NOON - timedelta(hours=1), NOON)
    assert only(tables.Criterion, rows) == [
        tables.Criterion("e", 0, "pricing", "2 visits of /pricing", "true", "3", Json('["f1","f2"]'))
    ]


def test_facts_that_were_only_forwarded_are_told_once_by_the_topic_they_come_from() -> None:
    fact = Facts()(CAPTURED, at=NOON)
    assert list(qualified.rows(fact, "qualifier")) == []
    assert list(judged.rows(fact, "sla-monitor")) == []


def started(segment: int = 1, renews: str | None = None) -> sla.ClockStarted:
    return sla.ClockStarted(
        clock="c",
        engagement="e",
        kind=sla.ClockKind.FIRST_RESPONSE,
        owner="ann",
        team="sales",
        started_at=NOON,
        due=NOON + timedelta(hours=1),
        budget_seconds=3600,
        unit="business",
        agreement="demand",
        agreement_version=1,
        segment=segment,
        renews=renews,
    )


def test_r31_a_next_segment_of_a_clock_replaces_owner_and_deadline() -> None:
    make = Facts()
    later = NOON + timedelta(minutes=30)
    facts = [make(started(), at=NOON), make(started(segment=2), at=later)]
    rows = [row for fact in facts for row in judged.rows(fact, "sla-monitor")]
    table = tables.BY_ROW[tables.Clock]
    (clock,) = table.coalesce(only(tables.Clock, rows))
    assert clock.segment == 2


def test_r4_a_moved_deadline_is_the_one_that_counts() -> None:
    make = Facts()
    moved = sla.ClockMoved(
        clock="c", engagement="e", kind=sla.ClockKind.FIRST_RESPONSE, owner="ann", due=NOON + timedelta(days=1)
    )
    facts = [make(started(), at=NOON), make(moved, at=NOON)]
    rows = [row for fact in facts for row in judged.rows(fact, "sla-monitor")]
    (deadline,) = tables.BY_ROW[tables.Deadline].coalesce(only(tables.Deadline, rows))
    assert deadline.due == NOON + timedelta(days=1)


def test_a_parked_lead_is_told_by_the_topic_of_the_consumer_that_parked_it() -> None:
    fact = Facts()(health.Parked(consumer="qualifier", reason="ValueError"), at=NOON)
    (row,) = only(tables.Trouble, qualified.rows(fact, "qualifier"))
    assert (row.consumer, row.lead, row.parked) == ("qualifier", "lead-1", True)
    assert only(tables.Trouble, judged.rows(fact, "sla-monitor")) == []


def test_an_unparked_lead_is_no_trouble_any_more() -> None:
    make = Facts()
    facts = [
        make(health.Parked(consumer="sla-monitor", reason="ValueError"), at=NOON),
        make(health.Unparked(consumer="sla-monitor", records=2), at=NOON),
    ]
    rows = [row for fact in facts for row in judged.rows(fact, "sla-monitor")]
    (trouble,) = tables.BY_ROW[tables.Trouble].coalesce(only(tables.Trouble, rows))
    assert not trouble.parked


READERS = {
    topics.LEADS.name: lambda fact: leads.rows(fact, 0),
    topics.QUALIFICATION.name: lambda fact: qualified.rows(fact, "qualifier"),
    topics.SLA.name: lambda fact: judged.rows(fact, "sla-monitor"),
}


@pytest.mark.parametrize("topic", READERS)
def test_every_example_of_a_topic_can_be_read(topic: str) -> None:
    facts = examples(topic)
    assert facts
    rows = [row for fact in facts for row in READERS[topic](fact)]
    assert {type(row) for row in rows} <= set(tables.BY_ROW)


def test_each_table_is_written_from_one_topic() -> None:
    def written(topic: str) -> set[type]:
        return {type(row) for fact in examples(topic) for row in READERS[topic](fact)}

    shared = {tables.Trouble}  # a row names its consumer, and each consumer writes to one topic
    a, b, c = (written(topic) - shared for topic in READERS)
    assert not (a & b or b & c or a & c)
    assert a | b | c | shared == set(tables.BY_ROW)


def test_r45_a_story_names_who_did_it_and_of_what_kind() -> None:
    touch = lead.Touched(
        source="dialer",
        kind=lead.TouchKind.CALL,
        direction=lead.Direction.OUT,
        outcome=lead.Outcome.VOICEMAIL,
        seconds=30,
    )
    fact = Facts()(touch, at=NOON, actor=Actor("rep-ann", ActorKind.HUMAN))
    (told,) = only(tables.ToldByLeads, leads.rows(fact, 0))
    assert (told.actor, told.actor_kind) == ("rep-ann", "human")
    assert named(told.says, {}) == "rep-ann called the lead: left a voicemail, 30 s."
    assert named(told.says, {"rep-ann": "Ann Lee"}) == "Ann Lee called the lead: left a voicemail, 30 s."
