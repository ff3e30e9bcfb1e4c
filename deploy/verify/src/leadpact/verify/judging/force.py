"""Which agreements are in force at a position of a partition (rule 51), and since when they may judge whom."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from leadpact.verify.judging.definitions import turns
from leadpact.verify.judging.facts import Facts
from leadpact.verify.judging.zone import span
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros


@dataclass(frozen=True, slots=True)
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
    turns: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        """Look at the definition once."""
        object.__setattr__(self, "turns", turns(self.agreement["criteria"]))

    @property
    def name(self) -> tuple[str, int]:
        """Id and version."""
        return self.agreement["id"], self.agreement["version"]

    def judges_from(self, facts: Facts, *, from_lane: bool) -> int:
        """The first instant it may judge of a lead."""
        if not (from_lane and self.before_history):
            return self.since
        known = facts.instants()
        first = bisect_left(known, self.begins)
        return min(known[first], self.ends) if first < len(known) else self.ends


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force behind a control record; `lines` has versions by product line, first the one that governs first
    (rule 44)."""

    versions: Mapping[tuple[str, int], Version] = field(default_factory=dict)
    history: bool = False
    lines: Mapping[str | None, Sequence[Version]] = field(init=False)

    def __post_init__(self) -> None:
        """Put those in force into their order."""
        found: dict[str | None, list[Version]] = {}
        held = [version for version in self.versions.values() if version.in_force]
        for version in sorted(held, key=lambda v: (v.agreement["priority"], v.agreement["id"])):
            found.setdefault(version.agreement["product_line"], []).append(version)
        object.__setattr__(self, "lines", found)

    def behind(self, record: Told) -> "Force":
        """What is in force after one more control record."""
        match record.type:
            case "agreement.in_force":
                agreement = record.said["agreement"]
                begins, ends = map(micros, span(agreement["calendar"]))
                new = Version(agreement, micros(record.envelope.recorded_at), begins, ends, not self.history)
                others = {
                    name: replace(version, in_force=version.in_force and name[0] != agreement["id"])
                    for name, version in self.versions.items()
                    if name != new.name
                }
                return Force({**others, new.name: new}, self.history)
            case "agreement.retired":
                name = record.said["agreement"], record.said["version"]
                if name not in self.versions:
                    return self
                return Force({**self.versions, name: replace(self.versions[name], in_force=False)}, self.history)
            case "backfill.opened":
                return self if self.history else Force(self.versions, history=True)
            case _:
                return self


class Rules:
    """A partition's control records in their order, each with what is in force behind it: folded once for all leads."""

    def __init__(self, controls: Sequence[Told]) -> None:
        self.controls = controls
        self.behind: dict[int, Force] = {}
        force = Force()
        for record in controls:
            force = self.behind[record.offset] = force.behind(record)
