"""Whether time passes: what the doctor makes of the marks in all tables, beside the business clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from leadpact.kit.clock import SystemClock
from leadpact.kit.errors import ClockError
from leadpact.kit.pg.survey import Consuming
from leadpact.kit.settings import Settings
from leadpact.local.finding import Finding
from leadpact.web.filters import duration

_LATE = 60.0
"""Seconds of the world (docs/runbook.md)."""


def passing(settings: Settings, services: Mapping[str, Sequence[Consuming]]) -> Finding:
    """Marks that stand while the business clock goes on and no history is being loaded, or that are ahead of it, for
    then it was set back. `services` in the order in which facts pass them: who comes behind another waits with it."""
    try:
        clock = SystemClock(settings.clock)
        return judged(clock.business(), clock.speed(), services)
    except ClockError as error:
        return Finding("time", well=False, says=str(error), do="put the file back as it was")


def judged(now: datetime, speed: float, services: Mapping[str, Sequence[Consuming]]) -> Finding:
    """The same at a business instant, by a clock that passes so many seconds in one of the world."""
    fastest = [each.fastest for consumers in services.values() for each in consumers if each.fastest]
    slowest = {service: [each.slowest for each in consumers if each.slowest] for service, consumers in services.items()}
    lags = {service: now - min(marks) for service, marks in slowest.items() if marks}
    if not fastest or not lags:
        return Finding("time", well=True, says="has not begun to pass")
    ahead, late = max(fastest) - now, max(lags.values())
    limit = timedelta(seconds=_LATE * speed)
    if ahead > limit:
        says = f"marks are {duration(ahead)} ahead of the business clock: it was set back, nothing falls due"
        return Finding("time", well=False, says=says, do="put the machine's clock, or the clock file, right again")
    most = min(late, late / 2)  # who waits for another is behind by about as much; the first of them is the cause
    first, *others = [service for service, lag in lags.items() if lag >= most]
    says = f"{first} has passed all but the last {duration(max(timedelta(), lags[first]))}"
    if late <= limit:
        return Finding("time", well=True, says=says)
    if others:
        says += f", and behind it wait {', '.join(others)}"
    loading = any(each.loading for consumers in services.values() for each in consumers)
    return Finding(
        "time",
        well=loading,
        says=says + (", while history is being loaded" if loading else ""),
        do=f"see whether {first}'s worker is ready, and its slots have an owner",
        moving=True,
    )
