"""What counts in which span (ADR 30), told by stories of a few facts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.calendar import prorate
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events import control, lead, qualification, sla
from leadpact.kit.decider import Fact
from leadpact.reporting.reading import ask
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import History, agreement, calendar
from tests.integration.reporting.seeding import clear, pool, seed

JOININGS = (("lane-1", 1), ("lane-0", 0))
NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Story(History):
    """A history that is put together fact by fact under an agreement."""

    def __init__(self, in_force: datetime = NOON - timedelta(days=60), number: int = 1) -> None:
        super().__init__()
        self.make = Facts()
        self.put(self.leads, control.InForce(control=number, agreement=agreement(), hash="h"), in_force)

    def put(self, topic: list[Fact], event: Any, at: datetime, lane: Lane = Lane.LIVE) -> None:  # noqa: ANN401 - any event
        topic.append(self.make(event, at=at, lane=lane))

    def clock(self, name: str, at: datetime, **more: Any) -> sla.ClockStarted:  # noqa: ANN401 - any event
        started = sla.ClockStarted(
            clock=name,
            engagement="e",
            kind=sla.ClockKind.FIRST_RESPONSE,
            owner="ann",
            team="sales",
            started_at=at,
            due=at + 60 * MINUTE,
            budget_seconds=3600,
            unit="business",
            agreement="demand",
            agreement_version=1,
            **more,
        )
        self.put(self.sla, started, at)
        return started

    def mql(self, at: datetime, number: int = 1) -> None:
        opened = qualification.EngagementOpened(
            engagement=f"e{number}", agreement="demand", agreement_version=1, product_line=None, number=number
        )
        qualified = qualification.Qualified(
            engagement=f"e{number}",
            agreement="demand",
            agreement_version=1,
            product_line=None,
            recognised_at=at,
            channel="organic",
            source="website",
            explanation=qualification.Explanation("demand", 1, at, ()),
        )
        self.put(self.qualification, opened, at)
        self.put(self.qualification, qualified, at)

    def judged(
        self,
        clock: sla.ClockStarted,
        verdict: sla.Standing,
        at: datetime,
        answered: datetime | None = None,
        lane: Lane = Lane.LIVE,
    ) -> None:
        event = sla.ClockJudged(
            clock=clock.clock,
            engagement="e",
            kind=clock.kind,
            owner="ann",
            team="sales",
            verdict=verdict,
            previous=sla.Standing.PENDING,
            due=clock.due,
            answered_at=answered,
            elapsed_seconds=None,
            evidence=(),
            agreement="demand",
            agreement_version=1,
            says="",
        )
        self.put(self.sla, event, at, lane)


async def asked(empty: str, story: History, name: str, now: datetime = NOON) -> list[dict[str, Any]]:
    await clear(empty)
    await seed(empty, story)
    async with pool(empty) as connections, connections.acquire() as connection:
        return [dict(row) for row in (await ask(connection, name, now)).rows]


async def test_r29_late_evidence_changes_the_verdict_and_never_the_day(empty: str) -> None:
    story = Story()
    yesterday = NOON - timedelta(days=1)
    clock = story.clock("c", yesterday)
    story.judged(clock, sla.Standing.MISSED, clock.due)
    story.judged(clock, sla.Standing.WITHDRAWN, NOON - MINUTE, answered=yesterday + MINUTE)
    (row,) = await asked(empty, story, "first_response_today")
    assert row["n"] == 0
    (row,) = await asked(empty, story, "first_response_today", now=yesterday + timedelta(hours=3))
    assert (row["in_time"], row["missed"]) == (1, 0)


@pytest.mark.parametrize(("emails", "listed"), [(2, 1), (3, 0)])
async def test_r28_a_cadence_of_which_all_is_done_is_not_about_to_breach(empty: str, emails: int, listed: int) -> None:
    story, at = Story(), NOON - 50 * MINUTE
    cadence = msgspec.structs.replace(Story().clock("c", at), kind=sla.ClockKind.CADENCE)
    warned = sla.ClockWarned(clock="c", engagement="e", kind=cadence.kind, owner="ann", percent=80, due=cadence.due)
    counted = sla.AttemptCounted(engagement="e", calls=3, emails=emails, socials=0, last="email")
    for event in (cadence, warned, counted):
        story.put(story.sla, event, at)
    assert len(await asked(empty, story, "about_to_breach")) == listed


async def test_r31_a_renewing_clock_is_in_no_share(empty: str) -> None:
    story = Story()
    missed = story.clock("c", NOON - 200 * MINUTE)
    story.judged(missed, sla.Standing.MISSED, missed.due)
    again = story.clock("d", NOON - 100 * MINUTE, renews="c")
    story.judged(again, sla.Standing.MET, NOON - 90 * MINUTE, answered=NOON - 90 * MINUTE)
    (row,) = await asked(empty, story, "first_response_today")
    assert (row["in_time"], row["missed"]) == (0, 1)


@pytest.mark.parametrize(
    ("standing", "column"),
    [("met", "in_time"), ("withdrawn", "in_time"), ("missed", "missed"), ("unverified", "unverified")],
)
async def test_r37_each_verdict_counts_where_it_should(empty: str, standing: str, column: str) -> None:
    story = Story()
    story.judged(story.clock("c", NOON - 100 * MINUTE), sla.Standing(standing), NOON - MINUTE)
    (row,) = await asked(empty, story, "first_response_today")
    assert {name: row[name] for name in ("in_time", "missed", "unverified") if row[name]} == {column: 1}


@pytest.mark.parametrize("standing", ["voided", "cancelled"])
async def test_r37_what_is_no_longer_owed_or_not_yet_decided_is_in_no_share(empty: str, standing: str) -> None:
    story = Story()
    story.judged(story.clock("c", NOON - 100 * MINUTE), sla.Standing(standing), NOON - MINUTE)
    (row,) = await asked(empty, story, "first_response_today")
    assert (row["n"], row["share"], row["low"]) == (0, None, None)


async def missed_and_then(empty: str, story: Story) -> int:
    (row,) = await asked(empty, story, "breaches_open")
    return int(row["breaches"])


async def test_a_miss_is_open_until_it_is_answered_renewed_or_closed(empty: str) -> None:
    open_, answered, renewed, closed = Story(), Story(), Story(), Story()
    clock = open_.clock("c", NOON - 100 * MINUTE)
    for story in (answered, renewed, closed):
        story.clock("c", NOON - 100 * MINUTE)
    for story in (open_, answered, renewed, closed):
        story.judged(clock, sla.Standing.MISSED, clock.due)
    answered.judged(clock, sla.Standing.MISSED, NOON, answered=NOON)
    renewed.clock("d", NOON - 10 * MINUTE, renews="c")
    gone = qualification.EngagementClosed(engagement="e", outcome="rejected", reason="no_budget")
    closed.put(closed.qualification, gone, NOON)
    assert [await missed_and_then(empty, story) for story in (open_, answered, renewed, closed)] == [1, 0, 0, 0]


async def test_r26_a_reply_of_the_leads_own_hides_no_open_breach(empty: str) -> None:
    story = Story()
    clock = story.clock("c", NOON - 100 * MINUTE)
    story.judged(clock, sla.Standing.MISSED, clock.due)
    to_reply = story.clock("d", NOON - 30 * MINUTE, replies_to="reply")
    assert await missed_and_then(empty, story) == 1
    story.judged(to_reply, sla.Standing.MISSED, NOON)
    assert await missed_and_then(empty, story) == 2
    story.clock("e", NOON, renews="c")
    assert await missed_and_then(empty, story) == 1


async def of_a_lane(
    empty: str, due: datetime, judged_at: datetime, lane: Lane, joinings: Sequence[tuple[str, int]] = JOININGS
) -> tuple[int, int]:
    """Breaches open now and from history, where lanes joined live time so many days ago and one of their leads was
    missed."""
    story = Story()
    opened = qualification.EngagementOpened(
        engagement="e", agreement="demand", agreement_version=1, product_line=None, number=1
    )
    story.put(story.qualification, opened, due - 60 * MINUTE, Lane.BACKFILL)
    clock = story.clock("c", due - 60 * MINUTE)
    story.judged(clock, sla.Standing.MISSED, judged_at, lane=lane)
    for number, (name, days) in enumerate(joinings, 3):
        closed = control.BackfillClosed(control=number, lane=name, facts=1)
        story.put(story.leads, closed, NOON - timedelta(days=days))
    (row,) = await asked(empty, story, "breaches_open")
    return row["breaches"], row["history"]


async def test_r43_what_ran_out_before_its_lane_joined_live_time_stands_apart(empty: str) -> None:
    joined = NOON - timedelta(days=1)
    within, at_the_joining = NOON - timedelta(days=900), joined + 2 * MINUTE
    assert await of_a_lane(empty, within, within, Lane.BACKFILL) == (0, 1)
    assert await of_a_lane(empty, joined - MINUTE, at_the_joining, Lane.LIVE) == (0, 1)
    since = joined + 100 * MINUTE
    assert await of_a_lane(empty, since, since + MINUTE, Lane.LIVE) == (1, 0), "told in time, whatever lane joins later"


async def test_r43_a_lane_that_is_loaded_again_under_its_name_joins_again(empty: str) -> None:
    due = NOON - timedelta(days=3)
    once, again = [("lane", 9)], [("lane", 9), ("lane", 1)]
    assert await of_a_lane(empty, due, NOON, Lane.LIVE, once) == (1, 0)
    assert await of_a_lane(empty, due, NOON, Lane.LIVE, again) == (0, 1), "nobody could be told before the second"


async def test_r53_a_person_who_becomes_mql_twice_in_a_month_counts_once(empty: str) -> None:
    story = Story()
    for number, at in enumerate((NOON - timedelta(days=9), NOON - timedelta(days=2)), 1):
        story.mql(at, number)
    (row,) = await asked(empty, story, "mqls_now")
    assert (row["mqls"], row["returned"]) == (1, 0)


async def test_r53_a_target_from_the_middle_of_a_month_is_prorated(empty: str) -> None:
    story = Story(in_force=datetime(2026, 11, 12, 15, tzinfo=UTC))
    (row,) = await asked(empty, story, "mqls_now")
    assert row["target"] == pytest.approx(400 * float(prorate(calendar(), date(2026, 11, 12), date(2026, 12, 1))))
    assert (row["prorated_since"], row["per_month"]) == (date(2026, 11, 12), 400)
    days = await asked(empty, story, "mqls_pace")
    assert [days[0]["day"], days[-1]["day"]] == [date(2026, 11, 1), date(2026, 11, 30)]
    assert [days[10]["pace"], days[11]["pace"]] == [None, pytest.approx(400 / 19)]


async def test_r53_each_day_asks_for_the_share_of_the_version_that_reigns(empty: str) -> None:
    story = Story()
    second = control.InForce(control=2, agreement=agreement(2, 800), hash="h")
    story.put(story.leads, second, datetime(2026, 11, 12, 15, tzinfo=UTC))
    (row,) = await asked(empty, story, "mqls_now")
    first = float(prorate(calendar(), date(2026, 11, 1), date(2026, 11, 12)))
    assert row["target"] == pytest.approx(400 * first + 800 * (1 - first))


@pytest.mark.parametrize(("in_force", "opened"), [(1, [2]), (2, [1, 3])], ids=["once", "under a name used before it"])
async def test_r43_a_first_version_reigns_over_the_history_loaded_behind_it(
    in_force: int, opened: list[int], empty: str
) -> None:
    story = Story(in_force=NOON - MINUTE, number=in_force)
    for number in opened:
        story.put(story.leads, control.BackfillOpened(control=number, lane="lane"), NOON - MINUTE)
    captured = lead.Captured(source="csv", channel="direct")
    story.put(story.leads, captured, datetime(2026, 10, 1, tzinfo=UTC), Lane.BACKFILL)
    (row,) = await asked(empty, story, "mqls_now")
    assert (row["target"], row["prorated_since"]) == (pytest.approx(400), None)


async def test_r19_a_deal_without_an_mql_before_it_stands_apart(empty: str) -> None:
    story = Story()
    story.put(story.leads, lead.Captured(source="s", channel="direct"), NOON - timedelta(days=3))
    won = lead.Dealt(source="crm", opportunity="o", status=lead.DealStatus.WON)
    story.put(story.leads, won, NOON - timedelta(days=1))
    rows = await asked(empty, story, "funnel")
    assert [row["reached"] for row in rows] == [1, 0, 0, 0, 0]
    assert (rows[0]["sales_sourced"], rows[0]["sales_sourced_won"]) == (1, 1)


async def test_r12_a_test_lead_is_in_no_funnel(empty: str) -> None:
    story = Story()
    story.put(story.leads, lead.Captured(source="s", channel="direct", test=True), NOON - timedelta(days=3))
    rows = await asked(empty, story, "funnel")
    assert [row["reached"] for row in rows] == [0] * 5


async def test_r44_the_wall_follows_the_first_agreement_by_priority(empty: str) -> None:
    story = Story()
    other = msgspec.structs.replace(agreement(), id="enterprise", name="Enterprise", priority=0, target_per_month=10)
    story.put(story.leads, control.InForce(control=2, agreement=other, hash="h"), NOON - timedelta(days=40))
    (row,) = await asked(empty, story, "here")
    assert (row["agreement"], row["in_force"]) == ("enterprise", 2)


@pytest.mark.parametrize(
    ("withdrawn", "asks"),
    [(datetime(2026, 11, 12, 15, tzinfo=UTC), True), (NOON - timedelta(days=59, hours=23), False)],
    ids=["this month", "before it asked for a day"],
)
async def test_r53_a_withdrawn_agreement_keeps_its_month_on_the_wall(
    withdrawn: datetime, *, asks: bool, empty: str
) -> None:
    story = Story()
    story.mql(NOON - timedelta(days=9))
    story.put(story.leads, control.Retired(control=2, agreement="demand", version=1), withdrawn)
    (here,) = await asked(empty, story, "here")
    assert (here["agreement"], here["zone"], here["in_force"]) == ("demand", "America/New_York", 0)
    (row,) = await asked(empty, story, "mqls_now")
    share = float(prorate(calendar(), date(2026, 11, 1), date(2026, 11, 12)))
    assert (row["mqls"], row["target"]) == (1, pytest.approx(400 * share) if asks else None)


async def test_r44_an_agreement_in_force_leads_before_one_that_was_withdrawn(empty: str) -> None:
    story = Story()
    other = msgspec.structs.replace(agreement(), id="enterprise", name="Enterprise", priority=0)
    story.put(story.leads, control.InForce(control=2, agreement=other, hash="h"), NOON - timedelta(days=40))
    story.put(story.leads, control.Retired(control=3, agreement="enterprise", version=1), NOON - timedelta(days=1))
    (row,) = await asked(empty, story, "here")
    assert (row["agreement"], row["in_force"]) == ("demand", 1)
