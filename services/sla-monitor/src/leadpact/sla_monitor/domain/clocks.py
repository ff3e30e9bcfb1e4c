"""Starting promises: to a lead that qualified, got its first owner, another owner, or replied."""

from datetime import datetime

from leadpact.contracts.agreement import Response, Routing
from leadpact.contracts.events.sla import ClockKind, ClockStarted
from leadpact.kit.ids import derive
from leadpact.sla_monitor.domain.deadlines import plan
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.state import Budget, Clock, Engagement, Touch


def start_routing(draft: Draft, run: Engagement) -> None:
    """Somebody owes the lead an owner, from when it was recognised (rule 16)."""
    routing = draft.agreement(run).routing
    _start(draft, run, _promise(run, ClockKind.ROUTING, _budget(routing), run.qualified_at), run.qualified_at)


def start_outreach(draft: Draft, run: Engagement) -> None:
    """The first owner owes a response and a cadence from the assignment on, unless the lead wants none (rule 47)."""
    if draft.lead.refused:
        return
    agreement = draft.agreement(run)
    response = _promise(run, ClockKind.FIRST_RESPONSE, _budget(agreement.first_response), run.qualified_at)
    window = agreement.cadence
    cadence = _promise(run, ClockKind.CADENCE, Budget(window.unit, window.window_seconds), run.qualified_at)
    _start(draft, run, response, draft.scope.at)
    _start(draft, run, cadence, draft.scope.at)


def start_reply(draft: Draft, run: Engagement, reply: Touch) -> None:
    """The owner owes an answer to a reply, from when we knew of it (rule 26)."""
    budget = _budget(draft.agreement(run).first_response)
    clock = _promise(run, ClockKind.FIRST_RESPONSE, budget, reply.occurred_at, replies_to=reply.id)
    if not draft.lead.refused and all(one.replies_to != reply.id for one in run.clocks):
        _start(draft, run, clock, draft.scope.at)


def hand_over(draft: Draft, run: Engagement) -> None:
    """Give the new owner full budgets: a next segment of what is pending, a new promise after a miss (rule 31).

    So also after what cannot be verified: the time of the old owner is over, however it is judged one day.
    """
    for clock in run.pending():
        if clock.kind is not ClockKind.ROUTING:
            _start(draft, run, clock, draft.scope.at)
    for clock in run.run_out():
        if not draft.lead.refused:
            renewed = derive(clock.id, "renewed")
            again = Clock(
                renewed, clock.kind, clock.budget, clock.asked_at, (), replies_to=clock.replies_to, renews=clock.id
            )
            _start(draft, run, again, draft.scope.at)


def _start(draft: Draft, run: Engagement, clock: Clock, at: datetime) -> None:
    agreement = draft.agreement(run)
    owner = draft.run(run).owner
    draft.emit(
        ClockStarted(
            clock=clock.id,
            engagement=run.id,
            kind=clock.kind,
            owner=owner,
            team=agreement.routing.team,
            started_at=at,
            due=plan(draft.control, agreement, clock.budget, owner, at).due,
            budget_seconds=clock.budget.seconds,
            unit=clock.budget.unit.value,
            agreement=agreement.id,
            agreement_version=agreement.version,
            segment=len(clock.segments) + 1,
            replies_to=clock.replies_to,
            renews=clock.renews,
        )
    )


def _promise(
    run: Engagement, kind: ClockKind, budget: Budget, asked_at: datetime, *, replies_to: str | None = None
) -> Clock:
    id_ = derive("clock", run.id, kind.value, replies_to or "")
    return Clock(id_, kind, budget, asked_at, (), replies_to=replies_to)


def _budget(promise: Routing | Response) -> Budget:
    return Budget(promise.unit, promise.budget_seconds)
