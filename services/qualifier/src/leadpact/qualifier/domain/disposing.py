"""What sales' verdicts and deals do to engagements (rules 19, 35, 50, 52); what makes no sense is refused and why.

What occurred before an engagement opened is about an earlier one, or none, however late it comes (rules 19 and 43).
"""

from collections.abc import Collection
from typing import assert_never

from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.lead import DealStatus, Dealt, Disposed, Verdict
from leadpact.contracts.events.qualification import Accepted, CommandRefused, EngagementClosed
from leadpact.contracts.registry import Event
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.reading import STATUS
from leadpact.qualifier.domain.state import Engagement, Lead


def dispose(control: Control, lead: Lead, disposed: Disposed, command: str, at: int) -> Event:
    """The answer to a disposition of an instant in microseconds; `command` is the fact's id."""

    def refused(reason: str, says: str) -> CommandRefused:
        return CommandRefused(command=command, reason=reason, says=says, cadence=disposed.cadence)

    named = [each for each in lead.open() if disposed.engagement in {None, each.id}]
    meant = [each for each in named if each.opened_at <= at]
    if len(meant) != 1:
        return refused(*_unclear(named, meant))
    (engagement,) = meant
    agreement = control.version(engagement.agreement, engagement.version)
    match disposed.verdict:
        case Verdict.ACCEPTED:
            if engagement.accepted:
                return refused("already_accepted", "this engagement is an SQL already")
            return Accepted(engagement=engagement.id)
        case Verdict.REJECTED | Verdict.RECYCLED:
            if problem := _problem(agreement, disposed) if disposed.cadence is None else _taken(lead, engagement, at):
                return refused(*problem)
            return EngagementClosed(engagement=engagement.id, outcome=disposed.verdict.value, reason=disposed.reason)
        case _:
            assert_never(disposed.verdict)


def deal(lead: Lead, dealt: Dealt, at: int) -> EngagementClosed | None:
    """The end of an engagement by a deal of an instant, if it ends one; without MQL it is sales-sourced (rule 19)."""
    match dealt.status:
        case DealStatus.OPEN:
            return None
        case DealStatus.WON | DealStatus.LOST:
            engagement = next((each for each in lead.open() if _concerns(dealt, each, at)), None)
            if engagement is None:
                return None
            return EngagementClosed(engagement=engagement.id, outcome=dealt.status.value)
        case _:
            assert_never(dealt.status)


def _concerns(dealt: Dealt, engagement: Engagement, at: int) -> bool:
    return dealt.product_line in {None, engagement.product_line} and engagement.opened_at <= at


def _unclear(named: Collection[Engagement], meant: Collection[Engagement]) -> tuple[str, str]:
    """Why it cannot be told which of the open engagements named is meant."""
    if meant:
        return "ambiguous_engagement", "this lead has several open engagements: say which one is meant"
    if named:
        return "before_opening", "this verdict is from before the lead's open engagement began"
    return "no_open_engagement", "this lead has no open engagement to judge"


def _taken(lead: Lead, engagement: Engagement, at: int) -> tuple[str, str] | None:
    """Why an exhausted cadence closes nothing: something has come of the lead that only sales can end (rule 27)."""
    if engagement.accepted:
        return "already_accepted", "sales accepted the lead before its exhausted cadence was told"
    status = lead.ledger.value(STATUS, at)
    if status is not None and status.value == DealStatus.OPEN:
        return "open_opportunity", "the lead has an open opportunity, whatever came of its cadence"
    return None


def _problem(agreement: Agreement, disposed: Disposed) -> tuple[str, str] | None:
    """What is wrong with the reason given; recycling needs none, but one that a person gives must be right."""
    if disposed.reason is None:
        if disposed.verdict is Verdict.RECYCLED:
            return None
        return "reason_missing", f"a rejection needs a reason: {_listed(agreement)}"
    reason = next((each for each in agreement.reasons if each.id == disposed.reason), None)
    if reason is None:
        return "unknown_reason", f"this is no reason of the agreement: {_listed(agreement)}"
    if missing := [name for name in reason.requires if name not in disposed.given]:
        return "data_missing", f"the reason {reason.id!r} needs {', '.join(missing)}"
    return None


def _listed(agreement: Agreement) -> str:
    return ", ".join(reason.id for reason in agreement.reasons)
