"""Opening hours of one day, as people write them: `09:00-12:30`, `22:00-06:00`, `00:00-24:00`."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple, Self

from leadpact.calendar.errors import InvalidCalendar

DAY = 24 * 60 * 60
_CLOCK = r"(\d\d):(\d\d)(?::(\d\d))?"
_NOTATION = re.compile(rf"{_CLOCK}-{_CLOCK}", re.ASCII)


class Hours(NamedTuple):
    """One interval `[opens, closes)` in seconds after the local midnight it opens on; over midnight closes > 86,400."""

    opens: int
    closes: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HH:MM[:SS]-HH:MM[:SS]`; an end not after the beginning is on the next day."""
        match = _NOTATION.fullmatch(text)
        if match is None:
            raise InvalidCalendar(f"{text!r} is not of the form HH:MM-HH:MM")
        opens, closes = _seconds(text, *match.groups("00")[:3]), _seconds(text, *match.groups("00")[3:])
        if opens in (closes, DAY):
            raise InvalidCalendar(f"{text!r} says nothing: write 00:00-24:00 for a whole day")
        return cls(opens, closes if closes > opens else closes + DAY)

    def __str__(self) -> str:
        """Write the notation that `parse` reads."""
        closes = self.closes if self.closes <= DAY else self.closes - DAY
        return f"{_clock(self.opens)}-{_clock(closes)}"


def parse_day(texts: Iterable[str]) -> tuple[Hours, ...]:
    """Read all the hours of one day, sorted; hours that overlap are refused."""
    day = tuple(sorted(Hours.parse(text) for text in texts))
    for earlier, later in pairwise(day):
        if later.opens < earlier.closes:
            raise InvalidCalendar(f"{earlier} and {later} overlap")
    return day


def _seconds(text: str, hour: str, minute: str, second: str) -> int:
    total = int(hour) * 3600 + int(minute) * 60 + int(second)
    if int(minute) > 59 or int(second) > 59 or total > DAY:  # noqa: PLR2004 - a clock's own limits
        raise InvalidCalendar(f"{text!r} holds a time that no clock shows")
    return total


def _clock(seconds: int) -> str:
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text
