"""What holds for all leads of a partition by position: agreements, leave, closures, stalls of intake, silent feeds."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.hours import Hours
from leadpact.verify.judging.stalls import Doubt, Silence, Stall, doubt
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros

Cache = dict[tuple[str, int, frozenset[str]], Hours]
"""Hours by agreement, version and closures."""


class Budget(NamedTuple):
    """So many seconds of what a unit counts; a day is written as 86,400 of them."""

    unit: str
    seconds: int


class Plan(NamedTuple):
    """When a budget is used up, the absences that its calendar has then, and when one begins that outlasts it."""

    due: int
    absences: tuple[tuple[int, int], ...] = ()
    leaves_at: int | None = None


class Operations:
    """The fold of control records up to a position."""

    def __init__(self, controls: Iterable[Told], cache: Cache) -> None:
        self._cache = cache
        self.agreements: dict[tuple[str, int], dict[str, Any]] = {}
        self._leaves: dict[str, set[tuple[int, int]]] = {}
        self.rosters: dict[str, list[dict[str, Any]]] = {}
        self._closures: dict[str, set[str]] = {}
        self._stalls: dict[int, Stall] = {}
        self._silences: dict[tuple[str, int], Silence] = {}
        self.in_lane = False
        for record in controls:
            self._take(record)

    def _take(self, record: Told) -> None:
        said = record.said
        match record.type:
            case "agreement.in_force":
                self.agreements[said["agreement"]["id"], said["agreement"]["version"]] = said["agreement"]
            case "leave.taken":
                gone, back = (micros(datetime.fromisoformat(said[name])) for name in ("from_at", "to_at"))
                if gone < back:
                    self._leaves.setdefault(said["rep"], set()).add((gone, back))
            case "roster.changed":
                self.rosters[said["team"]] = said["reps"]
            case "closure.declared":
                self._closures.setdefault(said["team"], set()).add(said["day"])
            case "intake.stalled":
                stood, went_on = (micros(datetime.fromisoformat(said[name])) for name in ("from_at", "to_at"))
                if stood < went_on:  # one that goes on is told again
                    self._stalls[stood] = Stall(stood, went_on, record.envelope.id)
            case "backfill.opened" | "backfill.closed":
                self.in_lane = record.type == "backfill.opened"
            case "source.silent" | "source.resumed":
                self._hears(said, record.envelope.id, silent=record.type == "source.silent")
            case _:
                pass

    def _hears(self, said: dict[str, Any], fact: str, *, silent: bool) -> None:
        """A feed that stays silent is told so again, from the same instant; the first record is the one to name."""
        names = ("since", "until") if silent else ("from_at", "to_at")
        since, until = (micros(datetime.fromisoformat(said[name])) for name in names)
        if since < until:
            known = self._silences.get((said["source"], since))
            first = fact if known is None else known.fact
            self._silences[said["source"], since] = Silence(since, said["source"], until, first, silent)

    def doubt(self, agreement: dict[str, Any], kind: str, due: int) -> Doubt | None:
        """Why a promise that is due at an instant cannot be judged for a while, if so (rule 30)."""
        return doubt(agreement, kind, self._stalls.values(), self._silences.values(), due)

    def absent(self, rep: str, at: int) -> bool:
        """Whether a rep is on leave at an instant."""
        return any(gone <= at < back for gone, back in self._leaves.get(rep, ()))

    @property
    def leaves(self) -> dict[str, list[tuple[int, int]]]:
        """When each rep is gone and back again."""
        return {rep: sorted(spans) for rep, spans in self._leaves.items()}

    @property
    def closures(self) -> dict[str, list[str]]:
        """The dates on which each team is closed."""
        return {team: sorted(days) for team, days in self._closures.items()}

    @property
    def stalls(self) -> list[Stall]:
        """When intake stood."""
        return list(self._stalls.values())

    @property
    def silences(self) -> list[Silence]:
        """When feeds said nothing."""
        return list(self._silences.values())

    def away(self, rep: str | None) -> bool:
        """Whether any leave of a rep is known."""
        return rep in self._leaves

    def member(self, rep: str) -> bool:
        """Whether a rep is in any team."""
        return any(each["id"] == rep for reps in self.rosters.values() for each in reps)

    def back(self, team: str, at: int) -> list[int]:
        """When those of a team whose leave is not over at an instant come back."""
        reps = [each["id"] for each in self.rosters.get(team, ())]
        return [back for rep in reps for _, back in self._leaves.get(rep, ()) if back > at]

    def hours(self, agreement: dict[str, Any]) -> Hours:
        """The team's opening hours: the agreement's, less the team's closures (rule 4)."""
        closures = frozenset(self._closures.get(agreement["routing"]["team"], ()))
        key = agreement["id"], agreement["version"], closures
        if key not in self._cache:
            self._cache[key] = Hours(agreement["calendar"], closures)
        return self._cache[key]

    def plan(self, agreement: dict[str, Any], budget: Budget, owner: str | None, start: int) -> Plan:
        """What an owner keeps who starts then; leave that ends before it is due closes their calendar (rule 4)."""
        hours = self.hours(agreement)
        absences: tuple[tuple[int, int], ...] = ()
        for gone, back in sorted(self._leaves.get(owner or "", ())):
            end = used_up(hours, budget, start, absences)
            if back <= start or gone >= end:
                continue
            if back >= end:
                return Plan(end, absences, max(gone, start))
            absences = (*absences, (gone, back))
        return Plan(used_up(hours, budget, start, absences), absences)

    def spent(self, agreement: dict[str, Any], budget: Budget, owner: str | None, span: tuple[int, int]) -> int:
        """How much of a span counts for an owner who started with it: business time, or all of it."""
        start, end = span
        if budget.unit in {"elapsed", "days"}:
            return end - start
        gone = self.plan(agreement, budget, owner, start).absences if owner in self._leaves else ()
        return self.hours(agreement).elapsed(start, end, gone)

    def warned_from(
        self, agreement: dict[str, Any], budget: Budget, owner: str | None, start: int, percent: int
    ) -> int:
        """When that share of the budget is used up (rule 28); of days, a share of the time until they are over."""
        plan = self.plan(agreement, budget, owner, start)
        if budget.unit in {"days", "business_days"}:
            return start + (plan.due - start) * percent // 100
        share = Budget(budget.unit, budget.seconds * percent // 100)
        return used_up(self.hours(agreement), share, start, plan.absences)


def used_up(hours: Hours, budget: Budget, start: int, absences: Sequence[tuple[int, int]]) -> int:
    """When the whole budget has passed."""
    match budget.unit:
        case "business":
            return hours.due(start, budget.seconds * SECOND, absences)
        case "elapsed":
            return start + budget.seconds * SECOND
        case "days":
            return hours.due_days(start, budget.seconds // 86_400)
        case _:
            return hours.due_business_days(start, budget.seconds // 86_400, absences)


def late(hours: Hours, budget: Budget, start: int, step: int) -> int:
    """When so many budgets have passed: the next step of an escalation is to be taken (rule 28)."""
    return used_up(hours, Budget(budget.unit, budget.seconds * step), start, ())


class Positions:
    """A partition's control records, folded up to any position; `hours` remembers what was looked at already."""

    def __init__(self, controls: Sequence[Told], hours: Cache) -> None:
        self._controls = controls
        self._offsets = [record.offset for record in controls]
        self._hours = hours
        self._known: dict[int, Operations] = {}

    @property
    def end(self) -> int:
        """The offset of the last of them."""
        return self._offsets[-1] if self._offsets else 0

    @property
    def last(self) -> Operations:
        """What holds behind all of them."""
        return self._of(len(self._controls))

    def at(self, offset: int) -> Operations:
        """What holds behind the record at an offset."""
        return self._of(bisect_right(self._offsets, offset))

    def since(self, offset: int, matters: Callable[[Told], bool]) -> Iterator[Operations]:
        """What holds behind the record at an offset, then behind each later control record that matters."""
        known = bisect_right(self._offsets, offset)
        yield self._of(known)
        for count, record in enumerate(self._controls[known:], known + 1):
            if matters(record):
                yield self._of(count)

    def _of(self, count: int) -> Operations:
        if count not in self._known:
            self._known[count] = Operations(self._controls[:count], self._hours)
        return self._known[count]
