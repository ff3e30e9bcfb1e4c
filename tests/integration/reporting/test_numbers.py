"""The wall's numbers against slow arithmetic over the same facts."""

from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Any

import asyncpg
import pytest

from leadpact.calendar import business_days, due, elapsed, local, prorate
from leadpact.contracts.events import control, lead, qualification, sla
from leadpact.reporting.domain.panels import STALE, State
from leadpact.reporting.reading import Answer, ask
from leadpact.reporting.wall import look
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import History, agreement, calendar
from tests.integration.reporting.seeding import MARK, NOW, pool, seed

MONTH = datetime(2026, 11, 1, 4, tzinfo=UTC)
"""New York still has summer time when November begins."""
TODAY = datetime(2026, 11, 17, 5, tzinfo=UTC)


async def asked(connections: asyncpg.Pool, name: str, now: datetime = NOW) -> list[dict[str, Any]]:
    async with connections.acquire() as connection:
        answer: Answer = await ask(connection, name, now)
    return [dict(row) for row in answer.rows]


class Promise:
    """A first response as the facts leave it."""

    def __init__(self, started: sla.ClockStarted) -> None:
        self.due = started.due
        self.standing = "pending"
        self.answered: datetime | None = None

    @property
    def settled(self) -> datetime:
        return min(self.answered or self.due, self.due)


def promises(told: History) -> list[Promise]:
    found: dict[str, Promise] = {}
    for fact in told.sla:
        match fact.event:
            case sla.ClockStarted(kind=sla.ClockKind.FIRST_RESPONSE, clock=clock):
                found[clock] = Promise(fact.event)
            case sla.ClockJudged(kind=sla.ClockKind.FIRST_RESPONSE, clock=clock):
                found[clock].standing, found[clock].answered = fact.event.verdict, fact.event.answered_at
            case _:
                pass
    return list(found.values())


def wilson(hits: int, n: int) -> tuple[float, float]:
    z, p = 1.959963984540054, hits / n
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@pytest.mark.parametrize(("name", "since"), [("first_response_month", MONTH), ("first_response_today", TODAY)])
async def test_r37_share_within_sla(connections: asyncpg.Pool, told: History, name: str, since: datetime) -> None:
    ended = Counter(one.standing for one in promises(told) if since <= one.settled <= NOW)
    in_time = ended["met"] + ended["withdrawn"]
    (row,) = await asked(connections, name)
    assert (row["in_time"], row["missed"], row["unverified"]) == (in_time, ended["missed"], ended["unverified"])
    assert ended["missed"] > 0 and in_time > 0
    assert row["n"] == in_time + ended["missed"]
    assert row["share"] == pytest.approx(in_time / row["n"])
    assert (row["low"], row["high"]) == pytest.approx(wilson(in_time, row["n"]))


def test_a_withdrawn_miss_is_in_the_told_month(told: History) -> None:
    assert any(one.standing == "withdrawn" and MONTH <= one.settled <= NOW for one in promises(told))


def became(told: History) -> dict[str, tuple[datetime, str]]:
    """The month's MQLs: when each person was first recognised in it, and the channel."""
    found: dict[str, tuple[datetime, str]] = {}
    for fact in told.qualification:
        if isinstance(fact.event, qualification.Qualified) and MONTH <= fact.event.recognised_at <= NOW:
            found.setdefault(fact.envelope.lead, (fact.event.recognised_at, fact.event.channel))
    return found


async def test_r53_mqls_of_the_month_against_the_pace(connections: asyncpg.Pool, told: History) -> None:
    (row,) = await asked(connections, "mqls_now")
    whole = elapsed(calendar(), TODAY, TODAY + timedelta(days=1))
    of_today = elapsed(calendar(), TODAY, NOW) / whole
    before = prorate(calendar(), date(2026, 11, 1), date(2026, 11, 17))
    today = prorate(calendar(), date(2026, 11, 17), date(2026, 11, 18))
    assert 0 < of_today < 1
    assert row["mqls"] == len(became(told)) > 0
    assert row["target"] == pytest.approx(400)
    assert row["pace"] == pytest.approx(400 * float(before) + 400 * float(today) * of_today)
    assert row["ahead"] == pytest.approx(row["mqls"] - row["pace"])


