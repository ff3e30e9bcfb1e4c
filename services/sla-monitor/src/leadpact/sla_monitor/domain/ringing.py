"""What follows when a timer of a lead is due."""

from leadpact.contracts.events.sla import ClockWarned, Standing
from leadpact.kit.decider import Ring
from leadpact.sla_monitor.domain import judging, notices, routing, sentences
from leadpact.sla_monitor.domain.deadlines import current
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.state import Clock, Engagement, Why
from leadpact.sla_monitor.domain.timers import DUE, ESCALATE, LEAVE, ROUTE, WARN, Named, step_at, warn_at


def ring(draft: Draft, timer: Ring) -> None:
    """Decide on a timer; one that a leave or closure made untimely only says so."""
    named = Named.parse(timer.name)
    run, clock = draft.lead.engagement(named.of), draft.lead.clock(named.of)
    if run is not None:
        _of_run(draft, run, named, timer)
    elif clock is not None:
        _of_clock(draft, *clock, named, timer)


def _of_run(draft: Draft, run: Engagement, named: Named, timer: Ring) -> None:
    if named.what == ROUTE and run.waiting is not None:
        routing.route(draft, run, run.waiting.why)
    elif named.what == LEAVE and _gone(draft, run, timer):
        routing.route(draft, run, Why.LEAVE)


def _gone(draft: Draft, run: Engagement, timer: Ring) -> bool:
    agreement = draft.agreement(run)
    leaves = (current(draft.control, agreement, clock).leaves_at for clock in run.pending())
    return any(leaves_at is not None and leaves_at <= timer.due for leaves_at in leaves)


def _of_clock(draft: Draft, run: Engagement, clock: Clock, named: Named, timer: Ring) -> None:
    if _may_escalate(draft, run, clock, named, timer):
        notices.escalate(draft, run, clock, named.number)
    if clock.standing is Standing.UNVERIFIED and named.what == DUE:
        judging.judge(draft, run, clock, judging.known(draft, run))
    if clock.standing is not Standing.PENDING:
        return
    moved = judging.move(draft, run, clock)
    if named.what == WARN and warn_at(draft.control, run, moved, named.number) <= timer.due:
        _warn(draft, run, moved, named.number)
    elif named.what == DUE:
        judging.judge(draft, run, moved, judging.known(draft, run))


def _may_escalate(draft: Draft, run: Engagement, clock: Clock, named: Named, timer: Ring) -> bool:
    step = clock.escalated + 1
    return (named.what, named.number) == (ESCALATE, step) and step_at(draft.control, run, clock, step) <= timer.due


def _warn(draft: Draft, run: Engagement, clock: Clock, percent: int) -> None:
    due = clock.segment.due
    draft.emit(
        ClockWarned(
            clock=clock.id, engagement=run.id, kind=clock.kind, owner=clock.segment.owner, percent=percent, due=due
        )
    )
    due_local = sentences.moment(draft.control.hours(draft.agreement(run)), due)
    says = f"{percent} % of the time is used up; due is {due_local}."
    notices.warned(draft, run, clock, says)
