"""Between instants and the clock on the wall, through stored transitions only (rule 3).

Wall times are carried as datetimes labelled UTC. A wall time means the first instant at which the local clock shows
it or a later one: of an hour that comes twice it is the first, of an hour that is skipped the moment of the jump.
So neighbouring intervals stay neighbours, and a day has 23, 24 or 25 hours by itself.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from leadpact.calendar.errors import InvalidCalendar

_DAY = timedelta(days=1)


class Offset(NamedTuple):
    """From `since` (UTC) on, local time is UTC plus `seconds`."""

    since: datetime
    seconds: int


@dataclass(frozen=True)
class Zone:
    """A time zone's name and its transitions over some span, ascending; the first holds from before the span."""

    name: str
    offsets: tuple[Offset, ...]

    def __post_init__(self) -> None:
        """Refuse transitions that the arithmetic could not trust."""
        if not self.offsets or any(earlier >= later for earlier, later in pairwise(self._since)):
            raise InvalidCalendar(f"the transitions of {self.name!r} are missing or not ascending")
        if any(abs(difference) >= _DAY for difference in self._differences):
            raise InvalidCalendar(f"an offset of {self.name!r} is a day or more")

    def first_instant(self, wall: datetime) -> datetime:
        """Give the first instant at which the local clock shows `wall` or later."""
        index = self._index(wall - _DAY)
        while True:
            instant = max(self._since[index], wall - self._differences[index])
            index += 1
            if index == len(self._since) or instant < self._since[index]:
                return instant

    def wall_time(self, instant: datetime) -> datetime:
        """Give the latest wall time the local clock reached by an instant: it stands still while an hour repeats."""
        index = self._index(instant)
        shown = instant + self._differences[index]
        return max(shown, self._since[index] + self._differences[index - 1]) if index else shown

    def local(self, instant: datetime) -> datetime:
        """Give an instant as a local datetime whose `tzname()` is the zone's name."""
        return instant.astimezone(timezone(self._differences[self._index(instant)], self.name))

    def _index(self, instant: datetime) -> int:
        return max(bisect_right(self._since, instant) - 1, 0)

    @cached_property
    def _since(self) -> tuple[datetime, ...]:
        return tuple(offset.since for offset in self.offsets)

    @cached_property
    def _differences(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(seconds=offset.seconds) for offset in self.offsets)


def midnight(day: date) -> datetime:
    """Give the wall time at which a date begins."""
    return datetime.combine(day, time(), UTC)
