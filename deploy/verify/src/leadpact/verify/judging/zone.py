"""The wall clock of an agreement's zone, from the transitions that are stored with it (rule 3)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

_DAY = timedelta(days=1)


def offsets(calendar: dict[str, Any]) -> list[tuple[datetime, timedelta]]:
    """Since when (UTC) local time is how far from UTC, ascending."""
    return [(datetime.fromisoformat(since), timedelta(seconds=seconds)) for since, seconds in calendar["offsets"]]


def first_instant(calendar: dict[str, Any], wall: datetime) -> datetime:
    """The first instant at which the local clock shows this (naive, labelled UTC) or later."""
    known = offsets(calendar)
    for number, (since, offset) in enumerate(known):
        until = known[number + 1][0] if number + 1 < len(known) else None
        instant = wall - offset if number == 0 else max(since, wall - offset)
        if until is None or instant < until:
            return instant
    raise AssertionError  # the last offset holds for ever


def span(calendar: dict[str, Any]) -> tuple[datetime, datetime]:
    """The instants `[begins, ends)` that the calendar knows."""
    first, last = date.fromisoformat(calendar["first"]), date.fromisoformat(calendar["last"])
    return (
        first_instant(calendar, datetime.combine(first, time(), UTC)),
        first_instant(calendar, datetime.combine(last, time(), UTC) + _DAY),
    )
