"""When a lead becomes MQL: once, under the agreement that governs it, with an explanation."""

from datetime import timedelta

import pytest

from leadpact.contracts.agreement import AttributeCriterion, Condition, Group, Mode, SignalCriterion, Unknown
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, Retired
from leadpact.contracts.events.lead import Behaved, DealStatus, Dealt
from leadpact.contracts.events.qualification import EngagementOpened, Qualified
from tests.unit.qualifier.world import (
    DAY,
    DEMO,
    DIRECTOR,
    HOUR,
    MINUTE,
    PRICING_TWICE,
    T,
    World,
    agreement,
    all_of,
)

CUSTOMER = Condition("deal_status", ("won",))


def test_r14_the_sample_definition_needs_every_part() -> None:
    world = World(
        agreement(all_of(DIRECTOR, AttributeCriterion("size", "employees", at_least=50), DEMO, PRICING_TWICE))
    )
    world.tale.given(
        world.captured(form="demo", seniority="vp", employees=64),
        world.behaved(HOUR, "page", "/pricing"),
    )
    assert world.tale.all(Qualified) == []
    world.tale.when(world.behaved(2 * HOUR, "page", "/pricing"))
    assert len(world.tale.then(Qualified)) == 1


def test_r05_a_signal_as_old_as_the_window_no_longer_counts() -> None:
    for late, mqls in ((timedelta(0), 0), (timedelta(seconds=1), 1)):
        world = World(agreement(all_of(PRICING_TWICE)))
        world.tale.given(
            world.captured(),
            world.behaved(HOUR, "page", "/pricing"),
            world.behaved(HOUR + 7 * DAY - late, "page", "/pricing"),
        )
        assert len(world.tale.all(Qualified)) == mqls


@pytest.mark.parametrize(("policy", "mqls"), [(Unknown.FAILS, 0), (Unknown.PASSES, 1), (Unknown.HOLDS, 0)], ids=str)
def test_r15_missing_is_not_false(policy: Unknown, mqls: int) -> None:
    world = World(agreement(all_of(DEMO, AttributeCriterion("country", "country", one_of=("US",), unknown=policy))))
    world.tale.given(world.captured(form="demo"))
    assert len(world.tale.all(Qualified)) == mqls


def test_r15_the_explanation_lists_what_was_unknown() -> None:
    world = World(agreement(all_of(DEMO, AttributeCriterion("land", "country", unknown=Unknown.PASSES))))
    world.tale.given(world.captured(form="demo"))
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.unknown == ("land",)


def test_r16_a_late_fact_is_judged_from_its_own_instant_on() -> None:
    """The two visits were 8 days before the latest fact: true then, false by now, an MQL all the same."""
    world = World(agreement(all_of(PRICING_TWICE)))
    world.tale.given(
        world.captured(),
        world.behaved(HOUR, "page", "/pricing"),
        world.behaved(9 * DAY, "page", "/blog"),
    ).when(world.behaved(2 * HOUR, "page", "/pricing", received=9 * DAY + HOUR))
    (qualified,) = world.tale.then(Qualified)
    assert qualified.explanation.as_of == T + 2 * HOUR
    assert qualified.recognised_at == T + 9 * DAY + HOUR
    assert [fact.envelope.occurred_at for fact in world.tale.out if isinstance(fact.event, Qualified)] == [T + 2 * HOUR]


def test_r16_nothing_is_judged_before_the_capture() -> None:
    world = World(agreement(all_of(PRICING_TWICE)))
    world.tale.given(
        world.behaved(HOUR, "page", "/pricing"),
        world.behaved(2 * HOUR, "page", "/pricing"),
    )
    assert world.tale.all(Qualified) == []
    world.tale.given(world.captured(3 * HOUR))
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T + 3 * HOUR  # earlier facts count in windows only


