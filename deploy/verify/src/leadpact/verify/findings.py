"""What was found: figures by name, violations by check; of each check all are counted and the first ones kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

KEPT = 20
"""Violations of one check that are shown."""


class Check(StrEnum):
    """What is checked, in the order in which a person should look at it."""

    SEQUENCES = "sequences"
    OUTCOMES = "outcomes"
    EVENTS = "events"
    POSITIONS = "positions"
    ENGAGEMENTS = "engagements"
    MQLS = "mqls"
    CLOCKS = "clocks"
    PROMISES = "promises"
    STATE = "state"
    READ_MODELS = "read_models"
    EFFECTS = "effects"
    RETURNS = "returns"
    CANARIES = "canaries"


@dataclass(frozen=True, slots=True)
class Violation:
    """One place that breaks a rule."""

    check: Check
    where: str
    says: str


@dataclass(slots=True)
class Findings:
    """Gathers while reading; `figures` say how much was looked at, so that nothing found means something."""

    figures: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    totals: Counter[Check] = field(default_factory=Counter)

    def count(self, what: str, number: int = 1) -> None:
        """So many more of these were looked at."""
        self.figures[what] += number

    def add(self, other: "Findings") -> None:
        """What others found, behind what was found so far."""
        self.figures.update(other.figures)
        for each in other.violations:
            if sum(known.check is each.check for known in self.violations) < KEPT:
                self.violations.append(each)
        self.totals.update(other.totals)

    def decided(self, consumer: str, revisions: Iterable[int], *, again: bool) -> None:
        """A lead's decisions, by the revision of the code that took them, were judged again or passed over."""
        for revision in revisions:
            self.count(f"decisions of {consumer} revision {revision} {'judged again' if again else 'passed over'}")

    def violated(self, check: Check, where: str, says: str) -> None:
        """A rule is broken here."""
        self.totals[check] += 1
        if self.totals[check] <= KEPT:
            self.violations.append(Violation(check, where, says))
