"""What holds for every lead of a partition: agreements, rosters, leave, closures, stalls, silent feeds, from control
records."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec

from leadpact.calendar import Calendar, from_dict
from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.control import (
    BackfillOpened,
    ClosureDeclared,
    InForce,
    IntakeStalled,
    LeaveTaken,
    Rep,
    Retired,
    RosterChanged,
    SourceResumed,
    SourceSilent,
)
from leadpact.contracts.events.sla import ClockKind
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.doubts import Doubt, Gap, Stall, doubt, heard_of, remembered
from leadpact.sla_monitor.domain.state import Engagement
from leadpact.sla_monitor.errors import UnknownAgreement


class Leave(msgspec.Struct, frozen=True, order=True):
    """Absent in `[from_at, to_at)`."""

    from_at: datetime
    to_at: datetime


class Reign(msgspec.Struct, frozen=True):
    """That a version of an agreement was in force in `[from_at, until)`, as control record `control` said."""

    agreement: str
    version: int
    control: int
    from_at: datetime
    until: datetime | None = None


class Control(msgspec.Struct, frozen=True, dict=True):
    """Agreements by `id@version`, all kept, since a running clock keeps the one it started under (rule 6).

    `reigns` says in order which of them was in force when, but for what happened before this was noted; `history` is
    the number of the last record that opened a lane of history, 0 before the first.
    """

    agreements: dict[str, Agreement] = {}
    rosters: dict[str, tuple[Rep, ...]] = {}
    leaves: dict[str, tuple[Leave, ...]] = {}
    closures: dict[str, tuple[date, ...]] = {}
    stalls: tuple[Stall, ...] = ()
    gaps: tuple[Gap, ...] = ()
    reigns: tuple[Reign, ...] = ()
    history: int = 0

    def agreement(self, engagement: Engagement) -> Agreement:
        """The version that governs a run; raises `UnknownAgreement`."""
        key = _key(engagement.agreement, engagement.version)
        found = self.agreements.get(key)
        if found is None:
            raise UnknownAgreement(key)
        return found

    def calendar(self, agreement: str, version: int) -> Calendar:
        """What both teams signed, without closures; raises `UnknownAgreement`."""
        key = _key(agreement, version)
        if key not in self._signed:
            found = self.agreements.get(key)
            if found is None:
                raise UnknownAgreement(key)
            self._signed[key] = from_dict(found.calendar)
        return self._signed[key]

    def teams(self) -> tuple[str, ...]:
        """Every team that some version routes to."""
        return tuple(sorted({agreement.routing.team for agreement in self.agreements.values()}))

    def hours(self, agreement: Agreement) -> Calendar:
        """The team's opening hours: the agreement's, less the team's closures (rule 4)."""
        key = _key(agreement.id, agreement.version)
        if key not in self._calendars:
            calendar = from_dict(agreement.calendar)
            days = frozenset(self.closures.get(agreement.routing.team, ()))
            kept = tuple(special for special in calendar.special if special[0] not in days)
            self._calendars[key] = replace(calendar, closed=calendar.closed | days, special=kept)
        return self._calendars[key]

    def doubt(self, engagement: Engagement, kind: ClockKind, due: datetime) -> Doubt | None:
        """Why a promise of a run that is due at an instant cannot be judged for a while, if so (rule 30)."""
        agreement = self.agreement(engagement)
        # touches prove no routing: who has a lead is told by other facts, most of them our own
        feeds = {} if kind is ClockKind.ROUTING else _spans(agreement.feeds)
        return doubt(due, self.stalls, timedelta(seconds=agreement.freshness_seconds), self.gaps, feeds)

    def hears(self, gap: Gap, passed: datetime) -> "Control":
        """The control state after news of a feed's gap, by a record up to which time has passed so far."""
        longest: dict[str, timedelta] = {}
        for agreement in self.agreements.values():
            for source, freshness in _spans(agreement.feeds).items():
                longest[source] = max(freshness, longest.get(source, freshness))
        return msgspec.structs.replace(self, gaps=heard_of(self.gaps, gap, passed, self.stalls, longest))

    def absent(self, rep: str, at: datetime) -> bool:
        """Whether a rep is on leave at an instant."""
        return any(leave.from_at <= at < leave.to_at for leave in self.leaves.get(rep, ()))

    def rep(self, id_: str) -> Rep | None:
        """The rep of that id in any team."""
        return next((rep for team in sorted(self.rosters) for rep in self.rosters[team] if rep.id == id_), None)

    @cached_property
    def _signed(self) -> dict[str, Calendar]:
        return {}

    @cached_property
    def _calendars(self) -> dict[str, Calendar]:
        return {}


def evolve_control(control: Control, fact: Fact) -> Control:  # noqa: PLR0911 - one for each kind of event
    """The control state after a control record; what this service does not need leaves it as it is."""
    match fact.event:
        case InForce(agreement=agreement, control=number):
            known = control.agreements | {_key(agreement.id, agreement.version): agreement}
            at = fact.envelope.recorded_at
            reign = Reign(agreement.id, agreement.version, number, at)
            return msgspec.structs.replace(
                control, agreements=known, reigns=(*_ended(control.reigns, agreement.id, at), reign)
            )
        case Retired(agreement=of, version=version):
            reigns = _ended(control.reigns, of, fact.envelope.recorded_at, version)
            return msgspec.structs.replace(control, reigns=reigns)
        case BackfillOpened(control=number):
            return msgspec.structs.replace(control, history=number)
        case RosterChanged(team=team, reps=reps):
            return msgspec.structs.replace(control, rosters=control.rosters | {team: reps})
        case LeaveTaken(rep=rep, from_at=from_at, to_at=to_at) if from_at < to_at:
            taken = tuple(sorted({*control.leaves.get(rep, ()), Leave(from_at, to_at)}))
            return msgspec.structs.replace(control, leaves=control.leaves | {rep: taken})
        case ClosureDeclared(team=team, day=day):
            days = tuple(sorted({*control.closures.get(team, ()), day}))
            return msgspec.structs.replace(control, closures=control.closures | {team: days})
        case IntakeStalled(from_at=from_at, to_at=to_at) if from_at < to_at:
            stall = Stall(from_at, to_at, fact.envelope.id)
            return msgspec.structs.replace(control, stalls=remembered(control.stalls, stall))
        case SourceSilent(source=source, since=since, until=until) if since < until:
            return control.hears(Gap(since, source, until, fact.envelope.id), fact.envelope.mark)
        case SourceResumed(source=source, from_at=from_at, to_at=to_at) if from_at < to_at:
            return control.hears(Gap(from_at, source, to_at, fact.envelope.id, over=True), fact.envelope.mark)
        case _:
            return control


def _ended(reigns: tuple[Reign, ...], agreement: str, at: datetime, version: int | None = None) -> tuple[Reign, ...]:
    """The reigns with that of an agreement ended, or of one version of it."""

    def ends(reign: Reign) -> bool:
        return reign.until is None and reign.agreement == agreement and version in (None, reign.version)

    return tuple(msgspec.structs.replace(reign, until=at) if ends(reign) else reign for reign in reigns)


def _spans(feeds: Mapping[str, int]) -> dict[str, timedelta]:
    return {source: timedelta(seconds=seconds) for source, seconds in feeds.items()}


def _key(agreement: str, version: int) -> str:
    return f"{agreement}@{version}"
