"""Who gets a lead: the CRM's word first, else the round robin; at night it waits, with nobody there it queues (33)."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from leadpact.calendar import is_open, next_opening
from leadpact.contracts.events.sla import Assigned, ClockKind, Queued, Standing
from leadpact.sla_monitor.domain import clocks, judging, notices
from leadpact.sla_monitor.domain.counters import Counters, candidates, choose, dump, load, moved, row
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.findings import Finding, Given, kept, unsure
from leadpact.sla_monitor.domain.state import Engagement, Lead, Why

SOONEST_RETRY = timedelta(minutes=5)
"""A queued lead is tried again after as long as it has waited, at least this long: nobody need tell that a rep has
capacity again, and a lead that waits for days costs little."""


def route(draft: Draft, run: Engagement, why: str) -> None:
    """Find an owner, or let the lead wait; nobody gets back what they missed (rule 31)."""
    agreement = draft.agreement(run)
    team, at = agreement.routing.team, draft.scope.at
    calendar = draft.control.hours(agreement)
    not_to = _missed_by(run)
    # a lead that waits already waits on: the roster may change again
    others = {rep.id for rep in draft.control.rosters.get(team, ())} - not_to
    if why == Why.MISSED and not others and run.waiting is None:
        return  # everybody missed it: it stays where it is and escalates, never in a circle
    if not is_open(calendar, at):
        _queue(draft, run, why, next_opening(calendar, at), None)
        return
    counters = load(draft.row(row(team)))
    reps = candidates(draft.control, team, at, counters, not_to)
    if not reps:
        _queue(draft, run, why, next_opening(calendar, _retry_at(draft, run, team)), agreement.routing.fallback)
        return
    chosen, after = choose(reps, counters)
    draft.shared[row(team)] = dump(after)
    assign(draft, run, chosen.id, why, seen=counters)


def reallocate(draft: Draft, before: Lead) -> None:
    """Give away what this decision found missed and unanswered, by a timer or by a revision, if agreed (rule 31)."""
    if draft.lead.refused:
        return
    for run in draft.lead.open():
        known = before.engagement(run.id)
        old = {clock.id for clock in known.unanswered()} if known else set()
        fresh = any(clock.id not in old for clock in run.unanswered())
        if fresh and draft.agreement(run).first_response.reallocate:
            route(draft, run, Why.MISSED)


def assign(
    draft: Draft,
    run: Engagement,
    owner: str,
    by: str,
    *,
    seen: Counters | None = None,
    since: datetime | None = None,
    evidence: tuple[str, ...] = (),
) -> None:
    """Make somebody the owner; `since` is when the evidence says it happened, if not now.

    Where no fact names the owner, the assignment itself is the evidence: it records the counters that decided.
    """
    team = draft.agreement(run).routing.team
    counters = load(draft.row(row(team)))
    draft.shared[row(team)] = dump(moved(counters, run.owner, owner))
    before = counters if seen is None else seen
    assigned = draft.emit(
        Assigned(
            engagement=run.id,
            owner=owner,
            team=team,
            by=by,
            counters={rep: turn.credit for rep, turn in sorted(before.items())},
            loads={rep: turn.load for rep, turn in sorted(before.items())},
            previous=run.owner,
        )
    )
    if owner == run.owner:
        return
    _routed(draft, run, since or draft.scope.at, evidence or (assigned,))
    clocks.hand_over(draft, draft.run(run))
    if run.owner is None:
        clocks.start_outreach(draft, run)
    judging.judge_all(draft)


def release(draft: Draft, run: Engagement) -> None:
    """The run is closed: its owner has room for another lead."""
    team = draft.agreement(run).routing.team
    if run.owner is not None:
        draft.shared[row(team)] = dump(moved(load(draft.row(row(team))), run.owner, None))


def _routed(draft: Draft, run: Engagement, at: datetime, evidence: tuple[str, ...]) -> None:
    clock = run.clock(ClockKind.ROUTING)
    owner = draft.run(run).owner
    if clock is None or clock.answered_at is not None or owner is None or clock.standing is Standing.CANCELLED:
        return
    at, due = max(at, run.qualified_at), clock.segment.due
    doubt = None if clock.missed else judging.doubted(draft, run, clock, due)
    if at <= due:
        finding = Finding(kept(clock), Given(owner), at, evidence, owner)
    elif doubt is not None and at <= doubt.until:  # our own delay is never theirs, and nothing will tell us more
        finding = unsure(doubt, at, Given(owner), at, evidence)
    else:
        finding = Finding(Standing.MISSED, Given(owner), at, evidence, owner)
    judging.say(draft, run, clock, finding)


def _queue(draft: Draft, run: Engagement, why: str, retry_at: datetime, queue: str | None) -> None:
    waited = run.waiting if run.waiting is not None and run.waiting.queue == queue else None
    since = waited.since if waited else draft.scope.at
    draft.emit(
        Queued(
            engagement=run.id,
            team=draft.agreement(run).routing.team,
            queue=queue,
            why=why,
            since=since,
            retry_at=retry_at,
        )
    )
    if queue is not None and waited is None:
        notices.queued(draft, run)


def _retry_at(draft: Draft, run: Engagement, team: str) -> datetime:
    at = draft.scope.at
    waited = at - run.waiting.since if run.waiting is not None and run.waiting.queue is not None else timedelta()
    reps = draft.control.rosters.get(team, ())
    back = (leave.to_at for rep in reps for leave in draft.control.leaves.get(rep.id, ()) if leave.to_at > at)
    return min((at + max(waited, SOONEST_RETRY), *back))


def _missed_by(run: Engagement) -> AbstractSet[str]:
    kinds = (clock for clock in run.clocks if clock.kind is ClockKind.FIRST_RESPONSE)
    return {clock.segment.owner for clock in kinds if clock.standing is Standing.MISSED and clock.segment.owner}
