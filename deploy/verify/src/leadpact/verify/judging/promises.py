"""What the facts make of a promise: a function of their set, however they came (rules 23 to 29, 49; ADR 20)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadpact.verify.judging.attempts import Attempt, Touch, attempts, tries
from leadpact.verify.judging.operations import Budget
from leadpact.verify.judging.stalls import Doubt


class Ending(NamedTuple):
    """Why nothing more is owed from `at` on."""

    at: int
    standing: str
    fact: str
    says: str


class Waiting(NamedTuple):
    """A lead that waits for an owner: what asked for one, since when, until when, and in whose queue."""

    why: str
    since: int
    retry_at: int
    queue: str | None


class Verdict(NamedTuple):
    """A standing with what it rests on."""

    standing: str
    answered_at: int | None = None
    evidence: tuple[str, ...] = ()


class Segment(NamedTuple):
    """The part of a clock that a former owner answered for, `[started_at, ended_at)`."""

    owner: str | None
    started_at: int
    due: int
    ended_at: int


@dataclass(slots=True)
class Run:
    """One engagement as sales sees it."""

    id: str
    agreement: dict[str, Any]
    qualified_at: int
    qualified_by: str
    owner: str | None = None
    owned_at: int | None = None
    closed_at: int | None = None
    waiting: Waiting | None = None
    known: tuple[int | None, ...] = ()
    cadence: "Clock | None" = None
    counted: tuple[int, int, int] = (0, 0, 0)


@dataclass(slots=True)
class Clock:
    """A promise as it was announced; `asked_by` is the qualification or the reply that asked for it at `asked_at`, and
    `renewed` says that a new owner owes what the old one missed.

    `ended` are the segments of former owners. Of a routing, `given` is when the lead got an owner,
    `given_by` what says so.
    """

    id: str
    kind: str
    run: Run
    budget: Budget
    asked_at: int
    asked_by: str
    owner: str | None
    started_at: int
    due: int
    segment: int = 1
    ended: list[Segment] = field(default_factory=list)
    standing: str = "pending"
    missed: bool = False
    answered_at: int | None = None
    evidence: tuple[str, ...] = ()
    ending: Ending | None = None
    given: int | None = None
    given_by: tuple[str, ...] = ()
    warned: set[int] = field(default_factory=set)
    escalated: int = 0
    renewed: bool = False
    renews: str | None = None

    @property
    def done(self) -> bool:
        """Whether all attempts that a cadence promises have been counted."""
        wanted = (self.run.agreement["cadence"][kind] for kind in ("calls", "emails", "socials"))
        return all(made >= asked for made, asked in zip(self.run.counted, wanted, strict=True))

    @property
    def unsure(self) -> bool:
        """Whether it is looked at again once it is known why nothing was heard (rule 30)."""
        return self.standing == "unverified" and self.answered_at is None

    @property
    def run_out(self) -> bool:
        """Whether it is a response whose time is over, that is still owed, and not by a new owner (rule 31)."""
        over = self.standing in {"missed", "unverified"} and self.answered_at is None
        return over and self.kind == "first_response" and not self.renewed

    @property
    def unanswered(self) -> bool:
        """Whether that was missed for certain."""
        return self.standing == "missed" and self.run_out

    @property
    def said_until(self) -> int:
        """No ending that comes late takes back what was said up to here (rules 43 and 49)."""
        over = self.due + 1 if self.standing == "missed" else self.started_at
        return max(over, self.answered_at or over)


def verdict(clock: Clock, touches: Sequence[Touch], passed: int, doubt: Doubt | None) -> Verdict:
    """How a promise stands when time has passed so far; exactly at due is in time. `doubt` is that about its due."""
    run = clock.run
    known = [each for each in touches if run.closed_at is None or each.at <= run.closed_at]
    made = attempts(known, unknown_counts=run.agreement["first_response"]["unknown_actor_counts"])
    match clock.kind:
        case "routing":
            return _routing(clock, passed, doubt)
        case "first_response":
            return _response(clock, made, passed, doubt)
        case _:
            replies = sorted((each for each in known if each.reply), key=lambda each: (each.at, each.id))
            return _cadence(clock, made, replies, passed, doubt)


def _routing(clock: Clock, passed: int, doubt: Doubt | None) -> Verdict:
    if clock.given is None:
        return _unkept(clock, passed, doubt)
    if clock.given > clock.due and not clock.missed and doubt is not None and clock.given <= doubt.until:
        return Verdict("unverified", clock.given, (*clock.given_by, doubt.fact(clock.given)))
    standing = _kept(clock) if clock.given <= clock.due else "missed"
    return Verdict(standing, clock.given, clock.given_by)


def _response(clock: Clock, made: list[Attempt], passed: int, doubt: Doubt | None) -> Verdict:
    answer = next((attempt for attempt in made if attempt.at > clock.asked_at), None)
    unkept = _unkept(clock, passed, doubt)
    if answer is None:
        return unkept
    told = tuple(each.id for each in answer.told)
    if answer.at <= _last(clock):
        return Verdict(_kept(clock), answer.at, told)
    return Verdict("missed", answer.at, told) if unkept.standing == "missed" else unkept


def _cadence(clock: Clock, made: list[Attempt], replies: list[Touch], passed: int, doubt: Doubt | None) -> Verdict:
    last = _last(clock)
    reply = next((each for each in replies if clock.asked_at < each.at <= last), None)
    if reply is not None:
        return Verdict(_kept(clock), reply.at, (reply.id,))
    counted = tries(made, clock.asked_at, last)
    evidence = tuple(each.id for attempt in counted for each in attempt.told)
    done = _done(counted, clock.run.agreement["cadence"])
    if done is not None and (clock.ending is not None or passed > clock.due):
        return Verdict(_kept(clock), done, evidence)
    unkept = _unkept(clock, passed, doubt)
    return Verdict("missed", None, (*unkept.evidence, *evidence)) if unkept.standing == "missed" else unkept


def _unkept(clock: Clock, passed: int, doubt: Doubt | None) -> Verdict:
    ending = clock.ending
    if ending is not None and ending.at <= clock.due:
        return Verdict(ending.standing, ending.at if ending.standing == "met" else None, (ending.fact,))
    if not clock.missed and clock.due < passed and doubt is not None and passed <= doubt.until:
        return Verdict("unverified", None, (doubt.fact(passed),))
    over = clock.missed or passed > clock.due
    return Verdict("missed", None, (clock.asked_by,)) if over else Verdict("pending")


def _kept(clock: Clock) -> str:
    return "withdrawn" if clock.missed else "met"


def _last(clock: Clock) -> int:
    return clock.due if clock.ending is None else min(clock.due, clock.ending.at)


def _done(counted: list[Attempt], cadence: dict[str, Any]) -> int | None:
    """When the last of the promised attempts was made."""
    last: list[int] = []
    for kind, promised in (("call", "calls"), ("email", "emails"), ("social", "socials")):
        times = [attempt.at for attempt in counted if attempt.first.kind == kind]
        if len(times) < cadence[promised]:
            return None
        last += times[cadence[promised] - 1 : cadence[promised]] if cadence[promised] else []
    return max(last, default=None)
