"""What cannot be judged yet: when a promise ran out our intake stood, or a feed that would prove it was silent (30)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

LONGEST = timedelta(days=7)
"""No agreement lets a feed be silent for longer (`sales.freshness`)."""


class Stall(msgspec.Struct, frozen=True, order=True):
    """Our intake stood still from one instant to another; `fact` is the record that says so."""

    from_at: datetime
    to_at: datetime
    fact: str


class Gap(msgspec.Struct, frozen=True, order=True):
    """A feed said nothing from one instant to another; while it is not `over`, nobody knows for how much longer.

    `fact` is the record that said so first: it is told again and again.
    """

    from_at: datetime
    source: str
    to_at: datetime
    fact: str
    over: bool = False

    def until(self, freshness: timedelta) -> datetime:
        """From when on it puts nothing in doubt, as far as is known: what the feed kept for us comes once it speaks."""
        return self.to_at + freshness if self.over else self.to_at


class Reason(NamedTuple):
    """What kept us from hearing, and the last instant at which that leaves something open."""

    of: Stall | Gap
    until: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why nobody can tell of a promise whether it was kept, up to when the last of the reasons is over; then it is
    looked at again."""

    reasons: tuple[Reason, ...]

    @property
    def until(self) -> datetime:
        """The last instant at which it stands, as far as is known."""
        return max(reason.until for reason in self.reasons)

    def by(self, passed: datetime) -> Stall | Gap:
        """The reason to name when time has passed so far: the first that is not over."""
        return next(reason.of for reason in self.reasons if passed <= reason.until)


def doubt(
    due: datetime, stalls: Sequence[Stall], freshness: timedelta, gaps: Sequence[Gap], feeds: Mapping[str, timedelta]
) -> Doubt | None:
    """The doubt about what was due at an instant, if there is any: its evidence may have been refused at our door, or
    one of the feeds, each with its own freshness, had been silent for longer than that.

    Who was refused tries again, within the agreed freshness; a stall in that time begins it anew.
    """
    spans: list[tuple[Stall | Gap, datetime]] = [
        (stall, stall.to_at + freshness) for stall in stalls if stall.from_at <= due < stall.to_at + freshness
    ]
    for gap in gaps:
        agreed = feeds.get(gap.source)
        if agreed is not None and _covers(gap, agreed, due):
            spans.append((gap, gap.until(agreed)))
    reasons = tuple(Reason(of, _prolonged(until, stalls, freshness)) for of, until in spans)
    return Doubt(reasons) if reasons else None


def remembered(stalls: Sequence[Stall], new: Stall) -> tuple[Stall, ...]:
    """The stalls that still matter once there is a new one, by time; one that goes on is told again, from the same
    instant. What ended long before the next began puts nothing in doubt any more."""
    kept = [new]
    for stall in reversed([stall for stall in stalls if stall.from_at != new.from_at]):
        if kept[-1].from_at - stall.to_at > LONGEST:
            break
        kept.append(stall)
    return tuple(reversed(kept))


def heard_of(
    gaps: Sequence[Gap], new: Gap, passed: datetime, stalls: Sequence[Stall], longest: Mapping[str, timedelta]
) -> tuple[Gap, ...]:
    """The gaps that still matter once there is news of one and time has passed so far, by time.

    `longest` is each feed's longest freshness in any agreement: so long after it a gap is no reason any more.
    """
    known = next((each for each in gaps if (each.source, each.from_at) == (new.source, new.from_at)), new)
    others = [
        each
        for each in gaps
        if each is not known
        and _prolonged(each.until(longest.get(each.source, timedelta())), stalls, LONGEST) >= passed
    ]
    return tuple(sorted((*others, msgspec.structs.replace(new, fact=known.fact))))


def _covers(gap: Gap, freshness: timedelta, due: datetime) -> bool:
    """Whether a feed that may say nothing for so long was silent at an instant, or had not spoken again for so long."""
    silent_at = gap.from_at + freshness
    return silent_at < gap.to_at and silent_at <= due < gap.until(freshness)


def _prolonged(until: datetime, stalls: Sequence[Stall], freshness: timedelta) -> datetime:
    for stall in stalls:
        if stall.from_at <= until:
            until = max(until, stall.to_at + freshness)
    return until
