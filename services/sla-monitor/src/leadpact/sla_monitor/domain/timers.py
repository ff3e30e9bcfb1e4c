"""What a lead's state waits for: each timer's name says what it is and whom it concerns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from leadpact.contracts.events.sla import ClockKind
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.deadlines import current, share_used, used_up
from leadpact.sla_monitor.domain.state import INSTANT, Budget, Clock, Engagement, Lead

ROUTE, LEAVE, WARN, DUE, ESCALATE = "route", "leave", "warn", "due", "escalate"


@dataclass(frozen=True, slots=True)
class Named:
    """A timer's name in its parts: `of` is an engagement for `route` and `leave`, else a clock."""

    what: str
    of: str
    number: int = 0

    def __str__(self) -> str:
        """As the store keeps it."""
        return f"{self.what}:{self.of}:{self.number}"

    @classmethod
    def parse(cls, name: str) -> "Named":
        """Read what `str` wrote."""
        what, of, number = name.split(":")
        return cls(what, of, int(number))


def timers(control: Control, lead: Lead) -> Mapping[str, datetime]:
    """Every timer of a lead, by name.

    A run may be closed while time has not passed to a due before the closing: that promise is judged when it has.
    """
    return {str(name): at for run in lead.engagements for name, at in _of_run(control, lead, run)}


def warn_at(control: Control, run: Engagement, clock: Clock, percent: int) -> datetime:
    """When that share of the budget is used up (rule 28)."""
    own = current(control, control.agreement(run), clock)
    return share_used(own, clock.budget, clock.segment.started_at, percent)


def step_at(control: Control, run: Engagement, clock: Clock, step: int) -> datetime:
    """When that step of a clock's escalation is to be taken: so many budgets have passed (rule 28)."""
    late = Budget(clock.budget.unit, clock.budget.seconds * step)
    return used_up(control.hours(control.agreement(run)), late, clock.segment.started_at)


def _of_run(control: Control, lead: Lead, run: Engagement) -> Iterator[tuple[Named, datetime]]:
    if run.waiting is not None:
        yield Named(ROUTE, run.id), run.waiting.retry_at
    agreement = control.agreement(run)
    leaves = []
    for clock in run.pending():
        own = current(control, agreement, clock)
        yield Named(DUE, clock.id), own.due + INSTANT
        if run.closed_at is not None:
            continue
        for percent in warnings(control, run, clock):
            yield Named(WARN, clock.id, percent), warn_at(control, run, clock, percent)
        if own.leaves_at is not None:
            leaves.append(own.leaves_at)
    for clock in run.unverified():
        doubt = control.doubt(run, clock.kind, clock.segment.due)
        # of a feed that is silent still, `until` is when it is told again, if so; a key that was set aside for long may
        # outlive all that: then it is judged at once
        until = clock.segment.due + INSTANT if doubt is None else doubt.until
        yield Named(DUE, clock.id), until + INSTANT
    if leaves and run.waiting is None:
        yield Named(LEAVE, run.id), min(leaves)
    if run.closed_at is None:
        yield from _escalations(control, lead, run)


def _escalations(control: Control, lead: Lead, run: Engagement) -> Iterator[tuple[Named, datetime]]:
    steps = control.agreement(run).first_response.escalate_to
    for clock in run.unanswered():
        if not lead.refused and clock.escalated < len(steps):
            step = clock.escalated + 1
            yield Named(ESCALATE, clock.id, step), step_at(control, run, clock, step)


def warnings(control: Control, run: Engagement, clock: Clock) -> tuple[int, ...]:
    """The warnings still to come, in percent; none where all that was promised is done."""
    agreement = control.agreement(run)
    match clock.kind:
        case ClockKind.ROUTING:
            percents = agreement.routing.warn_percent
        case ClockKind.FIRST_RESPONSE:
            percents = agreement.first_response.warn_percent
        case ClockKind.CADENCE:
            wanted, made = agreement.cadence, run.counted
            done = made.calls >= wanted.calls and made.emails >= wanted.emails and made.socials >= wanted.socials
            percents = () if done else wanted.warn_percent
        case never:
            assert_never(never)
    return tuple(percent for percent in percents if percent not in clock.warned)
