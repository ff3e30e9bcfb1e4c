"""Verdicts in words: one plain sentence each, with local time and zone (rule 48)."""

from datetime import datetime
from typing import assert_never

from leadpact.calendar import Calendar, local
from leadpact.contracts.agreement import Agreement, Cadence, Unit
from leadpact.contracts.events.lead import Outcome, TouchKind
from leadpact.contracts.events.sla import ClockKind, Standing
from leadpact.sla_monitor.domain.attempts import Attempt
from leadpact.sla_monitor.domain.control import Control
from leadpact.sla_monitor.domain.deadlines import spent
from leadpact.sla_monitor.domain.doubts import Gap, Stall
from leadpact.sla_monitor.domain.findings import Answered, Ended, Finding, Given, Replied, Silence, Tallied
from leadpact.sla_monitor.domain.state import Budget, Clock, Counts

_ENDS = {
    Standing.PENDING: "pending again",
    Standing.MET: "met",
    Standing.MISSED: "missed",
    Standing.WITHDRAWN: "the miss is withdrawn",
    Standing.VOIDED: "voided",
    Standing.CANCELLED: "cancelled",
    Standing.UNVERIFIED: "unverified",
}


def verdict(control: Control, agreement: Agreement, clock: Clock, finding: Finding, known_at: datetime) -> str:
    """Why a clock was judged so.

    For example “Ann called 12 min 30 s of business time after assignment; due was Tue 4 Mar 2025 10:40
    America/New_York: met.”
    """
    calendar = control.hours(agreement)
    clause = _clause(control, agreement, clock, finding)
    if finding.standing is Standing.WITHDRAWN:
        clause += f", which we learned at {moment(calendar, known_at)}"
    if finding.unheard is not None:
        clause += f", as far as we know: {_unheard(calendar, finding.unheard)}"
    was = "is" if finding.standing is Standing.PENDING else "was"
    return f"{clause}; due {was} {moment(calendar, clock.segment.due)}: {_ENDS[finding.standing]}."


def voided(control: Control, agreement: Agreement, clock: Clock) -> str:
    """Why a verdict was taken back (rule 25)."""
    due = moment(control.hours(agreement), clock.segment.due)
    return f"The email that counted bounced; due was {due}: voided."


def name(control: Control, id_: str | None) -> str:
    """A rep's name as the roster has it."""
    if id_ is None:
        return "Nobody"
    rep = control.rep(id_)
    return rep.name if rep else id_


def moment(calendar: Calendar, instant: datetime) -> str:
    """An instant on the wall of the team's zone; seconds only where there are some."""
    shown = local(calendar, instant)
    clock = f"{shown:%H:%M:%S}" if shown.second else f"{shown:%H:%M}"
    return f"{shown:%a} {shown.day} {shown:%b %Y} {clock} {shown.tzname()}"


def promised(budget: Budget) -> str:
    """A budget in words."""
    days = budget.length.days
    match budget.unit:
        case Unit.BUSINESS | Unit.ELAPSED:
            return length(budget.unit, budget.seconds)
        case Unit.DAYS:
            return f"{days} day" if days == 1 else f"{days} days"
        case Unit.BUSINESS_DAYS:
            return f"{days} business day" if days == 1 else f"{days} business days"
        case never:
            assert_never(never)


def length(unit: Unit, seconds: int) -> str:
    """Time that has passed on a clock, in words; days only of elapsed time, as a business day has no fixed length."""
    business = unit in (Unit.BUSINESS, Unit.BUSINESS_DAYS)
    rest, parts = seconds, []
    sizes = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for name_, size in sizes[1:] if business else sizes:
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {name_}")
    text = " ".join(parts) or "0 s"
    return f"{text} of business time" if business else text


def tally(counts: Counts, cadence: Cadence) -> str:
    """Attempts against what was promised."""
    rows = (
        ("calls", counts.calls, cadence.calls),
        ("emails", counts.emails, cadence.emails),
        ("social touches", counts.socials, cadence.socials),
    )
    return ", ".join(f"{made} of {wanted} {what}" for what, made, wanted in rows if wanted)


def _unheard(calendar: Calendar, by: Stall | Gap) -> str:
    since = moment(calendar, by.from_at)
    match by:
        case Stall():
            return f"our intake stood still from {since} to {moment(calendar, by.to_at)}"
        case Gap(over=True):
            return f"the feed {by.source} was silent from {since} to {moment(calendar, by.to_at)}"
        case Gap():
            return f"the feed {by.source} has been silent since {since}"
        case never:
            assert_never(never)


def _clause(control: Control, agreement: Agreement, clock: Clock, finding: Finding) -> str:
    since = _since(clock)
    match finding.cause:
        case Answered(attempt):
            who = name(control, attempt.first.actor) if attempt.outward else "The lead"
            return f"{who} {_did(attempt)} {_after(control, agreement, clock, attempt.at)}"
        case Replied(touch):
            return f"The lead replied {_after(control, agreement, clock, touch.occurred_at)}"
        case Tallied(counts):
            return f"{tally(counts, agreement.cadence)} within {promised(clock.budget)} of {since}"
        case Given(owner):
            return f"{name(control, owner)} got the lead {_after(control, agreement, clock, finding.answered_at)}"
        case Ended(ending):
            return ending.says
        case Silence():
            did = "got the lead" if clock.kind is ClockKind.ROUTING else "reached out"
            return f"Nobody {did} within {promised(clock.budget)} of {since}"
        case never:
            assert_never(never)


def _after(control: Control, agreement: Agreement, clock: Clock, at: datetime | None) -> str:
    if at is None or at < clock.segments[0].started_at:
        return f"before {_since(clock)}"
    seconds = spent(control, agreement, clock, at)
    return f"{length(clock.budget.unit, seconds)} after {_since(clock)}"


def _since(clock: Clock) -> str:
    if clock.kind is ClockKind.ROUTING:
        return "qualification"
    return "the lead's reply was known" if clock.replies_to else "assignment"


def _did(attempt: Attempt) -> str:
    touch = attempt.first
    match touch.kind:
        case TouchKind.CALL:
            return "called"
        case TouchKind.EMAIL:
            return "wrote"
        case TouchKind.SOCIAL:
            return "reached out on a social network"
        case TouchKind.MEETING:
            return "booked a meeting" if touch.outcome is Outcome.BOOKED else "met"
        case never:
            assert_never(never)
