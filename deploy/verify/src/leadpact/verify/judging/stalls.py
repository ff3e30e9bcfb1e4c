"""Stalls of our intake and silent feeds: from when to when nobody can tell whether a promise was kept (rule 30)."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from leadpact.verify.judging.facts import SECOND

_FRESHNESS = 3_600
"""What an agreement of before it could be said means."""
_OUTWARD = frozenset({"first_response", "cadence"})
"""What touches prove."""


class Stall(NamedTuple):
    """Intake stood from one instant to another; `fact` is the record that says so."""

    from_at: int
    to_at: int
    fact: str


class Silence(NamedTuple):
    """A feed was last heard at an instant, and again at another; while it is `open`, time was told to go so far only.

    `fact` is the first record that says so.
    """

    since: int
    source: str
    to_at: int
    fact: str
    open: bool


class Span(NamedTuple):
    """What is due in `[begins, ends)` is in doubt, for the reason that `fact` says."""

    begins: int
    ends: int
    fact: str


class Doubt(NamedTuple):
    """The spans by which something is in doubt, with the ends that stalls have put off, and the last instant of it."""

    spans: tuple[Span, ...]
    until: int

    def fact(self, passed: int) -> str:
        """The record to name once time has passed so far: of the first that still stands."""
        return next(span.fact for span in self.spans if passed <= span.ends)


def doubt(
    agreement: dict[str, Any], kind: str, stalls: Iterable[Stall], silences: Iterable[Silence], due: int
) -> Doubt | None:
    """The doubt about a promise that is due at an instant, if there is any."""
    freshness = agreement.get("freshness_seconds", _FRESHNESS) * SECOND
    stood = [Span(stall.from_at, stall.to_at + freshness, stall.fact) for stall in sorted(stalls)]
    feeds = agreement.get("feeds", {}) if kind in _OUTWARD else {}
    told = [*stood, *_silent(feeds, sorted(silences))]
    spans = tuple(span._replace(ends=_put_off(span.ends, stood)) for span in told if span.begins <= due < span.ends)
    return Doubt(spans, max(span.ends for span in spans)) if spans else None


def _silent(feeds: dict[str, int], silences: Iterable[Silence]) -> Iterator[Span]:
    """Each silence from when the agreed time without a word was over, until as much time after it."""
    for silence in silences:
        if silence.source not in feeds:
            continue
        freshness = feeds[silence.source] * SECOND
        begins = silence.since + freshness
        if begins < silence.to_at:
            yield Span(begins, silence.to_at + (0 if silence.open else freshness), silence.fact)


def _put_off(ends: int, stood: Iterable[Span]) -> int:
    """A stall that begins while something is in doubt begins the time anew."""
    for span in stood:
        if span.begins <= ends:
            ends = max(ends, span.ends)
    return ends
