"""Turning what was found into verdicts and their revisions, each an event with its evidence and one sentence."""

from datetime import datetime
from typing import assert_never

from leadpact.contracts.agreement import Exhausted
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.returns import ClosingRequested
from leadpact.contracts.events.sla import AttemptCounted, ClockJudged, ClockKind, ClockMoved, Standing
from leadpact.sla_monitor.domain import notices, sentences
from leadpact.sla_monitor.domain.attempts import attempts, came_of_it, count, replies
from leadpact.sla_monitor.domain.deadlines import current, spent
from leadpact.sla_monitor.domain.doubts import Doubt
from leadpact.sla_monitor.domain.draft import Draft
from leadpact.sla_monitor.domain.findings import Evidence, Finding, Tallied, find
from leadpact.sla_monitor.domain.state import Clock, Engagement

_KEPT = (Standing.MET, Standing.WITHDRAWN)


def judge_all(draft: Draft) -> None:
    """Judge every clock of the lead in the light of what is known now, closed runs too: evidence may be late."""
    for run in draft.lead.engagements:
        evidence = known(draft, run)
        _count(draft, run, evidence)
        for clock in run.clocks:
            judge(draft, run, clock, evidence)


def judge(draft: Draft, run: Engagement, clock: Clock, evidence: Evidence) -> None:
    """Judge one clock; what was found before is not said again."""
    if clock.kind is ClockKind.ROUTING and clock.answered_at is not None:
        return
    # a verdict keeps the due it was judged by; a pending promise is due as is known now
    moved = move(draft, run, clock) if clock.standing is Standing.PENDING else clock
    finding = find(moved, moved.segment.due, evidence)
    said = (finding.standing, finding.answered_at, finding.evidence)
    if finding.standing is clock.standing is Standing.PENDING or said == (
        clock.standing,
        clock.answered_at,
        clock.evidence,
    ):
        return
    if clock.standing in _KEPT and finding.standing not in _KEPT:
        _void(draft, run, moved)
    say(draft, run, clock, finding)
    if clock.standing not in _KEPT and _exhausted(draft, clock, finding) and _certain(moved, evidence):
        _after_exhaustion(draft, run, clock)


def say(draft: Draft, run: Engagement, clock: Clock, finding: Finding) -> None:
    """Emit a verdict, and tell those whom it concerns."""
    agreement = draft.agreement(run)
    clock = _now(draft, run, clock)
    until = finding.answered_at or (clock.segment.due if finding.standing is Standing.MISSED else None)
    says = sentences.verdict(draft.control, agreement, clock, finding, draft.scope.at)
    event = ClockJudged(
        clock=clock.id,
        engagement=run.id,
        kind=clock.kind,
        owner=clock.segment.owner,
        team=agreement.routing.team,
        verdict=finding.standing,
        previous=clock.standing,
        due=clock.segment.due,
        answered_at=finding.answered_at,
        elapsed_seconds=None if until is None else spent(draft.control, agreement, clock, until),
        evidence=finding.evidence,
        agreement=agreement.id,
        agreement_version=agreement.version,
        says=says,
        credit=finding.credit,
        renews=clock.renews,
    )
    draft.emit(event, _occurred(clock, finding))
    if finding.standing is Standing.MISSED and not clock.missed:
        notices.missed(draft, run, clock, says)
    if finding.standing is Standing.WITHDRAWN:
        notices.corrected(draft, run, clock, says)


def move(draft: Draft, run: Engagement, clock: Clock) -> Clock:
    """Say that a pending promise is due at another instant, if by now it is (rule 4)."""
    due = current(draft.control, draft.agreement(run), clock).due
    if due != clock.segment.due:
        draft.emit(ClockMoved(clock=clock.id, engagement=run.id, kind=clock.kind, owner=clock.segment.owner, due=due))
    return _now(draft, run, clock)


def known(draft: Draft, run: Engagement) -> Evidence:
    """The evidence of a run: what happened until it was closed."""
    agreement = draft.agreement(run)
    touches = [t for t in draft.lead.touches if run.closed_at is None or t.occurred_at <= run.closed_at]
    made = attempts(touches, unknown_counts=agreement.first_response.unknown_actor_counts)
    passed = draft.scope.mark
    return Evidence(
        run.qualified_by,
        made,
        replies(touches),
        agreement.cadence,
        passed,
        lambda clock, due: doubted(draft, run, clock, due),
    )


def doubted(draft: Draft, run: Engagement, clock: Clock, due: datetime) -> Doubt | None:
    """Why a promise that is due at an instant cannot be judged for a while, if so; history did not come by our intake's
    day, so that no stall and no silence says anything of it (rules 30 and 43)."""
    return None if draft.scope.lane is Lane.BACKFILL else draft.control.doubt(run, clock.kind, due)


def _exhausted(draft: Draft, clock: Clock, finding: Finding) -> bool:
    """Whether all was done that a cadence promises, and nothing has come of it until now (rules 26 and 27).

    An answer that is owed to the lead is owed to a reply of theirs, so that this leaves out whoever waits for one.
    """
    in_vain = isinstance(finding.cause, Tallied) and finding.standing in _KEPT and clock.ending is None
    return in_vain and not any(came_of_it(one) for one in draft.lead.touches if one.occurred_at > clock.asked_at)


def _certain(clock: Clock, evidence: Evidence) -> bool:
    """Whether all is here that may show what came of a promise before its due (rule 30)."""
    doubt = evidence.doubt(clock, clock.segment.due)
    return doubt is None or evidence.passed > doubt.until


def _after_exhaustion(draft: Draft, run: Engagement, clock: Clock) -> None:
    """Ask for what the agreement says of an exhausted cadence; only the qualifier closes engagements."""
    match draft.agreement(run).cadence.exhausted:
        case Exhausted.RECYCLE:
            draft.ask(ClosingRequested(engagement=run.id, reason="exhausted", cadence=clock.id))
        case Exhausted.KEEP:
            pass
        case never:
            assert_never(never)


def _void(draft: Draft, run: Engagement, clock: Clock) -> None:
    agreement = draft.agreement(run)
    draft.emit(
        ClockJudged(
            clock=clock.id,
            engagement=run.id,
            kind=clock.kind,
            owner=clock.segment.owner,
            team=agreement.routing.team,
            verdict=Standing.VOIDED,
            previous=clock.standing,
            due=clock.segment.due,
            answered_at=None,
            elapsed_seconds=None,
            evidence=clock.evidence,
            agreement=agreement.id,
            agreement_version=agreement.version,
            says=sentences.voided(draft.control, agreement, clock),
            renews=clock.renews,
        )
    )


def _count(draft: Draft, run: Engagement, evidence: Evidence) -> None:
    cadence = run.clock(ClockKind.CADENCE)
    if cadence is None:
        return
    counts, counted = count(evidence.attempts, cadence.asked_at, cadence.segment.due)
    if counts != run.counted:
        last = counted[-1].first.id if counted else ""
        draft.emit(
            AttemptCounted(
                engagement=run.id, calls=counts.calls, emails=counts.emails, socials=counts.socials, last=last
            )
        )


def _now(draft: Draft, run: Engagement, clock: Clock) -> Clock:
    return next(one for one in draft.run(run).clocks if one.id == clock.id)


def _occurred(clock: Clock, finding: Finding) -> datetime | None:
    # a miss happened when the budget was used up, not when a timer noticed
    unanswered = finding.standing is Standing.MISSED and finding.answered_at is None
    return clock.segment.due if unanswered else None
