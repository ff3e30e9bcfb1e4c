"""Business time by seconds: which date's opening hours hold each of them, if any (rules 2, 3, 5).

Each second of a local date has a flag. A UTC day takes them as they stand, a stretch of equal ones at a time; where the
clock on the wall jumps, second after second. It is looked at once and remembered. Instants are microseconds since 1970.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.zone import first_instant, offsets
from leadpact.verify.wire import EPOCH, micros

DAY = 86_400
_TODAY, _YESTERDAY = 1, 2
_SAME = re.compile(rb"\x00+|\x01+|\x02+")
"""Seconds on end that are held alike."""
_NEAR = 3
"""Dates whose seconds are kept; of days, what was found stays."""


class Run(NamedTuple):
    """Seconds on end that are open, in microseconds `[opens, closes)`; `day` numbers the local date they belong to."""

    day: int
    opens: int
    closes: int


Absences = Sequence[tuple[int, int]]


class Hours:
    """An agreement's calendar with a team's closures."""

    def __init__(self, calendar: Mapping[str, Any], closures: frozenset[str]) -> None:
        self._calendar = dict(calendar)
        self._closed = {*calendar["closed"], *closures}
        self._special = {day: texts for day, texts in calendar["special"].items() if day not in closures}
        self._first = date.fromisoformat(calendar["first"])
        self._offsets = [
            (micros(since) // SECOND, int(offset.total_seconds())) for since, offset in offsets(self._calendar)
        ]
        self._fixed = [(_micros(gone), _micros(back)) for gone, back in calendar["absences"]]
        self._days: dict[int, list[Run]] = {}
        self._dates: dict[int, bytes] = {}

    def due(self, start: int, budget: int, absences: Absences = ()) -> int:
        """When so much open time has passed since `start`; nothing of it: when next open."""
        for run in self.runs(start, absences):
            if budget <= run.closes - run.opens:
                return run.opens + budget
            budget -= run.closes - run.opens
        raise AssertionError  # runs never end

    def elapsed(self, start: int, end: int, absences: Absences = ()) -> int:
        """How much open time lies in `[start, end)`."""
        total = 0
        for run in self.runs(start, absences):
            if run.opens >= end:
                return total
            total += min(run.closes, end) - run.opens
        raise AssertionError  # runs never end

    def due_days(self, start: int, days: int) -> int:
        """The same local time so many dates later."""
        wall = EPOCH + timedelta(seconds=self._reached(start // SECOND), microseconds=start % SECOND)
        return micros(first_instant(self._calendar, wall + timedelta(days=days)))

    def due_business_days(self, start: int, days: int, absences: Absences = ()) -> int:
        """The last closing of the n-th business day behind the one that `start` falls on."""
        seen, today, closing = -1, None, start
        for run in self.runs(start, absences):
            if run.day != today:
                if seen == days:
                    return closing
                seen, today = seen + 1, run.day
            closing = run.closes
        raise AssertionError  # runs never end

    def runs(self, start: int, absences: Absences = (), end: int | None = None) -> Iterator[Run]:
        """What is open from `start` on, up to the UTC day that `end` is in."""
        away = [*self._fixed, *absences]
        number = start // SECOND // DAY
        while end is None or number * DAY * SECOND < end:
            for day, opens, closes in self._day(number):
                pieces = [(max(opens, start), closes)]
                for gone, back in away:
                    cut = [((a, min(b, gone)), (max(a, back), b)) for a, b in pieces]
                    pieces = [piece for pair in cut for piece in pair]
                yield from (Run(day, a, b) for a, b in sorted(pieces) if a < b)
            number += 1

    def starts(self, day: int) -> list[int]:
        """At which seconds of a local date, numbered as in a run, its hours open."""
        return [opens for opens, _ in self._hours(day)]

    def _day(self, number: int) -> list[Run]:
        if number not in self._days:
            self._days[number] = list(self._scan(number * DAY))
        return self._days[number]

    def _scan(self, begin: int) -> Iterator[Run]:
        """What is open of a UTC day."""
        at = begin
        for day, length in self._steady(begin) or self._unsteady(begin):
            if day:
                yield Run(day, at * SECOND, (at + length) * SECOND)
            at += length

    def _steady(self, begin: int) -> list[tuple[int, int]]:
        """The day's stretches with the date they belong to, 0 where closed; empty where the clock on the wall jumps."""
        offset = self._reached(begin - 1) - (begin - 1)
        if any(begin <= since < begin + DAY for since, _ in self._offsets) or offset != self._offset(begin):
            return []
        found = []
        wall, end = begin + offset, begin + offset + DAY
        while wall < end:
            date_, second = divmod(wall, DAY)
            seconds = self._date(date_)[second : second + end - wall]
            for run in _SAME.finditer(seconds):
                holds = seconds[run.start()]
                found.append((date_ + 1 - holds if holds else 0, run.end() - run.start()))
            wall += len(seconds)
        return found

    def _unsteady(self, begin: int) -> Iterator[tuple[int, int]]:
        """The same where it jumps, second by second."""
        owners = []
        wall = self._reached(begin - 1)
        for second, offset in self._seconds(begin):
            wall = max(wall, second + offset)  # while an hour repeats, the clock on the wall stands still
            holds = self._date(wall // DAY)[wall % DAY]
            owners.append(wall // DAY + 1 - holds if holds else 0)
        return ((day, len(list(group))) for day, group in groupby(owners))

    def _seconds(self, begin: int) -> Iterator[tuple[int, int]]:
        jumps, offset = dict(self._offsets), self._offset(begin)
        for second in range(begin, begin + DAY):
            offset = jumps.get(second, offset)
            yield second, offset

    def _offset(self, second: int) -> int:
        known = [offset for since, offset in self._offsets if since <= second]
        return known[-1] if known else self._offsets[0][1]

    def _reached(self, second: int) -> int:
        """The latest wall time that was shown by a second."""
        walls = [second + self._offsets[0][1]]
        for number, (since, offset) in enumerate(self._offsets):
            if number and since <= second:
                walls = [max(since + self._offsets[number - 1][1], second + offset)]
        return walls[0]

    def _date(self, number: int) -> bytes:
        """For each second of a local date, whether hours of the date or of the evening before hold it."""
        if number not in self._dates:
            if len(self._dates) > _NEAR:
                self._dates.clear()
            flags = bytearray(DAY)
            for opens, closes in self._hours(number):
                flags[opens : min(closes, DAY)] = bytes([_TODAY]) * (min(closes, DAY) - opens)
            for _, closes in self._hours(number - 1):
                if closes > DAY:
                    flags[: closes - DAY] = bytes([_YESTERDAY]) * (closes - DAY)
            self._dates[number] = bytes(flags)
        return self._dates[number]

    def _hours(self, number: int) -> list[tuple[int, int]]:
        day = EPOCH.date() + timedelta(days=number)
        if day < self._first:
            return []
        texts = self._special.get(day.isoformat())
        if texts is None:
            texts = [] if day.isoformat() in self._closed else self._calendar["weekly"][day.weekday()]
        return [_interval(text) for text in texts]


def _interval(text: str) -> tuple[int, int]:
    opens, closes = (_clock(part) for part in text.split("-"))
    return opens, closes if closes > opens else closes + DAY


def _clock(text: str) -> int:
    hours, minutes, *seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + sum(seconds)


def _micros(text: str) -> int:
    return micros(datetime.fromisoformat(text))