async def test_r53_the_pace_by_business_day(connections: asyncpg.Pool, told: History) -> None:
    rows = await asked(connections, "mqls_pace")
    days = sorted(local(calendar(), at).date() for at, _ in became(told).values())
    assert [row["day"] for row in rows] == [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    for row in rows:
        share = prorate(calendar(), date(2026, 11, 1), row["day"] + timedelta(days=1))
        assert row["pace"] == pytest.approx(400 * float(share))
        if row["day"] > date(2026, 11, 17):
            assert row["delivered"] is None
        else:
            assert row["delivered"] == bisect_right(days, row["day"])


async def test_r34_channel_mix_beside_the_pledges(connections: asyncpg.Pool, told: History) -> None:
    mix = Counter(channel for _, channel in became(told).values())
    rows = {row["channel"]: row for row in await asked(connections, "channel_mix")}
    assert {channel: row["mqls"] for channel, row in rows.items()} == mix
    assert {channel: row["pledge"] for channel, row in rows.items() if row["pledge"]} == {
        "organic": 0.4,
        "referral": 0.15,
    }
    assert rows["organic"]["share"] == pytest.approx(mix["organic"] / mix.total())


def ended_runs(told: History) -> set[str]:
    closings = (fact.event for fact in told.qualification)
    return {event.engagement for event in closings if isinstance(event, qualification.EngagementClosed)}


async def test_r28_about_to_breach_are_the_running_promises_that_were_warned_of(
    connections: asyncpg.Pool, told: History
) -> None:
    started = {fact.event.clock: fact.event for fact in told.sla if isinstance(fact.event, sla.ClockStarted)}
    warned = {fact.event.clock for fact in told.sla if isinstance(fact.event, sla.ClockWarned)}
    over = {fact.event.clock for fact in told.sla if isinstance(fact.event, sla.ClockJudged)}
    closed = {
        fact.event.engagement for fact in told.qualification if isinstance(fact.event, qualification.EngagementClosed)
    }
    waiting = sorted(
        one.due for clock, one in started.items() if clock in warned - over and one.engagement not in closed
    )
    rows = await asked(connections, "about_to_breach")
    assert [row["due"] for row in rows] == waiting[:10]
    assert rows[0]["n"] == len(waiting) > 0


async def test_r2_the_time_left_is_business_time(empty: str) -> None:
    evening = datetime(2026, 11, 16, 22, 0, tzinfo=UTC)  # 17:00 in New York, half an hour before closing
    deadline = due(calendar(), evening, timedelta(hours=1))
    story = one_clock(evening, deadline)
    await seed(empty, story)
    async with pool(empty) as connections:
        (row,) = await asked(connections, "about_to_breach", evening + timedelta(minutes=45))
    assert row["due"] == deadline == datetime(2026, 11, 17, 14, 30, tzinfo=UTC)
    assert row["remaining_seconds"] == 30 * 60


def one_clock(at: datetime, deadline: datetime) -> History:
    make = Facts()
    clock = sla.ClockStarted(
        clock="c",
        engagement="e",
        kind=sla.ClockKind.FIRST_RESPONSE,
        owner="ann",
        team="sales",
        started_at=at,
        due=deadline,
        budget_seconds=3600,
        unit="business",
        agreement="demand",
        agreement_version=1,
    )
    warned = sla.ClockWarned(clock="c", engagement="e", kind=clock.kind, owner="ann", percent=50, due=deadline)
    return History(
        [make(control.InForce(control=1, agreement=agreement(), hash="h"), at=at - timedelta(days=30))],
        [],
        [make(clock, at=at), make(warned, at=at)],
    )


async def test_breaches_are_open_until_answered_or_ended(connections: asyncpg.Pool, told: History) -> None:
    standing: dict[str, sla.ClockJudged] = {}
    for fact in told.sla:
        if isinstance(fact.event, sla.ClockJudged):
            standing[fact.event.clock] = fact.event
    ended = ended_runs(told)
    accepted = {fact.event.engagement for fact in told.qualification if isinstance(fact.event, qualification.Accepted)}
    cadence = sla.ClockKind.CADENCE
    open_ = Counter(
        event.kind.value
        for event in standing.values()
        if event.verdict is sla.Standing.MISSED
        and event.answered_at is None
        and event.engagement not in (ended | accepted if event.kind is cadence else ended)
    )
    (row,) = await asked(connections, "breaches_open")
    assert row == {
        "breaches": open_.total(),
        "routing": 0,
        "first_response": open_["first_response"],
        "cadence": open_["cadence"],
        "history": 0,
    }
    assert open_["first_response"] > 0 and open_["cadence"] > 0


async def test_r37_the_funnel_counts_people_and_calls_the_undecided_open(
    connections: asyncpg.Pool, told: History
) -> None:
    came: dict[str, int] = {}
    for fact in [*told.leads, *told.qualification]:
        person = fact.envelope.lead
        match fact.event:
            case lead.Captured(test=False) if fact.envelope.occurred_at > NOW - timedelta(days=90):
                came[person] = 1
            case qualification.Qualified():
                came[person] = max(came[person], 2)
            case qualification.Accepted():
                came[person] = max(came[person], 3)
            case _:
                pass
    for fact in told.leads:
        if isinstance(fact.event, lead.Dealt):
            rank = 5 if fact.event.status is lead.DealStatus.WON else 4
            came[fact.envelope.lead] = max(came[fact.envelope.lead], rank)
    rows = await asked(connections, "funnel")
    assert [row["reached"] for row in rows] == [
        sum(1 for rank in came.values() if rank >= place) for place in range(1, 6)
    ]
    stays = [row["reached"] - after["reached"] for row, after in pairwise(rows)]
    assert [row["still_open"] + row["ended"] for row in rows[:4]] == stays
    assert rows[3]["still_open"] > 0 and rows[3]["ended"] > 0
    assert (rows[0]["n"], rows[0]["sales_sourced"]) == (len(came), 0)


async def test_r35_rejections_by_the_agreements_words(connections: asyncpg.Pool, told: History) -> None:
    reasons = Counter(
        fact.event.reason
        for fact in told.qualification
        if isinstance(fact.event, qualification.EngagementClosed)
        and fact.event.outcome == "rejected"
        and fact.envelope.occurred_at > NOW - timedelta(days=30)
    )
    rows = {row["reason"]: row["rejections"] for row in await asked(connections, "rejections")}
    assert rows["No budget this year"] == reasons["no_budget"] > 0
    assert sum(rows.values()) == reasons.total()


async def test_intake_counts_every_live_fact_of_the_last_hours(connections: asyncpg.Pool, told: History) -> None:
    facts = [
        fact
        for fact in told.leads
        if fact.envelope.lead and fact.envelope.received_at > NOW - timedelta(hours=2, minutes=59)
    ]
    rows = await asked(connections, "intake_rate")
    assert sum(row["facts"] for row in rows) >= len(facts) > 0


async def test_freshness_is_the_smallest_mark(connections: asyncpg.Pool) -> None:
    rows = await asked(connections, "freshness")
    assert [row["behind_seconds"] for row in rows] == [21.0] * 3
    wall = await look(connections, NOW)
    assert (wall.as_of, wall.behind_seconds, wall.as_of_text) == (MARK, 21.0, "10:41 EST")
    assert wall.agreement == "Demand generation v1"


async def test_where_the_business_clock_is_faster_the_age_is_judged_in_time_of_the_world(
    connections: asyncpg.Pool,
) -> None:
    later = MARK + timedelta(seconds=STALE)
    assert (await look(connections, later)).panels["freshness"].state is State.WARN
    scaled = await look(connections, later, speed=60)
    assert (scaled.behind_seconds, scaled.speed) == (STALE, 60)
    assert scaled.panels["freshness"].state is State.GOOD


async def test_with_nothing_in_it_the_wall_is_empty_not_wrong(empty: str) -> None:
    async with pool(empty) as connections:
        wall = await look(connections, NOW)
    assert (wall.as_of, wall.agreement, wall.behind_seconds, wall.in_force) == (None, None, None, 0)
    assert wall.panels["breaches_open"].rows == ((0, 0, 0, 0, 0),)
    assert [wall.panels[name].rows for name in ("mqls_now", "channel_mix", "first_response_today")] == [(), (), ()]


async def test_r37_no_observations_have_no_interval(connections: asyncpg.Pool) -> None:
    assert [tuple(row) for row in await connections.fetch("select * from wilson(0, 0)")] == [(None, None)]
    assert await connections.fetchval("select low from wilson(0, 5)") == 0


async def test_a_month_without_business_days_behind_asks_for_nothing_yet(connections: asyncpg.Pool) -> None:
    sunday = datetime(2026, 11, 1, 15, tzinfo=UTC)
    (row,) = await asked(connections, "mqls_now", sunday)
    assert row["pace"] == 0
    assert business_days(calendar(), date(2026, 11, 1), date(2026, 11, 2)) == 0
