"""Stalls of our intake: from when to when nobody can tell whether a promise was kept (rule 30)."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from leadpact.verify.judging.facts import SECOND

_FRESHNESS = 3_600
"""What an agreement of before it could be said means."""


class Stall(NamedTuple):
    """Intake stood from one instant to another; `fact` is the record that says so."""

    from_at: int
    to_at: int
    fact: str


class Doubt(NamedTuple):
    """The first stall by which something is in doubt, and the last instant at which it is."""

    stall: Stall
    until: int


def doubt(agreement: dict[str, Any], stalls: Collection[Stall], due: int) -> Doubt | None:
    """The doubt about a promise that is due at an instant, if there is any."""
    freshness = agreement.get("freshness_seconds", _FRESHNESS) * SECOND
    for since, until in _silent(stalls, freshness):
        if since <= due < until:
            stall = min(each for each in stalls if each.from_at <= due < each.to_at + freshness)
            return Doubt(stall, until)
    return None


def _silent(stalls: Collection[Stall], freshness: int) -> Iterator[tuple[int, int]]:
    """Each stall with the freshness behind it; those that touch are one."""
    spans = sorted((stall.from_at, stall.to_at + freshness) for stall in stalls)
    while spans:
        since, until = spans.pop(0)
        while spans and spans[0][0] <= until:
            until = max(until, spans.pop(0)[1])
        yield since, until