def test_r16_nothing_is_judged_before_the_version_was_in_force() -> None:
    world = World()
    world.tale.given(
        world.captured(form="demo"),
        world.in_force(agreement(), DAY),
        world.behaved(2 * DAY, "page", "/blog"),
    )
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T + DAY


def test_r17_time_alone_can_open_an_engagement() -> None:
    """No unsubscribe within 30 days: true 30 days after the last one, by a timer and to the microsecond."""
    quiet = Group("quiet", Mode.NONE, (SignalCriterion("left", "email", ("unsubscribe",), window_seconds=30 * 86_400),))
    world = World(agreement(all_of(DEMO, quiet)))
    world.tale.given(world.behaved(-HOUR, "email", "unsubscribe"), world.captured(form="demo"))
    due = T - HOUR + 30 * DAY
    assert world.tale.next_due() == due
    world.tale.until(due - MINUTE)
    assert world.tale.then(Qualified) == []
    world.tale.until(due)
    (qualified,) = world.tale.then(Qualified)
    assert qualified.explanation.as_of == qualified.recognised_at == due
    assert world.tale.next_due() is None


def test_r17_a_timer_of_an_agreement_since_retired_opens_nothing_and_rings_once() -> None:
    quiet = Group("quiet", Mode.NONE, (SignalCriterion("left", "email", ("unsubscribe",), window_seconds=86_400),))
    world = World(agreement(all_of(DEMO, quiet)))
    world.tale.given(
        world.behaved(-HOUR, "email", "unsubscribe"),
        world.captured(form="demo"),
        world.facts(Retired(control=2, agreement="pact", version=1), at=T + HOUR),
    )
    world.tale.until(T + 30 * DAY)
    assert world.tale.all(Qualified) == []
    assert world.tale.next_due() is None


def test_r18_a_lead_is_mql_once_per_engagement() -> None:
    world = World(agreement())
    world.tale.given(world.captured(form="demo"), world.behaved(HOUR), world.behaved(2 * HOUR))
    assert len(world.tale.all(Qualified)) == len(world.tale.all(EngagementOpened)) == 1


def test_r12_test_leads_never_qualify() -> None:
    world = World(agreement())
    world.tale.given(world.captured(form="demo", test=True), world.behaved(HOUR))
    assert world.tale.all(Qualified) == []


def test_r12_suppressed_leads_never_qualify() -> None:
    world = World(agreement(suppressed=[CUSTOMER]))
    won = Dealt(source="crm", opportunity="o-1", status=DealStatus.WON)
    world.tale.given(world.facts(won, at=T - HOUR), world.captured(form="demo"))
    assert world.tale.all(Qualified) == []


def test_r12_a_late_fact_makes_no_mql_of_somebody_suppressed_by_now() -> None:
    world = World(agreement(suppressed=[CUSTOMER]))
    won = Dealt(source="crm", opportunity="o-1", status=DealStatus.WON)
    world.tale.given(world.captured(), world.facts(won, at=T + 2 * HOUR), world.behaved(HOUR, received=3 * HOUR))
    assert world.tale.all(Qualified) == []


def test_r20_the_explanation_names_criteria_values_and_facts() -> None:
    world = World(agreement(all_of(DIRECTOR, DEMO)))
    captured, demo = world.captured(seniority="vp"), world.behaved(HOUR)
    world.tale.given(captured, demo)
    (qualified,) = world.tale.all(Qualified)
    seniority, form = qualified.explanation.criteria
    assert (seniority.says, seniority.result, seniority.seen) == (
        "seniority is one of director, vp, c_level",
        "true",
        "vp",
    )
    assert seniority.facts == (captured.envelope.id,)
    assert (form.says, form.seen, form.facts) == ("form demo at least once", "1", (demo.envelope.id,))
    assert (qualified.explanation.agreement, qualified.explanation.version) == ("pact", 1)


