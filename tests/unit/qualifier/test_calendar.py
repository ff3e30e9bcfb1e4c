"""A version judges nothing outside its calendar: not the history before it, nothing new behind its end (rule 3)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leadpact.calendar import resolve
from leadpact.contracts.agreement import Group, Mode, SignalCriterion
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.qualification import Qualified
from tests.unit.qualifier.world import DAY, DEMO, DIRECTOR, HOUR, MINUTE, OFFICE, T, World, agreement, all_of

MAY = resolve("America/New_York", OFFICE, first=date(2026, 5, 1), last=date(2026, 5, 31))


def test_r03_history_older_than_the_calendar_is_not_judged() -> None:
    world = World(agreement(calendar=MAY))
    world.tale.given(
        world.facts(BackfillOpened(control=2, lane="l"), at=T),
        *(world.captured(-n * 365 * DAY, lead=f"old-{n}", form="demo", lane=Lane.BACKFILL) for n in range(7, 0, -1)),
        world.facts(BackfillClosed(control=3, lane="l", facts=7), at=T),
    )
    world.tale.until(T + 300 * DAY)
    assert world.tale.all(Qualified) == []


@pytest.mark.parametrize(
    ("since", "mqls"), [(-timedelta.resolution, 0), (timedelta(0), 1)], ids=["before its midnight", "from it on"]
)
def test_r03_a_version_judges_history_from_the_local_midnight_its_calendar_begins_at(
    since: timedelta, mqls: int
) -> None:
    world = World(agreement(calendar=MAY))
    begins = datetime(2026, 5, 1, 4, tzinfo=UTC) - T
    world.tale.given(
        world.facts(BackfillOpened(control=2, lane="l"), at=T),
        world.captured(begins + since, form="demo", lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=3, lane="l", facts=1), at=T),
    )
    assert len(world.tale.all(Qualified)) == mqls


def test_r03_what_was_before_the_calendar_counts_when_the_lead_does_something_within_it() -> None:
    world = World(agreement(all_of(DEMO, DIRECTOR), calendar=MAY))
    world.tale.given(
        world.facts(BackfillOpened(control=2, lane="l"), at=T),
        world.captured(-30 * DAY, form="demo", seniority="vp", lane=Lane.BACKFILL),
        world.behaved(-DAY, "page", "/blog", lane=Lane.BACKFILL),
        world.facts(BackfillClosed(control=3, lane="l", facts=2), at=T),
    )
    (qualified,) = world.tale.all(Qualified)
    assert qualified.explanation.as_of == T - DAY


def test_r03_a_version_whose_calendar_has_ended_opens_no_engagement_and_the_next_in_line_governs() -> None:
    world = World(agreement(calendar=MAY), agreement(id_="rest", priority=2))
    ends = datetime(2026, 6, 1, 4, tzinfo=UTC) - T
    world.tale.given(
        world.captured(ends - MINUTE, lead="lead-1", form="demo"), world.captured(ends, lead="lead-2", form="demo")
    )
    assert [qualified.agreement for qualified in world.tale.all(Qualified)] == ["pact", "rest"]


def test_r17_time_alone_opens_nothing_behind_the_end_of_the_calendar() -> None:
    quiet = Group("quiet", Mode.NONE, (SignalCriterion("left", "email", ("unsubscribe",), window_seconds=30 * 86_400),))
    world = World(agreement(all_of(DEMO, quiet), calendar=MAY))
    world.tale.given(world.behaved(-HOUR, "email", "unsubscribe"), world.captured(form="demo"))
    assert world.tale.next_due() is None
