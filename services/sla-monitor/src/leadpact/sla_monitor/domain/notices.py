"""Who is told of what by mail: business addresses of our own people only, never anything of the lead's but its id."""

from collections.abc import Iterable

from leadpact.contracts.events.sla import ClockKind, Escalated
from leadpact.kit.decider import Effect
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.state import Clock, Engagement

MAIL = "mail"
_CALLED = {ClockKind.ROUTING: "owner", ClockKind.FIRST_RESPONSE: "first response", ClockKind.CADENCE: "cadence"}


def warned(draft: Draft, run: Engagement, clock: Clock, says: str) -> None:
    """Tell the owner that the promise is about to be broken; an unowned lead's is the fallback's."""
    _mail(draft, _concerned(draft, run, clock), f"Lead {draft.lead.id}: {_CALLED[clock.kind]} is due soon", says)


def missed(draft: Draft, run: Engagement, clock: Clock, says: str) -> None:
    """Tell the owner of the miss, and take the first step of the escalation (rule 28)."""
    _mail(draft, _concerned(draft, run, clock), f"Lead {draft.lead.id}: {_CALLED[clock.kind]} missed", says)
    if clock.kind is ClockKind.FIRST_RESPONSE:
        escalate(draft, run, clock, 1)


def corrected(draft: Draft, run: Engagement, clock: Clock, says: str) -> None:
    """Tell everybody who heard of the miss that it is withdrawn (rule 29)."""
    told = draft.agreement(run).first_response.escalate_to[: clock.escalated]
    everybody = dict.fromkeys((*_concerned(draft, run, clock), *told))
    _mail(draft, everybody, f"Lead {draft.lead.id}: {_CALLED[clock.kind]} was kept after all", says)


def escalate(draft: Draft, run: Engagement, clock: Clock, step: int) -> None:
    """Take a step of the escalation, counted from 1, if the agreement has one."""
    steps = draft.agreement(run).first_response.escalate_to
    if step > len(steps):
        return
    to = steps[step - 1]
    draft.emit(Escalated(engagement=run.id, clock=clock.id, step=step, to=to))
    text = f"Step {step}: the lead is still unanswered; its owner is {run.owner}."
    _mail(draft, (to,), f"Lead {draft.lead.id}: {_CALLED[clock.kind]} missed, step {step}", text)


def queued(draft: Draft, run: Engagement) -> None:
    """Raise the alarm that nobody can take a lead in working hours (rule 33)."""
    fallback = draft.agreement(run).routing.fallback
    _mail(draft, (fallback,), f"Lead {draft.lead.id}: nobody can take it", "It waits in the fallback queue.")


def _concerned(draft: Draft, run: Engagement, clock: Clock) -> tuple[str, ...]:
    owner = clock.segment.owner
    if owner is None:
        return (draft.agreement(run).routing.fallback,)
    rep = draft.control.rep(owner)
    return (rep.mail,) if rep and rep.mail else ()


def _mail(draft: Draft, to: Iterable[str], subject: str, text: str) -> None:
    for address in to:
        if "@" in address:  # a fallback or a step may also be a name, known to people only
            draft.effects.append(Effect(MAIL, {"to": address, "subject": subject, "text": text}))