def test_r44_the_first_by_priority_whose_scope_is_met_governs() -> None:
    world = World(
        agreement(all_of(DIRECTOR), id_="us", priority=1, scope=[Condition("country", ("US",))]),
        agreement(id_="rest", priority=2),
    )
    world.tale.given(world.captured(form="demo", country="US"))
    assert (
        world.tale.all(Qualified) == []
    )  # governed by `us`, which asks for a director, though `rest` would be content
    world.tale.given(world.captured(lead="lead-2", form="demo", country="DE"))
    (qualified,) = world.tale.all(Qualified)
    assert qualified.agreement == "rest"


def test_r44_one_engagement_per_product_line() -> None:
    world = World(agreement(id_="a", product_line="crm"), agreement(id_="b", product_line="erp"))
    world.tale.given(world.captured(form="demo"), world.behaved(HOUR))
    opened = world.tale.all(EngagementOpened)
    assert [(each.product_line, each.number) for each in opened] == [("crm", 1), ("erp", 2)]
    assert len({each.engagement for each in opened}) == 2


def test_r51_the_version_in_force_at_the_position_judges() -> None:
    world = World(agreement(all_of(DIRECTOR)))
    world.tale.given(
        world.captured(form="demo"), world.in_force(agreement(version=2), HOUR, 2), world.behaved(2 * HOUR, "page", "/")
    )
    (qualified,) = world.tale.all(Qualified)
    assert qualified.agreement_version == 2


def test_r51_history_behind_the_activation_is_judged_though_it_is_older() -> None:
    world = World()
    world.tale.given(
        world.in_force(agreement(all_of(PRICING_TWICE)), timedelta(0)),
        world.facts(BackfillOpened(control=2, lane="l"), at=T),
        world.captured(-90 * DAY, lane=Lane.BACKFILL),
        world.behaved(-89 * DAY, "page", "/pricing", lane=Lane.BACKFILL),
        world.behaved(-88 * DAY, "page", "/pricing", lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=3, lane="l", facts=3), at=T + HOUR),
    )
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T - 88 * DAY


def test_r51_history_before_the_activation_is_not_judged_by_it() -> None:
    world = World()
    world.tale.given(
        world.facts(BackfillOpened(control=1, lane="l"), at=T),
        world.captured(-90 * DAY, form="demo", lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=2, lane="l", facts=1), at=T),
        world.in_force(agreement(all_of(PRICING_TWICE)), HOUR),
        world.behaved(-HOUR, "page", "/pricing", received=2 * HOUR),
        world.behaved(-HOUR + MINUTE, "page", "/pricing", received=2 * HOUR),
    )
    world.tale.until(T + 3 * HOUR)
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T + HOUR


def test_r43_late_evidence_for_a_live_lead_is_bounded_by_the_activation() -> None:
    world = World(agreement(all_of(PRICING_TWICE)))
    world.tale.given(
        world.captured(-DAY / 2),
        world.behaved(-3 * DAY, "page", "/pricing", received=timedelta(0), lane=Lane.BACKFILL),
        world.behaved(-2 * DAY, "page", "/pricing", received=timedelta(0), lane=Lane.BACKFILL),
    )
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T - DAY / 2


def test_mere_behaviour_ends_here_and_everything_else_goes_on() -> None:
    world = World(agreement(all_of(PRICING_TWICE)))
    world.tale.given(world.captured(), world.behaved(HOUR), world.profiled(2 * HOUR, seniority="vp"))
    assert [fact.envelope.type for fact in world.tale.out] == ["lead.captured", "lead.profiled"]
    assert not any(isinstance(fact.event, Behaved) for fact in world.tale.out)


def test_the_channel_is_the_captures_unless_only_a_visit_tells() -> None:
    for captured, visit, channel in (
        ("organic", "paid_search", "organic"),
        ("other", "paid_search", "paid_search"),
        ("other", None, "other"),
    ):
        world = World(agreement())
        world.tale.given(world.captured(channel=captured), world.behaved(HOUR, channel=visit))
        (qualified,) = world.tale.all(Qualified)
        assert (qualified.channel, qualified.source) == (channel, "site")
