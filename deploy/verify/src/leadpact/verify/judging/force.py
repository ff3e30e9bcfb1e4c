"""Which agreements are in force at a position of a partition (rule 51), and since when they may judge whom."""

from dataclasses import dataclass, field
from typing import Any

from leadpact.verify.judging.facts import Facts
from leadpact.verify.judging.zone import span
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros


@dataclass(slots=True)
class Version:
    """A version of an agreement; it judges instants of its calendar `[begins, ends)` alone (ADR 11).

    `before_history`: no backfill had been opened when it came into force (ADR 10).
    """

    agreement: dict[str, Any]
    since: int
    begins: int
    ends: int
    before_history: bool
    in_force: bool = True

    @property
    def name(self) -> tuple[str, int]:
        """Id and version."""
        return self.agreement["id"], self.agreement["version"]

    def judges_from(self, facts: Facts, *, from_lane: bool) -> int:
        """The first instant it may judge of a lead."""
        if not (from_lane and self.before_history):
            return self.since
        return min((at for at in facts.instants() if self.begins <= at < self.ends), default=self.ends)


@dataclass(slots=True)
class Force:
    """The fold of a partition's control records."""

    versions: dict[tuple[str, int], Version] = field(default_factory=dict)
    history: bool = False

    def take(self, record: Told) -> None:
        """One more control record."""
        match record.type:
            case "agreement.in_force":
                agreement = record.said["agreement"]
                begins, ends = map(micros, span(agreement["calendar"]))
                for version in self.versions.values():
                    if version.agreement["id"] == agreement["id"]:
                        version.in_force = False
                new = Version(agreement, micros(record.envelope.recorded_at), begins, ends, not self.history)
                self.versions.pop(new.name, None)
                self.versions[new.name] = new
            case "agreement.retired":
                known = self.versions.get((record.said["agreement"], record.said["version"]))
                if known is not None:
                    known.in_force = False
            case "backfill.opened":
                self.history = True
            case _:
                pass

    def lines(self) -> dict[str | None, list[Version]]:
        """Versions in force by product line, first the one that governs first (rule 44)."""
        found: dict[str | None, list[Version]] = {}
        held = [version for version in self.versions.values() if version.in_force]
        for version in sorted(held, key=lambda v: (v.agreement["priority"], v.agreement["id"])):
            found.setdefault(version.agreement["product_line"], []).append(version)
        return found
