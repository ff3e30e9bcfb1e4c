"""Whether time passes: what the doctor makes of the marks in all tables, beside the business clock."""

from collections.abc import Collection
from datetime import datetime

from leadpact.kit.clock import SystemClock
from leadpact.kit.errors import ClockError
from leadpact.kit.pg.survey import Consuming
from leadpact.kit.settings import Settings
from leadpact.local.finding import Finding
from leadpact.web.filters import duration

_LATE = 60.0
"""Seconds of the world (docs/runbook.md)."""


def passing(settings: Settings, consumers: Collection[Consuming]) -> Finding:
    """Marks that stand while the business clock goes on and no history is being loaded, or that are ahead of it, for
    then it was set back."""
    try:
        clock = SystemClock(settings.clock)
        return judged(clock.business(), clock.speed(), consumers)
    except ClockError as error:
        return Finding("time", well=False, says=str(error), do="put the file back as it was")


def judged(now: datetime, speed: float, consumers: Collection[Consuming]) -> Finding:
    """The same at a business instant, by a clock that passes so many seconds in one of the world."""
    begun = [(each.slowest, each.fastest, each.consumer) for each in consumers if each.slowest and each.fastest]
    if not begun:
        return Finding("time", well=True, says="has not begun to pass")
    slowest, _, slow = min(begun)
    fastest = max(fast for _, fast, _ in begun)
    if (fastest - now).total_seconds() > _LATE * speed:
        says = f"marks are {duration(fastest - now)} ahead of the business clock: it was set back, nothing falls due"
        return Finding("time", well=False, says=says, do="put the machine's clock, or the clock file, right again")
    late = (now - slowest).total_seconds() > _LATE * speed
    loading = any(each.loading for each in consumers)
    meanwhile = ", while history is being loaded" if loading else ""
    return Finding(
        "time",
        well=loading or not late,
        says=f"{slow} has passed all but the last {duration(max(now, slowest) - slowest)}{meanwhile}",
        do="see which process is not ready, and which slot has no owner",
        moving=True,
    )
