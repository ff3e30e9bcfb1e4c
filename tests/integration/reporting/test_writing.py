"""Rows in the real database: written again they change nothing, whatever a sender put into them."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events import control, lead
from leadpact.contracts.events import qualification as qualified
from leadpact.reporting.domain import leads, qualification, sla, tables
from leadpact.reporting.domain.table import How
from leadpact.reporting.leads import listed, story
from leadpact.reporting.reading import fetch
from leadpact.reporting.refusals import refusals
from leadpact.reporting.summary import summary
from leadpact.reporting.writing import column_types, write
from leadpact.testkit.examples import examples
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import agreement
from tests.integration.reporting.seeding import NOW, pool

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def contents(connections: asyncpg.Pool) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for table in tables.TABLES:
        if table.how is not How.SUM:
            rows = await connections.fetch(f"select * from {table.name} order by {', '.join(table.key)}")  # noqa: S608 - our own names
            found[table.name] = [tuple(row) for row in rows]
    return found


async def test_the_tables_have_the_columns_of_their_rows(connections: asyncpg.Pool) -> None:
    for table in tables.TABLES:
        rows = await connections.fetch(
            "select column_name, udt_name from information_schema.columns "
            "where table_schema = current_schema() and table_name = $1",
            table.name,
        )
        expected = {"bigint": "int8", "boolean": "bool"}
        types = {name: expected.get(type_, type_) for name, type_ in column_types(table.row).items()}
        assert {row["column_name"]: row["udt_name"] for row in rows} == types, table.name


async def test_every_example_can_be_written_twice_and_shown(empty: str) -> None:
    rows = [row for fact in examples("leads") for row in leads.rows(fact, 0)]
    rows += [row for fact in examples("qualification") for row in qualification.rows(fact, "qualifier")]
    rows += [row for fact in examples("sla") for row in sla.rows(fact, "sla-monitor")]
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, rows)
        once = await contents(connections)
        await write(connection, rows)
        assert await contents(connections) == once
        captured = await listed(
            connections, after=None, id_=None, owner=None, state=None, promise=None, now=NOW, limit=100
        )
        assert captured
        for one in captured:
            assert await story(connections, one.lead) is not None


async def test_a_nul_that_a_sender_put_into_a_text_is_replaced(empty: str) -> None:
    captured = lead.Captured(source="a\x00b", channel="direct", features={"in\x00dustry": "x\x00y"})
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, leads.rows(Facts()(captured, at=NOON), 0))
        (row,) = await fetch(connection, "lead/lead", "lead-1")
        (attribute,) = await fetch(connection, "lead/attributes", "lead-1")
    assert row["source"] == "a\ufffdb"
    assert (attribute["name"], attribute["value"]) == ("in\ufffddustry", '"x\ufffdy"')


@pytest.mark.parametrize("late_first", [False, True])
async def test_r49_of_two_claims_about_an_attribute_the_later_one_stands(empty: str, *, late_first: bool) -> None:
    make = Facts()
    facts = [
        make(lead.Profiled(source="crm", features={"seniority": "manager"}), at=NOON),
        make(lead.Profiled(source="crm", features={"seniority": "vp"}), at=NOON + timedelta(days=1)),
    ]
    if late_first:
        facts.reverse()
    async with pool(empty) as connections, connections.acquire() as connection:
        for fact in facts:
            await write(connection, leads.rows(fact, 0))
        (row,) = await fetch(connection, "lead/attributes", "lead-1")
    assert row["value"] == '"vp"'


@pytest.mark.parametrize("late_first", [False, True])
async def test_r49_the_earliest_capture_says_how_the_person_found_us(empty: str, *, late_first: bool) -> None:
    make = Facts()
    facts = [
        make(lead.Captured(source="web", channel="organic", form="demo"), at=NOON),
        make(lead.Captured(source="fair", channel="event", campaign="spring"), at=NOON + timedelta(days=1)),
    ]
    if late_first:
        facts.reverse()
    async with pool(empty) as connections, connections.acquire() as connection:
        for fact in facts:
            await write(connection, leads.rows(fact, 0))
        (row,) = await fetch(connection, "lead/lead", "lead-1")
    found = (row["captured_at"], row["source"], row["channel"], row["form"], row["campaign"])
    assert found == (NOON, "web", "organic", "demo", None)


async def test_intake_of_a_minute_adds_up_over_batches(empty: str) -> None:
    make = Facts()
    async with pool(empty) as connections, connections.acquire() as connection:
        for second in (1, 2, 3):
            event = lead.Behaved(source="segment", kind="page", subject="/")
            await write(connection, leads.rows(make(event, at=NOON + timedelta(seconds=second)), 5))
        assert await connections.fetchval("select facts from intake where partition = 5") == 3


async def test_r46_amounts_in_two_currencies_are_kept_to_the_minor_unit_and_never_added(empty: str) -> None:
    facts = Facts()
    dealt = [
        lead.Dealt(source="crm", opportunity=id_, status=lead.DealStatus.WON, amount=lead.Money(minor, currency))
        for id_, minor, currency in (("a", 2**53 - 1, "USD"), ("b", 1_999, "EUR"), ("c", 500, "JPY"))
    ]
    told = [facts(lead.Captured(source="crm", channel="direct"), at=NOON), *(facts(each, at=NOON) for each in dealt)]
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, [row for fact in told for row in leads.rows(fact, 0)])
        found = await story(connections, "lead-1")
    assert found is not None
    assert sorted((deal.opportunity, deal.amount_minor, deal.currency) for deal in found.deals) == [
        ("a", 2**53 - 1, "USD"),
        ("b", 1_999, "EUR"),
        ("c", 500, "JPY"),
    ]


async def test_r03_people_known_before_any_calendar_begins_are_counted(empty: str) -> None:
    facts = Facts()
    captured = lead.Captured(source="import", channel="direct")
    told = [
        facts(captured, lead=f"lead-{year}", at=NOON.replace(year=year), lane=Lane.BACKFILL)
        for year in (1990, 2019, 2026)
    ]
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, [row for fact in told for row in leads.rows(fact, 0)])
        assert (await summary(connections, NOON)).before_calendars == 0, "no agreement is in force"
        in_force = facts(control.InForce(control=1, agreement=agreement(), hash="h"), at=NOON)
        await write(connection, leads.rows(in_force, 0))
        counted = await summary(connections, NOON)
    assert (counted.leads, counted.before_calendars) == (3, 2)


async def test_leads_and_wins_are_counted_by_the_senders_own_word_for_the_origin(empty: str) -> None:
    facts = Facts()
    told = [facts(lead.Captured(source="shop", channel="direct"), lead="lead-0", at=NOON)]
    for number, (channel, origin) in enumerate([("other", "unknown"), ("other", "display"), ("other", "display")], 1):
        captured = lead.Captured(source="shop", channel=channel, features={"origin": origin})
        told.append(facts(captured, lead=f"lead-{number}", at=NOON))
    for opportunity, status in (("a", lead.DealStatus.WON), ("b", lead.DealStatus.WON), ("c", lead.DealStatus.OPEN)):
        dealt = lead.Dealt(source="shop", opportunity=opportunity, status=status)
        told.append(facts(dealt, lead="lead-3", at=NOON))
    told.append(facts(lead.Dealt(source="shop", opportunity="d", status=lead.DealStatus.LOST), lead="lead-1", at=NOON))
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, [row for fact in told for row in leads.rows(fact, 0)])
        counted = await summary(connections, NOON)
    assert [(each.origin, each.leads, each.mqls, each.won) for each in counted.origins] == [
        ("display", 2, 0, 1),
        ("unknown", 1, 0, 0),
        (None, 1, 0, 0),
    ]
    assert (counted.origins[0].won_share, round(counted.origins[0].won_low, 3)) == (0.5, 0.095)
    assert sum(each.leads for each in counted.sources) == sum(each.leads for each in counted.origins)


async def test_r50_refused_commands_are_found_by_their_delivery_newest_first(empty: str) -> None:
    refused, sla_facts = Facts(), Facts()
    commands = [
        qualified.CommandRefused(command=f"fact-{number}", reason="no_open_engagement", says=f"no {number}")
        for number in range(5)
    ]
    told = [refused(each, lead="lead-1", at=NOON + timedelta(minutes=n)) for n, each in enumerate(commands)]
    by_sla = sla_facts(qualified.CommandRefused(command="fact-9", reason="cannot_reassign", says="on leave"), at=NOON)
    async with pool(empty) as connections, connections.acquire() as connection:
        await write(connection, [row for fact in told for row in qualification.rows(fact, "qualifier")])
        await write(connection, sla.rows(by_sla, "sla-monitor"))
        found = await refusals(connections, None, None, 3)
        rest = await refusals(connections, None, (found[-1].recorded_at, found[-1].command), 10)
        (of_one,) = await refusals(connections, told[2].envelope.correlation, None, 10)
    assert [each.says for each in found + rest] == ["no 4", "no 3", "no 2", "no 1", "on leave", "no 0"]
    assert [each.service for each in rest] == ["qualifier", "sla-monitor", "qualifier"]
    assert (of_one.command, of_one.lead, of_one.reason) == ("fact-2", "lead-1", "no_open_engagement")
    assert of_one.recorded_at == NOON + timedelta(minutes=2)
