"""What follows from each kind of fact about a lead."""

from leadpact.contracts.events.lead import Consented, Owned, ReassignedByHand, Touched
from leadpact.contracts.events.qualification import Accepted, CommandRefused, EngagementClosed, Qualified
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain import clocks, judging, routing
from leadpact.sla_monitor.domain.attempts import replies, wants_answer
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.state import Lead, Why


def react(draft: Draft, before: Lead, fact: Fact) -> None:
    """Decide on a fact that the draft's lead has taken in already; `before` is the lead without it."""
    match fact.event:
        case Qualified():
            _qualified(draft, before, fact.event)
        case Touched():
            _touched(draft, before)
        case Owned():
            _owned(draft, fact.envelope.id)
        case ReassignedByHand():
            _by_hand(draft, fact.envelope.id, fact.event)
        case EngagementClosed():
            _closed(draft, before, fact.event)
        case Accepted() | Consented():
            judging.judge_all(draft)
        case _:
            pass


def _qualified(draft: Draft, before: Lead, event: Qualified) -> None:
    run = draft.lead.engagement(event.engagement)
    if run is None or before.engagement(event.engagement) is not None:
        return
    clocks.start_routing(draft, run)
    crm = before.crm
    if crm is not None and not draft.control.absent(crm.owner, draft.scope.at):
        routing.assign(draft, draft.run(run), crm.owner, Why.CRM, evidence=(crm.fact,))
    else:
        routing.route(draft, draft.run(run), Why.ROUND_ROBIN)


def _touched(draft: Draft, before: Lead) -> None:
    fresh = [reply for reply in replies(draft.lead.touches) if reply not in before.touches]
    for reply in fresh:
        for run in draft.lead.open():
            if wants_answer(reply) and reply.occurred_at > run.qualified_at:
                clocks.start_reply(draft, run, reply)
    if draft.lead != before:
        judging.judge_all(draft)


def _owned(draft: Draft, fact: str) -> None:
    crm = draft.lead.crm
    if crm is None or crm.fact != fact:
        return  # the CRM has named somebody later than that
    for run in draft.lead.open():
        # who got the lead later than the CRM said this keeps it: history takes no lead away (rules 43 and 49)
        kept = run.owned_at is not None and crm.at < run.owned_at
        if run.owner != crm.owner and not kept:
            routing.assign(draft, draft.run(run), crm.owner, Why.CRM, since=crm.at, evidence=(fact,))


def _by_hand(draft: Draft, command: str, event: ReassignedByHand) -> None:
    says = ""
    if draft.control.rep(event.owner) is None:
        says = f"{event.owner} is in no team."
    elif draft.control.absent(event.owner, draft.scope.at):
        says = f"{event.owner} is on leave: nobody absent gets a lead."
    elif not draft.lead.open():
        says = "The lead has no open run that could have an owner."
    if says:
        draft.emit(CommandRefused(command=command, reason="cannot_reassign", says=says))
        return
    for run in draft.lead.open():
        if run.owner != event.owner:
            routing.assign(draft, draft.run(run), event.owner, Why.HAND, evidence=(command,))


def _closed(draft: Draft, before: Lead, event: EngagementClosed) -> None:
    run = before.engagement(event.engagement)
    if run is not None and run.closed_at is None:
        routing.release(draft, run)
        judging.judge_all(draft)
