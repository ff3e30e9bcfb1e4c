"""Rows that control records make: agreements with their terms and calendars, reps, backfill lanes."""

from datetime import date, datetime
from typing import NamedTuple


class Agreement(NamedTuple):
    """A version of an agreement that came into force."""

    agreement: str
    version: int
    control: int
    name: str
    hash: str
    zone: str
    priority: int
    target_per_month: int
    in_force_at: datetime
    cadence_calls: int
    cadence_emails: int
    cadence_socials: int


class Retirement(NamedTuple):
    """A version governs no new engagement from then on."""

    agreement: str
    version: int
    retired_at: datetime


class Pledge(NamedTuple):
    """Marketing's promise of a channel's share, in percent."""

    agreement: str
    version: int
    channel: str
    at_least_percent: int


class Reason(NamedTuple):
    """A valid reason to reject, in the agreement's words."""

    agreement: str
    version: int
    reason: str
    says: str


class Day(NamedTuple):
    """A local date of the agreement's calendar as a span `[begins, ends)`; `is_open` makes it a business day."""

    agreement: str
    version: int
    day: date
    begins: datetime
    ends: datetime
    is_open: bool


class Opening(NamedTuple):
    """An open stretch `[opens, closes)`; `before_seconds` of business time passed from the calendar's start to it."""

    agreement: str
    version: int
    opens: datetime
    closes: datetime
    before_seconds: int


class Rep(NamedTuple):
    """A name for an owner's id."""

    rep: str
    name: str
    team: str
    control: int


class Backfill(NamedTuple):
    """A lane of history that was opened, behind control records with lower numbers."""

    lane: str
    control: int


class BackfillEnd(NamedTuple):
    """A lane joined live time; promises due by then ran out before anybody could be told.

    A name may be used again: each joining has its control record's number.
    """

    lane: str
    control: int
    joined_at: datetime
