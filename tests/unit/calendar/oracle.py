"""Business time the slow way: the local clock is read for every minute, and open minutes are added up one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Oracle:
    """Whether each minute from `begin` on is open; hours must lie on whole minutes."""

    begin: datetime
    open_minutes: tuple[bool, ...] = field(repr=False)

    def due(self, start: datetime, budget: timedelta) -> datetime:
        """Spend the budget minute by minute, from the first open instant on."""
        for minute, is_open in self._from(start):
            if is_open:
                begin = max(start, minute)
                length = minute + MINUTE - begin
                if budget <= length:
                    return begin + budget
                budget -= length
        raise LookupError

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Add up what of each open minute lies in the span."""
        return sum(
            (
                max(min(end, minute + MINUTE) - max(start, minute), timedelta())
                for minute, is_open in self._from(start)
                if is_open
            ),
            timedelta(),
        )

    def is_open(self, instant: datetime) -> bool:
        """Look the minute up."""
        return self.open_minutes[(instant - self.begin) // MINUTE]

    def _from(self, start: datetime) -> list[tuple[datetime, bool]]:
        skipped = (start - self.begin) // MINUTE
        return [(self.begin + n * MINUTE, self.open_minutes[n]) for n in range(skipped, len(self.open_minutes))]


def oracle(
    zone: str,
    weekly: Mapping[str, Sequence[str]],
    *,
    first: date,
    last: date,
    closed: Sequence[date] = (),
    absences: Sequence[tuple[datetime, datetime]] = (),
) -> Oracle:
    """Ask for every minute whether some hours hold it; while an hour repeats, the wall clock stands still."""
    minutes = []
    walls = _walls(zone, first, last)
    for instant, wall in walls:
        away = any(gone <= instant < back for gone, back in absences)
        minutes.append(not away and _open(wall, weekly, first, closed))
    return Oracle(walls[0][0], tuple(minutes))


@cache
def _walls(zone: str, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """Pair every minute of the dates with the latest wall time reached by it."""
    local = ZoneInfo(zone)
    instant = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    reached = datetime.min  # noqa: DTZ901 - a wall time
    walls = []
    while reached.date() <= last:
        reached = max(reached, instant.astimezone(local).replace(tzinfo=None))
        if first <= reached.date() <= last:
            walls.append((instant, reached))
        instant += MINUTE
    return walls


def _open(wall: datetime, weekly: Mapping[str, Sequence[str]], first: date, closed: Sequence[date]) -> bool:
    clock = wall.time().isoformat("minutes")
    today, yesterday = wall.date(), wall.date() - timedelta(days=1)
    for hours in weekly.get(WEEKDAYS[today.weekday()], ()) if today not in closed else ():
        opens, closes = hours.split("-")
        if opens <= clock and (clock < closes or closes <= opens):
            return True
    for hours in weekly.get(WEEKDAYS[yesterday.weekday()], ()) if yesterday not in closed else ():
        opens, closes = hours.split("-")
        if yesterday >= first and closes <= opens and clock < closes:
            return True
    return False
