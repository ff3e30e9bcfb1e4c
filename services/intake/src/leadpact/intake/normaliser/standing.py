"""Time that stood still here: what was to come in meanwhile may have been refused at the door (rule 30)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=10)
"""Time may stand so long, in the world, before it is told; and again so long before it is told again."""


@dataclass(frozen=True, slots=True)
class Stood:
    """From the instant that time had come to, to that at which it goes on, both of business time."""

    from_at: datetime
    to_at: datetime


def stood(since: timedelta, mark: datetime, now: datetime) -> Stood | None:
    """What is to be told of time that has stood `since` at `mark`; how far business time went meanwhile says nothing:
    it may have been stepped or scaled."""
    return Stood(mark, now) if since > LONGEST and mark < now else None
