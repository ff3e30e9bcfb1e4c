"""How pages put things: panels on their grid, a story day by day, a verdict as a state with a word."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from leadpact.contracts.agreement import Unit
from leadpact.contracts.envelope import Lane
from leadpact.reporting.domain.panels import Panel
from leadpact.reporting.domain.sentences import plural, words
from leadpact.reporting.leads import Entry, Story
from leadpact.web.filters import duration

STANDINGS: Mapping[str, str] = MappingProxyType(
    {
        "pending": "",
        "met": "good",
        "withdrawn": "good",
        "missed": "bad",
        "voided": "warn",
        "unverified": "unsure",
        "cancelled": "",
    }
)
"""The frame's class of a verdict; the word itself always stands beside it."""

_AWAY = timedelta(minutes=1)
"""Known so much later than it happened: both times are shown."""


class Line(NamedTuple):
    """An entry of the time line where it stands in it; `other` tells its other time, if that is another one."""

    entry: Entry
    state: str
    instant: datetime
    at: str
    other: str | None


class Date(NamedTuple):
    """A local date of the time line."""

    title: str
    lines: list[Line]


def grid(panels: Iterable[Panel]) -> str:
    """The stylesheet that puts panels on their places where the screen is wide enough."""
    rules = "".join(
        f"#{panel.id}{{grid-area:{at.y + 1}/{at.x + 1}/span {at.h}/span {at.w}}}"
        for panel in panels
        for at in [panel.place]
    )
    return f"@media (min-width: 60rem){{{rules}}}"


def groups(story: Story, zone: str) -> list[Date]:
    """The story by local date of being recorded, in its order; history, which was recorded later, as it happened."""
    there = ZoneInfo(zone)
    states = _states(story)
    lines = [_line(entry, states.get(entry.fact, ""), there, past=is_history(story)) for entry in story.story]
    if is_history(story):
        lines.sort(key=lambda line: line.instant)
    return [
        Date(f"{day:%A}, {day.day} {day:%B %Y}", list(of_day))
        for day, of_day in groupby(lines, key=lambda line: line.instant.astimezone(there).date())
    ]


def is_history(story: Story) -> bool:
    """Whether a lead was loaded, so that what happened to it was recorded in another order."""
    return story.lane == Lane.BACKFILL


def promised(seconds: int, unit: str) -> str:
    """A promise's budget in words (rule 5): `1 h 00 min of business time`, `7 days`, `5 business days`."""
    match Unit(unit):
        case Unit.BUSINESS | Unit.ELAPSED:
            return f"{duration(timedelta(seconds=seconds))} of {unit} time"
        case Unit.DAYS | Unit.BUSINESS_DAYS:
            return plural(seconds // 86_400, words(unit).removesuffix("s"))
        case never:
            assert_never(never)


def answered(seconds: int, budget: int) -> str:
    """How long an answer took, in as many units as show on which side of its budget it is: `1 h 00 min 47 s`."""
    took, most = timedelta(seconds=seconds), timedelta(seconds=budget)
    lengths = (units for units in (2, 3, 4) if took == most or duration(took, units) != duration(most, units))
    return duration(took, next(lengths))


def _line(entry: Entry, state: str, there: ZoneInfo, *, past: bool) -> Line:
    instant, other = (entry.occurred_at, entry.recorded_at) if past else (entry.recorded_at, entry.occurred_at)
    at = f"{instant.astimezone(there):%H:%M:%S %Z}"
    if entry.recorded_at - entry.occurred_at < _AWAY:
        return Line(entry, state, instant, at, None)
    return Line(entry, state, instant, at, f"{'recorded' if past else 'happened'} {_told(other, instant, there)}")


def _told(at: datetime, beside: datetime, there: ZoneInfo) -> str:
    """A time as short as the one it stands beside allows."""
    at, beside = at.astimezone(there), beside.astimezone(there)
    if at.date() == beside.date():
        return f"{at:%H:%M %Z}"
    return f"{at.day} {at:%b, %H:%M %Z}" if at.year == beside.year else f"{at.day} {at:%b %Y, %H:%M %Z}"


def _states(story: Story) -> dict[str, str]:
    """Which entries are to be marked: verdicts by what they say, becoming MQL and winning as good, warnings."""
    marks = {"lead.qualified": "good", "clock.warned": "warn", "key.parked": "bad", "command.refused": "warn"}
    states = {entry.fact: marks[entry.type] for entry in story.story if entry.type in marks}
    said = {
        (given.recorded_at, given.says): STANDINGS.get(given.verdict, "")
        for run in story.engagements
        for clock in run.clocks
        for given in clock.verdicts
        if given.verdict != given.previous
    }
    judged = {
        entry.fact: said.get((entry.recorded_at, entry.says), "")
        for entry in story.story
        if entry.type == "clock.judged"
    }
    return states | judged
