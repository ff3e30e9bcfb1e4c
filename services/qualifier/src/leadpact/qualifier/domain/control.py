"""What a partition knows of agreements: which are in force, since when, and every version an engagement may need."""

import msgspec
from msgspec.structs import replace

from leadpact.calendar import from_dict
from leadpact.contracts.agreement import Agreement
from leadpact.contracts.events.control import BackfillOpened, InForce, Retired
from leadpact.kit.decider import Fact
from leadpact.qualifier.domain.instants import micros


class Version(msgspec.Struct, frozen=True, array_like=True):
    """A version of an agreement; of its calendar only the span `[begins, ends)` is kept, as it judges nothing else.

    `since` is when it came into force. `before_history`: that was before any backfill, so that it judges history too
    (docs/adr/0010).
    """

    agreement: Agreement
    since: int
    before_history: bool
    begins: int
    ends: int
    in_force: bool = True


class Control(msgspec.Struct, frozen=True, array_like=True):
    """The fold of a partition's control records."""

    versions: tuple[Version, ...] = ()
    history_seen: bool = False

    def in_force(self) -> list[Version]:
        """Versions that may open engagements, first the one that governs first (rule 44)."""
        held = [version for version in self.versions if version.in_force]
        return sorted(held, key=lambda version: (version.agreement.priority, version.agreement.id))

    def version(self, agreement: str, number: int) -> Agreement:
        """The version that an engagement keeps; it was in force here when the engagement opened."""
        return next(
            held.agreement
            for held in self.versions
            if (held.agreement.id, held.agreement.version) == (agreement, number)
        )


def evolve(control: Control, fact: Fact) -> Control:
    """The control state after a control record."""
    match fact.event:
        case InForce(agreement=agreement):
            new = _entered(agreement, micros(fact.envelope.recorded_at), before_history=not control.history_seen)
            others = [each for each in control.versions if _identity(each) != _identity(new)]
            ended = [_ended(each) if each.agreement.id == agreement.id else each for each in others]
            return replace(control, versions=(*ended, new))
        case Retired(agreement=agreement, version=number):
            versions = [_ended(each) if _identity(each) == (agreement, number) else each for each in control.versions]
            return replace(control, versions=tuple(versions))
        case BackfillOpened():
            return replace(control, history_seen=True)
        case _:  # rosters, leave, closures: the qualifier only passes them on
            return control


def _entered(agreement: Agreement, since: int, *, before_history: bool) -> Version:
    calendar = from_dict(agreement.calendar)
    return Version(
        agreement=replace(agreement, calendar={}),
        since=since,
        before_history=before_history,
        begins=micros(calendar.begins),
        ends=micros(calendar.ends),
    )


def _identity(version: Version) -> tuple[str, int]:
    return version.agreement.id, version.agreement.version


def _ended(version: Version) -> Version:
    return replace(version, in_force=False)
