"""Control records: written to every partition of `leads`, so that facts behind them are read in their light.

`control` numbers them upwards; shared tables fed by them only move upwards in it. The envelope's `lead` is empty.
"""

from datetime import date

import msgspec

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.envelope import Instant
from leadpact.contracts.registry import Event, event


class Rep(msgspec.Struct, frozen=True):
    """A member of a sales team; `weight` is their share in the round robin, `capacity` their open leads at most, `mail`
    the business address that warnings go to."""

    id: str
    name: str
    weight: int = 1
    capacity: int = 1_000
    mail: str | None = None


class Numbered(Event):
    """A control record: the number it has in every partition."""

    control: int


@event("agreement.in_force", control=True)
class InForce(Numbered):
    """The agreement judges every fact behind this record, in its partition (rule 51)."""

    agreement: Agreement
    hash: str


@event("agreement.retired", control=True)
class Retired(Numbered):
    """The agreement governs no new engagement behind this record."""

    agreement: str
    version: int


@event("roster.changed", control=True)
class RosterChanged(Numbered):
    """Who is in a team from now on; replaces the team's list (operations, unsigned)."""

    team: str
    reps: tuple[Rep, ...]
    reason: str


@event("leave.taken", control=True)
class LeaveTaken(Numbered):
    """A rep is absent in `[from_at, to_at)`; their calendar is closed (rule 4)."""

    rep: str
    from_at: Instant
    to_at: Instant
    reason: str


@event("closure.declared", control=True)
class ClosureDeclared(Numbered):
    """A team's calendar is closed on a local date, ad hoc."""

    team: str
    day: date
    reason: str


@event("intake.stalled", control=True)
class IntakeStalled(Numbered):
    """Our intake stood still from one instant of business time to another: what was to come in may have been refused,
    and comes late or never (rule 30). No record before this one shows that time has passed `from_at`.
    """

    from_at: Instant
    to_at: Instant


@event("source.silent", control=True)
class SourceSilent(Numbered):
    """A feed whose touches are evidence was last heard at `since`, longer ago than agreed (rule 30).

    It may stay so up to `until`: no record behind this one shows that time has passed that before the feed is told
    silent again, since the same instant, or has resumed. Nobody listens to it any more where neither comes.
    """

    source: str
    since: Instant
    until: Instant


@event("source.resumed", control=True)
class SourceResumed(Numbered):
    """A feed that was silent speaks again: nothing of it was received between the two instants (rule 30)."""

    source: str
    from_at: Instant
    to_at: Instant


@event("backfill.opened", control=True)
class BackfillOpened(Numbered):
    """History follows, sorted by time, on a lane of its own (rule 43)."""

    lane: str


@event("backfill.closed", control=True)
class BackfillClosed(Numbered):
    """The lane joins live time: its leads are live from here on; timers due by this record's mark make no effects.

    `until` is when its last fact occurred, in whichever partition: so far the lane's own time runs in each of them.
    """

    lane: str
    facts: int
    until: Instant | None = None
