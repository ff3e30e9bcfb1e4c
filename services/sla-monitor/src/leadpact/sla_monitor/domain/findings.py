"""What the facts known so far make of a clock: a function of their set, whatever their order of arrival (rule 49)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from leadpact.contracts.agreement import Cadence
from leadpact.contracts.events.lead import TouchKind
from leadpact.contracts.events.sla import ClockKind, Standing
from leadpact.sla_monitor.domain.attempts import Attempt, count
from leadpact.sla_monitor.domain.doubts import Doubt, Gap, Stall
from leadpact.sla_monitor.domain.state import Clock, Counts, Ending, Touch


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody reached out."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Replied:
    """The lead answered by themselves."""

    touch: Touch


@dataclass(frozen=True, slots=True)
class Tallied:
    """So many attempts were made."""

    counts: Counts


@dataclass(frozen=True, slots=True)
class Given:
    """The lead got an owner."""

    owner: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Something else ended the promise."""

    ending: Ending


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing happened."""


Cause = Answered | Replied | Tallied | Given | Ended | Silence


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with what it rests on; an unverified one rests on what kept us from hearing."""

    standing: Standing
    cause: Cause
    answered_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    credit: str | None = None
    unheard: Stall | Gap | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a run when it is judged: `qualified` is the fact that opened it, `passed` how far time has
    gone, `doubt` says of a clock and its due whether and how long it cannot be judged (rule 30)."""

    qualified: str
    attempts: Sequence[Attempt]
    replies: Sequence[Touch]
    cadence: Cadence
    passed: datetime
    doubt: Callable[[Clock, datetime], Doubt | None]


def find(clock: Clock, due: datetime, known: Evidence) -> Finding:
    """The verdict on a clock that is due at an instant; exactly at due is in time (rule 2)."""
    match clock.kind:
        case ClockKind.ROUTING:
            return _unkept(clock, due, known, Silence())
        case ClockKind.FIRST_RESPONSE:
            return _response(clock, due, known)
        case ClockKind.CADENCE:
            return _cadence(clock, due, known)
        case never:
            assert_never(never)


def kept(clock: Clock) -> Standing:
    """Met, or the miss taken back if one was announced (rule 29)."""
    return Standing.WITHDRAWN if clock.missed else Standing.MET


def unsure(
    doubt: Doubt, passed: datetime, cause: Cause, answered_at: datetime | None = None, evidence: tuple[str, ...] = ()
) -> Finding:
    """Unverified: as far as we know a promise was not kept, but we may not know all (rule 30)."""
    by = doubt.by(passed)
    return Finding(Standing.UNVERIFIED, cause, answered_at, (*evidence, by.fact), unheard=by)


def _response(clock: Clock, due: datetime, known: Evidence) -> Finding:
    # rule 23: the first touch after the qualification, or after the reply that asks for an answer
    answer = next((one for one in known.attempts if one.at > clock.asked_at), None)
    if answer is None:
        return _unkept(clock, due, known, Silence())
    if answer.at <= _last(clock, due):
        return _answered(answer, kept(clock))
    finding = _unkept(clock, due, known, Silence())
    return _answered(answer, Standing.MISSED) if finding.standing is Standing.MISSED else finding


def _answered(answer: Attempt, standing: Standing) -> Finding:
    # a touch of the lead's own that became a conversation is nobody's credit but the owner's
    return Finding(standing, Answered(answer), answer.at, answer.facts, answer.first.actor if answer.outward else None)


def _cadence(clock: Clock, due: datetime, known: Evidence) -> Finding:
    last = _last(clock, due)
    reply = next((one for one in known.replies if clock.asked_at < one.occurred_at <= last), None)
    if reply is not None:  # rule 26
        return Finding(kept(clock), Replied(reply), reply.occurred_at, (reply.id,))
    counts, made = count(known.attempts, clock.asked_at, last)
    done_at = _done_at(made, known.cadence)
    tally = Finding(Standing.PENDING, Tallied(counts), done_at, tuple(id_ for one in made for id_ in one.facts))
    over = clock.ending is not None or known.passed > due
    if done_at is not None and over:  # rule 27: judged at its deadline, or when something ends it
        return Finding(kept(clock), tally.cause, done_at, tally.evidence)
    unkept = _unkept(clock, due, known, tally.cause)
    if unkept.standing is Standing.MISSED:
        return Finding(Standing.MISSED, tally.cause, None, (*unkept.evidence, *tally.evidence))
    return unkept


def _unkept(clock: Clock, due: datetime, known: Evidence, cause: Cause) -> Finding:
    ending = clock.ending
    if ending is not None and ending.at <= due:
        answered_at = ending.at if ending.standing is Standing.MET else None
        return Finding(ending.standing, Ended(ending), answered_at, (ending.fact,))
    if not clock.missed and known.passed <= due:
        return Finding(Standing.PENDING, cause)
    doubt = None if clock.missed else known.doubt(clock, due)
    if doubt is not None and known.passed <= doubt.until:
        return unsure(doubt, known.passed, cause)
    # that nothing was done is told by no fact: what asked for it is
    return Finding(Standing.MISSED, cause, evidence=(clock.replies_to or known.qualified,))


def _last(clock: Clock, due: datetime) -> datetime:
    return due if clock.ending is None else min(due, clock.ending.at)


def _done_at(made: Sequence[Attempt], cadence: Cadence) -> datetime | None:
    wanted = ((TouchKind.CALL, cadence.calls), (TouchKind.EMAIL, cadence.emails), (TouchKind.SOCIAL, cadence.socials))
    done: list[datetime] = []
    for kind, number in wanted:
        times = [one.at for one in made if one.first.kind is kind]
        if len(times) < number:
            return None
        done.extend(times[number - 1 : number] if number else ())
    return max(done, default=None)
