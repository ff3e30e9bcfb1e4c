"""A lead's ledger: every fact that a definition may read, in order of time, bounded by content and not by arrival.

What is kept is a function of the set of facts: of signals the first 32 per kind, subject and UTC day, of an attribute's
values the last 32 per day, both back to the horizon of 400 days before the latest fact. Instants are microseconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from leadpact.contracts.agreement import Scalar
from leadpact.qualifier.domain.instants import DAY, day

HORIZON_DAYS = 400
HORIZON = HORIZON_DAYS * DAY
MOST_A_DAY = 32
BEGINNING = -(1 << 62)
"""Before every instant."""


class Signal(NamedTuple):
    """A sign of interest; sorts by time, then id (rule 49)."""

    at: int
    id: bytes
    kind: str
    subject: str


class Value(NamedTuple):
    """What an attribute became, by which fact."""

    at: int
    id: bytes
    value: Scalar


class Capture(NamedTuple):
    """How the lead became known."""

    at: int
    id: bytes
    source: str
    channel: str


E = TypeVar("E", bound=Signal | Value)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Facts of one lead.

    `latest` is the latest `occurred_at` seen; `whole_from` the first instant for which nothing has left the ledger, so
    that no earlier one can be judged any more.
    """

    signals: tuple[Signal, ...] = ()
    attributes: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    capture: Capture | None = None
    test: bool = False
    latest: int = BEGINNING
    whole_from: int = BEGINNING

    def value(self, attribute: str, at: int) -> Value | None:
        """The value in force at an instant: the latest by `occurred_at`, ties by event id."""
        values = self.attributes.get(attribute, ())
        index = bisect_right(values, at, key=_at)
        return values[index - 1] if index else None

    def within(self, after: int, upto: int) -> tuple[Signal, ...]:
        """Signals in `(after, upto]` (rule 5)."""
        return self.signals[bisect_right(self.signals, after, key=_at) : bisect_right(self.signals, upto, key=_at)]

    def changes(self, after: int, upto: int) -> set[int]:
        """Instants in `(after, upto]` at which a fact occurred."""
        values = (value.at for values in self.attributes.values() for value in values if after < value.at <= upto)
        return {*values, *(signal.at for signal in self.within(after, upto))}

    def with_signal(self, signal: Signal) -> "Ledger":
        """The ledger with one more signal; the same fact twice changes nothing."""
        signals = _insert(self.signals, signal)
        today = [
            each
            for each in signals[_first_of(signals, signal.at) : _first_of(signals, signal.at + DAY)]
            if (each.kind, each.subject) == (signal.kind, signal.subject)
        ]
        if len(today) > MOST_A_DAY:
            signals = tuple(each for each in signals if each != today[-1])
        return replace(self, signals=signals)

    def with_values(self, at: int, id_: bytes, values: Mapping[str, Scalar]) -> "Ledger":
        """The ledger with what some attributes became."""
        attributes = dict(self.attributes)
        for name, value in values.items():
            held = _insert(attributes.get(name, ()), Value(at, id_, value))
            today = [each for each in held if day(each.at) == day(at)]
            attributes[name] = tuple(each for each in held if each != today[0]) if len(today) > MOST_A_DAY else held
        return replace(self, attributes=attributes)

    def without(self, id_: bytes, names: Iterable[str]) -> "Ledger":
        """The ledger without what a fact said of these attributes."""
        kept = {name: tuple(each for each in self.attributes.get(name, ()) if each.id != id_) for name in names}
        attributes = {**self.attributes, **kept}
        return replace(self, attributes={name: values for name, values in attributes.items() if values})

    def with_capture(self, capture: Capture, *, test: bool) -> "Ledger":
        """The ledger with a capture; the earliest is how the lead found us, and a single test makes a test lead."""
        first = capture if self.capture is None else min(self.capture, capture)
        return replace(self, capture=first, test=self.test or test)

    def upto(self, at: int) -> "Ledger":
        """The ledger after a fact of this instant: what now lies beyond the horizon leaves it."""
        latest = max(self.latest, at)
        cut = day(latest - HORIZON) * DAY
        index = bisect_left(self.signals, cut, key=_at)
        whole = self.whole_from
        if index:
            whole = max(whole, (day(self.signals[index - 1].at) + 1) * DAY + HORIZON)
        attributes: dict[str, tuple[Value, ...]] = {}
        for name, values in self.attributes.items():
            old = bisect_left(values, cut, key=_at) - 1  # the value that still holds at the cut stays
            attributes[name] = values[max(old, 0) :]
            if old > 0:
                whole = max(whole, values[old].at)
        return replace(self, signals=self.signals[index:], attributes=attributes, latest=latest, whole_from=whole)


def _at(fact: Signal | Value) -> int:
    return fact.at


def _order(fact: Signal | Value) -> tuple[int, bytes]:
    return fact.at, fact.id


def _first_of(signals: tuple[Signal, ...], at: int) -> int:
    return bisect_left(signals, day(at) * DAY, key=_at)


def _insert(facts: tuple[E, ...], fact: E) -> tuple[E, ...]:
    index = bisect_left(facts, _order(fact), key=_order)
    if index < len(facts) and _order(facts[index]) == _order(fact):
        return facts
    return (*facts[:index], fact, *facts[index:])
