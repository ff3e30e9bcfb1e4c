"""When a lead may open an engagement, and under which agreement (rules 3, 12, 16, 18, 19, 44, 51).

For each product line without an open engagement, every instant that may matter is judged in order; the first at which
the governing agreement's definition holds opens one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from leadpact.contracts.agreement import Agreement
from leadpact.qualifier.domain.control import Control, Version
from leadpact.qualifier.domain.instants import END, SECOND
from leadpact.qualifier.domain.interpreter import instants, met, truth
from leadpact.qualifier.domain.ledger import BEGINNING, Ledger
from leadpact.qualifier.domain.state import Engagement, Lead


@dataclass(frozen=True, slots=True)
class Opening:
    """The definition of the agreement that governs the lead became true at `at`."""

    at: int
    agreement: Agreement


def openings(control: Control, lead: Lead, first: int, last: int = END) -> list[Opening]:
    """The earliest opening of each product line that falls within `[first, last]`, earliest first."""
    ledger = lead.ledger
    if ledger.capture is None or ledger.test:
        return []
    floor = max(first, ledger.capture.at, ledger.whole_from)
    lines: dict[str | None, list[Version]] = {}
    for version in control.in_force():
        lines.setdefault(version.agreement.product_line, []).append(version)
    found = [_opening(control, lead, versions, (floor, last)) for versions in lines.values()]
    return sorted((each for each in found if each), key=lambda each: (each.at, each.agreement.id))


def _opening(control: Control, lead: Lead, versions: Sequence[Version], span: tuple[int, int]) -> Opening | None:
    """The earliest opening in one product line, whose versions are given in the order in which they govern."""
    first, last = span
    closed_at, before = BEGINNING, lead.last(versions[0].agreement.product_line)
    if before is not None:
        kept = control.version(before.agreement, before.version)
        if before.closed_at is None or not _may_return(kept, before):
            return None
        closed_at = before.closed_at
        first = max(first, closed_at + kept.cool_down_seconds * SECOND)
    ledger = lead.ledger
    candidates = [(version.agreement, _since(version, lead), version.ends) for version in versions]
    judged: set[int] = set()
    for agreement, since, ends in candidates:
        begin, end = max(first, since), min(last, ends - 1)
        if begin <= end:
            judged |= instants(agreement.criteria, ledger, begin, end)
    for at in sorted(judged):
        governing = next(
            (each for each, since, ends in candidates if since <= at < ends and _in_scope(each, ledger, at)), None
        )
        if (
            governing is not None
            and (before is None or ledger.within(closed_at, at))
            and truth(governing.criteria, ledger, at) is True
            and not _suppressed(governing, ledger, at)
        ):
            return Opening(at, governing)
    return None


def _since(version: Version, lead: Lead) -> int:
    """From when a version may judge a lead (rule 51).

    History that came in behind it is judged from its first fact within the version's calendar on (docs/adr/0010).
    """
    if not (lead.from_lane and version.before_history):
        return version.since
    return min(lead.ledger.changes(version.begins - 1, version.ends - 1), default=version.ends)


def _in_scope(agreement: Agreement, ledger: Ledger, at: int) -> bool:
    return all(met(condition, ledger, at) for condition in agreement.scope)


def _suppressed(agreement: Agreement, ledger: Ledger, at: int) -> bool:
    """Suppressed then or by now (rule 12): a late fact does not make an MQL of a customer."""
    return any(met(condition, ledger, when) for condition in agreement.suppressed for when in (at, ledger.latest))


def _may_return(agreement: Agreement, closed: Engagement) -> bool:
    """Whether a lead may qualify again after this end (rule 19)."""
    match closed.outcome:
        case "recycled":
            return True
        case "rejected":
            return any(reason.may_return for reason in agreement.reasons if reason.id == closed.reason)
        case "lost":
            return agreement.lost_may_return
        case _:  # won: a customer's next purchase is no new lead
            return False
