"""What cannot be judged yet: our intake stood when a promise ran out, or has not spoken long enough since (rule 30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

LONGEST = timedelta(days=7)
"""No agreement lets a feed be silent for longer (`sales.freshness`)."""


class Stall(msgspec.Struct, frozen=True, order=True):
    """Our intake stood still from one instant to another; `fact` is the record that says so."""

    from_at: datetime
    to_at: datetime
    fact: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why nobody can tell of a promise whether it was kept, and up to when; then it is judged by what has come."""

    stall: Stall
    until: datetime


def doubt(stalls: Sequence[Stall], freshness: timedelta, due: datetime) -> Doubt | None:
    """The doubt about what was due at an instant, if there is any: its evidence may have been refused at our door.

    Who was refused tries again, within the agreed freshness; a stall in that time begins it anew.
    """
    first = next((stall for stall in stalls if stall.from_at <= due < stall.to_at + freshness), None)
    if first is None:
        return None
    until = first.to_at + freshness
    for stall in stalls:
        if first <= stall and stall.from_at <= until:
            until = max(until, stall.to_at + freshness)
    return Doubt(first, until)


def remembered(stalls: Sequence[Stall], new: Stall) -> tuple[Stall, ...]:
    """The stalls that still matter once there is a new one, by time; one that goes on is told again, from the same
    instant. What ended long before the next began puts nothing in doubt any more."""
    kept = [new]
    for stall in reversed([stall for stall in stalls if stall.from_at != new.from_at]):
        if kept[-1].from_at - stall.to_at > LONGEST:
            break
        kept.append(stall)
    return tuple(reversed(kept))
