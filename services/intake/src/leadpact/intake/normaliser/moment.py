"""When something is recorded: live time, or the time of a backfill's lane (rules 1 and 43)."""

from dataclasses import dataclass
from datetime import datetime

from leadpact.contracts.envelope import Lane
from leadpact.intake.domain import times
from leadpact.intake.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Moment:
    """`recorded_at` and `mark` of what is emitted now."""

    recorded_at: datetime
    mark: datetime
    lane: Lane


@dataclass(frozen=True, slots=True)
class When:
    """The times of one fact; `claimed_at` only if the sender claimed another."""

    occurred_at: datetime
    received_at: datetime
    claimed_at: datetime | None


def when(entry: Entry, moment: Moment) -> When:
    """The times of an entry: history counts as received when it occurred."""
    occurred_at, claimed_at = times.settle(entry.claim, entry.received_at)
    received_at = occurred_at if moment.lane is Lane.BACKFILL else entry.received_at
    return When(occurred_at, received_at, claimed_at)


def of_lane(entry: Entry) -> Moment:
    """The moment of a released entry: everything is when it occurred."""
    occurred_at, _ = times.settle(entry.claim, entry.received_at)
    return Moment(occurred_at, occurred_at, Lane.BACKFILL)
