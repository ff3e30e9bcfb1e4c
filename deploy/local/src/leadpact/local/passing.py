"""Whether time passes: what the doctor makes of the marks in all tables, beside the business clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadpact.kit.clock import SystemClock
from leadpact.kit.errors import ClockError
from leadpact.kit.pg.survey import Consuming
from leadpact.kit.settings import Settings
from leadpact.local.finding import Finding
from leadpact.web.filters import duration

_LATE = 60.0
"""Seconds of the world (docs/runbook.md)."""


def passing(settings: Settings, consumers: Sequence[Consuming]) -> Finding:
    """Marks that stand while the business clock goes on and no history is being loaded, or that are ahead of it, for
    then it was set back. `consumers` in the order in which facts pass them: whoever comes behind one waits with it."""
    try:
        clock = SystemClock(settings.clock)
        return judged(clock.business(), clock.speed(), consumers)
    except ClockError as error:
        return Finding("time", well=False, says=str(error), do="put the file back as it was")


def judged(now: datetime, speed: float, consumers: Sequence[Consuming]) -> Finding:
    """The same at a business instant, by a clock that passes so many seconds in one of the world."""
    begun = [(each.slowest, each.fastest, each.consumer) for each in consumers if each.slowest and each.fastest]
    if not begun:
        return Finding("time", well=True, says="has not begun to pass")
    ahead = max(fastest for _, fastest, _ in begun) - now
    late = max(now - slowest for slowest, _, _ in begun)
    limit = timedelta(seconds=_LATE * speed)
    if ahead > limit:
        says = f"marks are {duration(ahead)} ahead of the business clock: it was set back, nothing falls due"
        return Finding("time", well=False, says=says, do="put the machine's clock, or the clock file, right again")
    most = min(late, late / 2)  # who waits for another is behind by about as much; the first of them is the cause
    behind = [(consumer, now - slowest) for slowest, _, consumer in begun if now - slowest >= most]
    (first, lags), others = behind[0], [consumer for consumer, _ in behind[1:]]
    says = f"{first} has passed all but the last {duration(max(timedelta(), lags))}"
    if late <= limit:
        return Finding("time", well=True, says=says)
    if others:
        says += f", and behind it wait {', '.join(others)}"
    loading = any(each.loading for each in consumers)
    return Finding(
        "time",
        well=loading,
        says=says + (", while history is being loaded" if loading else ""),
        do=f"see whether the process of {first} is ready, and its slots have an owner",
        moving=True,
    )
