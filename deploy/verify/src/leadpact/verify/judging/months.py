"""What agreements ask of marketing month by month (rule 53): each day by the version in force at its end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from leadpact.verify.judging.zone import first_instant

_DAY = timedelta(days=1)
Version = tuple[str, int]


class Asked(NamedTuple):
    """A month `[begins, ends)`; `shares` are version, monthly target, business days in force, those of the month."""

    version: int
    begins: datetime
    ends: datetime
    shares: tuple[tuple[int, int, int, int], ...]

    @property
    def target(self) -> int:
        """So many leads at least."""
        return ceil(sum(Fraction(per_month * days, of) for _, per_month, days, of in self.shares))


@dataclass(slots=True)
class Reign:
    """That a version came into force with a control record, and when another one or none followed."""

    version: Version
    control: int
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class Reigns:
    """The fold of a partition's control records; `history` is the number of the last lane's opening."""

    agreements: dict[Version, dict[str, Any]] = field(default_factory=dict)
    reigns: list[Reign] = field(default_factory=list)
    history: int = 0
    _known: dict[tuple[Version, str], tuple[datetime, datetime]] = field(default_factory=dict)

    def take(self, type_: str, said: dict[str, Any], recorded_at: datetime) -> None:
        """One more control record."""
        match type_:
            case "agreement.in_force":
                version = said["agreement"]["id"], said["agreement"]["version"]
                self.agreements[version] = said["agreement"]
                self._end(version[0], None, recorded_at)
                self.reigns.append(Reign(version, said["control"], recorded_at))
            case "agreement.retired":
                self._end(said["agreement"], said["version"], recorded_at)
            case "backfill.opened":
                self.history = said["control"]
            case _:
                pass

    def month_of(self, version: Version, at: datetime) -> str:
        """The month that an instant falls into, by a version's zone."""
        for month in {f"{at + days * _DAY:%Y-%m}" for days in (-1, 0, 1)}:
            if (version, month) not in self._known:
                self._known[version, month] = _bounds(self.agreements[version]["calendar"], month)
            begins, ends = self._known[version, month]
            if begins <= at < ends:
                return month
        raise AssertionError  # no zone is a day away

    def asked(self, reaches: datetime | None, since: datetime, until: datetime) -> dict[tuple[str, str], Asked]:
        """Months that are over by an instant, by agreement and name; `reaches`: history's oldest lead.

        What was said before `since` nobody had noted who judges them.
        """
        found: dict[tuple[str, str], list[tuple[int, int, int, int]]] = {}
        noted = [reign for reign in self.reigns if reign.since >= since]
        for reign in noted:
            first = next(each for each in noted if each.version[0] == reign.version[0])
            reaches_back = reaches if first is reign and self.history > reign.control else None
            for month, days in self._days(reign, reaches_back, until).items():
                agreement = self.agreements[reign.version]
                of = sum(_is_open(agreement["calendar"], day) for day in _dates(month))
                share = (reign.version[1], agreement["target_per_month"], days, of)
                found.setdefault((reign.version[0], month), []).append(share)
        asked = {
            key: Asked(
                shares[-1][0], *_bounds(self.agreements[key[0], shares[-1][0]]["calendar"], key[1]), tuple(shares)
            )
            for key, shares in found.items()
        }
        return {key: month for key, month in asked.items() if month.ends <= until}

    def _days(self, reign: Reign, reaches: datetime | None, until: datetime) -> Counter[str]:
        """So many business days of each month that end while the version is in force."""
        calendar = self.agreements[reign.version]["calendar"]
        since = reign.since if reaches is None else min(reign.since, reaches)
        days: Counter[str] = Counter()
        day, last = date.fromisoformat(calendar["first"]), date.fromisoformat(calendar["last"])
        while day <= min(last, until.date() + 40 * _DAY):
            ends = _begins(calendar, day + _DAY)
            if since < ends and (reign.until is None or ends <= reign.until) and _is_open(calendar, day):
                days[f"{day:%Y-%m}"] += 1
            day += _DAY
        return days

    def _end(self, agreement: str, version: int | None, at: datetime) -> None:
        for reign in self.reigns:
            if reign.until is None and reign.version[0] == agreement and version in (None, reign.version[1]):
                reign.until = at


def _bounds(calendar: dict[str, Any], month: str) -> tuple[datetime, datetime]:
    """The instants `[begins, ends)` of a month."""
    days = list(_dates(month))
    return _begins(calendar, days[0]), _begins(calendar, days[-1] + _DAY)


def _dates(month: str) -> Iterator[date]:
    day = date.fromisoformat(f"{month}-01")
    while f"{day:%Y-%m}" == month:
        yield day
        day += _DAY


def _begins(calendar: dict[str, Any], day: date) -> datetime:
    return first_instant(calendar, datetime.combine(day, time(), UTC))


def _is_open(calendar: dict[str, Any], day: date) -> bool:
    if not calendar["first"] <= day.isoformat() <= calendar["last"]:
        return False
    special = calendar["special"].get(day.isoformat())
    if special is not None:
        return bool(special)
    return day.isoformat() not in calendar["closed"] and bool(calendar["weekly"][day.weekday()])
