"""How an engagement ends and whether a lead may come back; what makes no sense is refused with a reason."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from leadpact.contracts.events.lead import DealStatus, Dealt, Disposed, Verdict
from leadpact.contracts.events.qualification import (
    Accepted,
    CommandRefused,
    EngagementClosed,
    EngagementOpened,
    Qualified,
)
from leadpact.kit.decider import Fact
from leadpact.testkit.facts import HUMAN, SYSTEM
from tests.unit.qualifier.world import DAY, DEMO, HOUR, PRICING_TWICE, T, World, agreement, all_of


def mql(cool_down: timedelta = timedelta(0)) -> World:
    """A lead that became MQL at `T`."""
    world = World(agreement(cool_down=cool_down))
    world.tale.given(world.captured(form="demo"))
    return world


def dealt(world: World, at: timedelta, status: DealStatus, product_line: str | None = None) -> None:
    event = Dealt(source="crm", opportunity="o-1", status=status, product_line=product_line)
    world.tale.when(world.facts(event, at=T + at))


def test_r52_sales_claims_an_mql_as_sql() -> None:
    world = mql()
    world.tale.when(world.disposed(HOUR, Verdict.ACCEPTED))
    (accepted,) = world.tale.then(Accepted)
    assert accepted.engagement == world.tale.all(EngagementOpened)[0].engagement
    assert world.tale.all(EngagementClosed) == []


def test_r35_a_rejection_with_its_reason_and_data_closes_the_engagement() -> None:
    world = mql()
    world.tale.when(world.disposed(HOUR, Verdict.REJECTED, "not_a_fit", note="a student"))
    (closed,) = world.tale.then(EngagementClosed)
    assert (closed.outcome, closed.reason) == ("rejected", "not_a_fit")


@pytest.mark.parametrize(
    ("verdict", "reason", "data", "refusal"),
    [
        (Verdict.REJECTED, None, {}, "reason_missing"),
        (Verdict.REJECTED, "bad_mood", {}, "unknown_reason"),
        (Verdict.RECYCLED, "bad_mood", {}, "unknown_reason"),
        (Verdict.REJECTED, "not_a_fit", {}, "data_missing"),
        (Verdict.REJECTED, "not_a_fit", {"note": "  "}, "data_missing"),
    ],
)
def test_r35_a_rejection_without_them_is_refused(
    verdict: Verdict, reason: str | None, data: dict[str, str], refusal: str
) -> None:
    world = mql()
    command = world.disposed(HOUR, verdict, reason, **data)
    world.tale.when(command)
    (refused,) = world.tale.then(CommandRefused)
    assert (refused.reason, refused.command) == (refusal, command.envelope.id)
    assert world.tale.all(EngagementClosed) == []


def test_r50_a_verdict_on_a_lead_without_an_open_engagement_is_refused_and_still_in_the_story() -> None:
    world = World(agreement())
    world.tale.given(world.captured())
    world.tale.when(world.disposed(HOUR, Verdict.ACCEPTED))
    assert [each.reason for each in world.tale.then(CommandRefused)] == ["no_open_engagement"]
    assert len(world.tale.then(Disposed)) == 1


def test_r50_a_second_acceptance_and_a_second_rejection_are_refused() -> None:
    world = mql()
    world.tale.given(world.disposed(HOUR, Verdict.ACCEPTED), world.disposed(2 * HOUR, Verdict.ACCEPTED))
    world.tale.given(world.disposed(3 * HOUR, Verdict.RECYCLED), world.disposed(4 * HOUR, Verdict.RECYCLED))
    assert [each.reason for each in world.tale.all(CommandRefused)] == ["already_accepted", "no_open_engagement"]


def test_r44_with_two_product_lines_a_verdict_must_say_which_engagement() -> None:
    world = World(agreement(id_="a", product_line="crm"), agreement(id_="b", product_line="erp"))
    world.tale.given(world.captured(form="demo"))
    crm, erp = world.tale.all(EngagementOpened)
    world.tale.when(world.disposed(HOUR, Verdict.ACCEPTED))
    assert [each.reason for each in world.tale.then(CommandRefused)] == ["ambiguous_engagement"]
    world.tale.when(world.disposed(HOUR, Verdict.ACCEPTED, engagement=erp.engagement))
    assert [each.engagement for each in world.tale.then(Accepted)] == [erp.engagement]
    dealt(world, 2 * HOUR, DealStatus.WON, "crm")
    assert [each.engagement for each in world.tale.then(EngagementClosed)] == [crm.engagement]


@pytest.mark.parametrize(
    ("status", "outcome"), [(DealStatus.WON, ["won"]), (DealStatus.LOST, ["lost"]), (DealStatus.OPEN, [])]
)
def test_a_deal_won_or_lost_closes_the_engagement(status: DealStatus, outcome: list[str]) -> None:
    world = mql()
    dealt(world, HOUR, status)
    assert [each.outcome for each in world.tale.then(EngagementClosed)] == outcome


def test_r19_a_deal_without_an_mql_closes_nothing_and_goes_on() -> None:
    world = World(agreement(all_of(PRICING_TWICE)))
    world.tale.given(world.captured())
    dealt(world, HOUR, DealStatus.WON)
    assert world.tale.then(EngagementClosed) == []
    assert len(world.tale.then(Dealt)) == 1


def test_r19_history_before_the_recycling_does_not_requalify() -> None:
    world = mql()
    world.tale.given(world.disposed(HOUR, Verdict.RECYCLED), world.profiled(2 * HOUR, seniority="vp"))
    world.tale.until(T + 100 * DAY)
    assert len(world.tale.all(Qualified)) == 1


def test_r19_new_behaviour_after_the_recycling_does() -> None:
    world = mql()
    world.tale.given(world.disposed(HOUR, Verdict.RECYCLED))
    world.tale.when(world.behaved(2 * HOUR, "page", "/pricing"))
    (opened,) = world.tale.then(EngagementOpened)
    assert opened.number == 2
    assert opened.engagement != world.tale.all(EngagementOpened)[0].engagement


@pytest.mark.parametrize("status", [DealStatus.WON, DealStatus.LOST])
def test_r19_r43_a_deal_from_before_the_opening_never_ends_the_run(status: DealStatus) -> None:
    world = mql()
    event = Dealt(source="crm", opportunity="o-old", status=status)
    world.tale.when(world.facts(event, at=T - 200 * DAY, received=T + HOUR))
    assert world.tale.then(EngagementClosed) == []
    dealt(world, 2 * HOUR, status)
    assert [each.outcome for each in world.tale.then(EngagementClosed)] == [status.value]


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("named", [False, True])
def test_r19_r43_a_verdict_from_before_the_opening_is_refused(verdict: Verdict, named: bool) -> None:  # noqa: FBT001 - a parameter of the test
    world = mql()
    (opened,) = world.tale.all(EngagementOpened)
    event = Disposed(verdict=verdict, reason="too_early", engagement=opened.engagement if named else None)
    late = world.facts(event, at=T - 200 * DAY, received=T + HOUR, actor=HUMAN)
    world.tale.when(late)
    assert [(each.reason, each.command, each.cadence) for each in world.tale.then(CommandRefused)] == [
        ("before_opening", late.envelope.id, None)
    ]
    assert (world.tale.then(EngagementClosed), world.tale.then(Accepted)) == ([], [])


def test_r19_what_occurs_at_the_instant_of_the_opening_may_end_the_run() -> None:
    world = mql()
    dealt(world, timedelta(0), DealStatus.LOST)
    assert len(world.tale.then(EngagementClosed)) == 1


def test_r44_a_verdict_means_the_one_engagement_that_was_open_then() -> None:
    world = World(agreement(id_="a", product_line="crm"), agreement(all_of(PRICING_TWICE), id_="b", product_line="erp"))
    world.tale.given(world.captured(form="demo"))
    world.tale.given(world.behaved(2 * HOUR, "page", "/pricing"), world.behaved(3 * HOUR, "page", "/pricing"))
    crm, _ = world.tale.all(EngagementOpened)
    event = Disposed(verdict=Verdict.RECYCLED)
    world.tale.when(world.facts(event, at=T + HOUR, received=T + 4 * HOUR, actor=HUMAN))
    assert [each.engagement for each in world.tale.then(EngagementClosed)] == [crm.engagement]


def test_r19_during_the_cool_down_nothing_qualifies_and_at_its_end_the_timer_does() -> None:
    world = mql(cool_down=30 * DAY)
    world.tale.given(world.disposed(HOUR, Verdict.RECYCLED), world.behaved(DAY))
    world.tale.until(T + 30 * DAY)
    assert world.tale.then(Qualified) == []
    world.tale.until(T + HOUR + 30 * DAY)
    (qualified,) = world.tale.then(Qualified)
    assert qualified.explanation.as_of == T + HOUR + 30 * DAY


def test_r19_behaviour_seen_before_a_verdict_that_lies_in_the_past_counts_as_new() -> None:
    world = mql()
    world.tale.given(world.behaved(2 * HOUR))
    late = Disposed(verdict=Verdict.RECYCLED)
    world.tale.when(world.facts(late, at=T + HOUR, received=T + 3 * HOUR)).until(T + 3 * HOUR)
    assert [each.number for each in world.tale.then(EngagementOpened)] == [2]


@pytest.mark.parametrize(("reason", "mqls"), [("not_a_fit", 1), ("too_early", 2)])
def test_r19_a_rejected_lead_returns_only_by_its_reason(reason: str, mqls: int) -> None:
    world = mql()
    world.tale.given(world.disposed(HOUR, Verdict.REJECTED, reason, note="said so"), world.behaved(2 * HOUR))
    assert len(world.tale.all(Qualified)) == mqls


@pytest.mark.parametrize(
    ("status", "lost_may_return", "mqls"),
    [(DealStatus.LOST, False, 1), (DealStatus.LOST, True, 2), (DealStatus.WON, True, 1)],
)
def test_r19_a_lost_lead_returns_only_if_agreed_and_a_won_one_never(
    status: DealStatus,
    lost_may_return: bool,  # noqa: FBT001 - a parameter of the test
    mqls: int,
) -> None:
    world = World(agreement(all_of(DEMO), lost_may_return=lost_may_return))
    world.tale.given(world.captured(form="demo"))
    dealt(world, HOUR, status)
    world.tale.given(world.behaved(2 * HOUR))
    assert len(world.tale.all(Qualified)) == mqls


def test_r44_the_engagement_keeps_the_version_it_was_opened_under() -> None:
    """Version 2 knows no reasons at all; the rejection is judged by version 1."""
    world = mql()
    world.tale.given(world.in_force(replace(agreement(version=2), reasons=()), HOUR, 2))
    world.tale.when(world.disposed(2 * HOUR, Verdict.REJECTED, "too_early"))
    assert len(world.tale.then(EngagementClosed)) == 1


def test_r27_an_exhausted_cadence_closes_as_recycled_though_its_reason_is_none_of_the_agreements() -> None:
    world = mql()
    world.tale.when(exhausted(world, DAY))
    (closed,) = world.tale.then(EngagementClosed)
    assert (closed.outcome, closed.reason) == ("recycled", "exhausted")


def test_r27_what_sales_accepted_before_the_exhausted_cadence_was_told_stays_open() -> None:
    world = mql()
    world.tale.given(world.disposed(HOUR, Verdict.ACCEPTED)).when(exhausted(world, DAY))
    (refused,) = world.tale.then(CommandRefused)
    assert (refused.reason, refused.cadence) == ("already_accepted", "clock-1")
    assert world.tale.all(EngagementClosed) == []


@pytest.mark.parametrize("opened", [-DAY, HOUR])
def test_r27_an_exhausted_cadence_does_not_close_what_is_an_open_opportunity(opened: timedelta) -> None:
    world = mql()
    dealt(world, opened, DealStatus.OPEN)
    world.tale.when(exhausted(world, DAY))
    (refused,) = world.tale.then(CommandRefused)
    assert (refused.reason, refused.cadence) == ("open_opportunity", "clock-1")
    assert world.tale.all(EngagementClosed) == []


def test_r19_an_opportunity_lost_before_the_engagement_holds_nothing_back() -> None:
    world = mql()
    dealt(world, -2 * DAY, DealStatus.OPEN)
    dealt(world, -DAY, DealStatus.LOST)
    world.tale.when(exhausted(world, DAY))
    assert [each.outcome for each in world.tale.then(EngagementClosed)] == ["recycled"]


def test_r27_a_person_may_recycle_a_lead_with_an_open_opportunity() -> None:
    world = mql()
    dealt(world, HOUR, DealStatus.OPEN)
    world.tale.when(world.disposed(DAY, Verdict.RECYCLED))
    assert [each.outcome for each in world.tale.then(EngagementClosed)] == ["recycled"]


def test_r27_a_closing_asked_for_after_another_end_is_refused() -> None:
    world = mql()
    first = world.tale.all(EngagementOpened)[0].engagement
    world.tale.given(world.disposed(HOUR, Verdict.REJECTED, "too_early"), world.behaved(2 * HOUR))
    assert len(world.tale.all(EngagementOpened)) == 2
    world.tale.when(exhausted(world, DAY, first))
    (refused,) = world.tale.then(CommandRefused)
    assert refused.reason == "no_open_engagement", "the next one is another cadence's"


def test_r19_who_was_recycled_as_exhausted_qualifies_again_only_by_new_behaviour() -> None:
    world = mql(cool_down=DAY)
    world.tale.given(exhausted(world, DAY)).until(T + 10 * DAY)
    assert len(world.tale.all(EngagementOpened)) == 1
    world.tale.when(world.behaved(11 * DAY))
    assert len(world.tale.then(EngagementOpened)) == 1


def exhausted(world: World, at: timedelta, engagement: str | None = None) -> Fact:
    """What the normaliser makes of a closing that was asked for."""
    meant = engagement or world.tale.all(EngagementOpened)[-1].engagement
    event = Disposed(verdict=Verdict.RECYCLED, reason="exhausted", engagement=meant, cadence="clock-1")
    return world.facts(event, at=T + at, actor=SYSTEM)
