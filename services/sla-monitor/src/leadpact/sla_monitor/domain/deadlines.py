"""When a promise is due and how much of it is spent, in the unit it counts in and by its owner's calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from leadpact.calendar import Calendar, due, due_business_days, due_days, elapsed, with_absences
from leadpact.contracts.agreement import Agreement, Unit
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.state import Budget, Clock


@dataclass(frozen=True, slots=True)
class Plan:
    """A segment as known now: the owner's calendar, when it is due, and when an absence begins that outlasts it."""

    calendar: Calendar
    due: datetime
    leaves_at: datetime | None = None


def plan(control: Control, agreement: Agreement, budget: Budget, owner: str | None, start: datetime) -> Plan:
    """What an owner has to keep who starts with a full budget at an instant.

    Leave that ends before the promise is due closes the calendar; leave that outlasts it reassigns instead (rule 4).
    """
    calendar = control.hours(agreement)
    for leave in control.leaves.get(owner or "", ()):
        end = used_up(calendar, budget, start)
        if leave.to_at <= start or leave.from_at >= end:
            continue
        if leave.to_at >= end:
            return Plan(calendar, end, max(leave.from_at, start))
        calendar = with_absences(calendar, [(leave.from_at, leave.to_at)])
    return Plan(calendar, used_up(calendar, budget, start))


def current(control: Control, agreement: Agreement, clock: Clock) -> Plan:
    """The plan of the segment that runs."""
    return plan(control, agreement, clock.budget, clock.segment.owner, clock.segment.started_at)


def used_up(calendar: Calendar, budget: Budget, start: datetime) -> datetime:
    """When the whole budget has passed since `start`."""
    match budget.unit:
        case Unit.BUSINESS:
            return due(calendar, start, budget.length)
        case Unit.ELAPSED:
            return start + budget.length
        case Unit.DAYS:
            return due_days(calendar, start, budget.length.days)
        case Unit.BUSINESS_DAYS:
            return due_business_days(calendar, start, budget.length.days)
        case never:
            assert_never(never)


def share_used(own: Plan, budget: Budget, start: datetime, percent: int) -> datetime:
    """When that share of a plan's budget has passed since `start`; of days, a share of the time until they are over."""
    match budget.unit:
        case Unit.BUSINESS | Unit.ELAPSED:
            share = Budget(budget.unit, budget.seconds * percent // 100)
            return used_up(own.calendar, share, start)
        case Unit.DAYS | Unit.BUSINESS_DAYS:
            return start + (own.due - start) * percent // 100
        case never:
            assert_never(never)


def spent(control: Control, agreement: Agreement, clock: Clock, until: datetime) -> int:
    """Whole seconds, elapsed or of business time, from the clock's start to an instant: its segments' sum (rule 31)."""
    total = timedelta()
    for segment in clock.segments:
        end = min(until, segment.ended_at or until)
        if end > segment.started_at:
            own = plan(control, agreement, clock.budget, segment.owner, segment.started_at)
            total += _passed(own.calendar, clock.budget.unit, segment.started_at, end)
    return total // timedelta(seconds=1)


def _passed(calendar: Calendar, unit: Unit, start: datetime, end: datetime) -> timedelta:
    match unit:
        case Unit.BUSINESS | Unit.BUSINESS_DAYS:
            return elapsed(calendar, start, end)
        case Unit.ELAPSED | Unit.DAYS:
            return end - start
        case never:
            assert_never(never)
