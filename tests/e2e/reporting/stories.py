"""Small histories that show the wall's edges: an agreement's first day, and nothing but an old year."""

from datetime import UTC, datetime, timedelta

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events import control, lead, qualification, sla
from leadpact.kit.decider import Fact
from leadpact.testkit.facts import Facts
from leadpact.testkit.history import History, agreement

OLD = datetime(2018, 11, 14, 15, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def beginning(now: datetime) -> History:
    """An agreement of this morning and its first MQL."""
    make, at = Facts(), now - _HOUR
    return History(
        [make(control.InForce(control=1, agreement=agreement(), hash="h"), at=at), _captured(make, at)],
        _engaged(make, at),
        [],
    )


def loaded(now: datetime) -> History:
    """A backfill of one lead whom nobody answered, eight years ago."""
    make, today = Facts(), now - _HOUR
    backfill = Lane.BACKFILL
    clock = sla.ClockStarted(
        clock="c",
        engagement="e",
        kind=sla.ClockKind.FIRST_RESPONSE,
        owner="ann",
        team="sales",
        started_at=OLD,
        due=OLD + _HOUR,
        budget_seconds=3600,
        unit="business",
        agreement="demand",
        agreement_version=1,
    )
    missed = sla.ClockJudged(
        clock="c",
        engagement="e",
        kind=clock.kind,
        owner="ann",
        team="sales",
        verdict=sla.Standing.MISSED,
        previous=sla.Standing.PENDING,
        due=clock.due,
        answered_at=None,
        elapsed_seconds=None,
        evidence=(),
        agreement="demand",
        agreement_version=1,
        says="Nobody reached out.",
    )
    return History(
        [
            make(control.InForce(control=1, agreement=agreement(), hash="h"), at=today),
            make(control.BackfillOpened(control=2, lane="l"), at=today),
            _captured(make, OLD, backfill),
            make(control.BackfillClosed(control=3, lane="l", facts=1), at=today),
        ],
        _engaged(make, OLD, backfill),
        [make(clock, at=OLD, lane=backfill), make(missed, at=clock.due, lane=backfill)],
    )


def _captured(make: Facts, at: datetime, lane: Lane = Lane.LIVE) -> Fact:
    return make(lead.Captured(source="website", channel="direct"), at=at, lane=lane)


def _engaged(make: Facts, at: datetime, lane: Lane = Lane.LIVE) -> list[Fact]:
    opened = qualification.EngagementOpened(
        engagement="e", agreement="demand", agreement_version=1, product_line=None, number=1
    )
    qualified = qualification.Qualified(
        engagement="e",
        agreement="demand",
        agreement_version=1,
        product_line=None,
        recognised_at=at,
        channel="direct",
        source="website",
        explanation=qualification.Explanation("demand", 1, at, ()),
    )
    return [make(opened, at=at, lane=lane), make(qualified, at=at, lane=lane)]
