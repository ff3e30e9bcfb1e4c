"""How pages put things: panels on their grid, a story day by day, a verdict as a state with a word."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from leadpact.contracts.agreement import Unit
from leadpact.reporting.domain.sentences import plural, words
from leadpact.reporting.leads import Entry, Story
from leadpact.reporting.panels import Panel
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
    """An entry of the time line with its times as people in the zone read them."""

    entry: Entry
    state: str
    at: str
    happened: str | None


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
    """The story by local date of being recorded, in its order."""
    there = ZoneInfo(zone)
    states = _states(story)
    dates = []
    for day, entries in groupby(story.story, key=lambda entry: entry.recorded_at.astimezone(there).date()):
        lines = [Line(entry, states.get(entry.fact, ""), *_times(entry, there)) for entry in entries]
        dates.append(Date(f"{day:%A}, {day.day} {day:%B %Y}", lines))
    return dates


def promised(seconds: int, unit: str) -> str:
    """A promise's budget in words (rule 5): `1 h 00 m of business time`, `7 days`, `5 business days`."""
    match Unit(unit):
        case Unit.BUSINESS | Unit.ELAPSED:
            return f"{duration(timedelta(seconds=seconds))} of {unit} time"
        case Unit.DAYS | Unit.BUSINESS_DAYS:
            return plural(seconds // 86_400, words(unit).removesuffix("s"))
        case never:
            assert_never(never)


def _times(entry: Entry, there: ZoneInfo) -> tuple[str, str | None]:
    known = entry.recorded_at.astimezone(there)
    happened = entry.occurred_at.astimezone(there)
    if entry.recorded_at - entry.occurred_at < _AWAY:
        return f"{known:%H:%M:%S %Z}", None
    same_day = happened.date() == known.date()
    return f"{known:%H:%M:%S %Z}", f"{happened:%H:%M %Z}" if same_day else _dated(happened)


def _dated(at: datetime) -> str:
    return f"{at.day} {at:%b, %H:%M %Z}"


def _states(story: Story) -> dict[str, str]:
    """Which entries are to be marked: verdicts by what they say, becoming MQL and winning as good, warnings."""
    marks = {"lead.qualified": "good", "clock.warned": "warn", "key.parked": "bad", "command.refused": "warn"}
    states = {entry.fact: marks[entry.type] for entry in story.story if entry.type in marks}
    said = {
        (given.recorded_at, given.says): STANDINGS.get(given.verdict, "")
        for run in story.engagements
        for clock in run.clocks
        for given in clock.verdicts
    }
    judged = {
        entry.fact: said.get((entry.recorded_at, entry.says), "")
        for entry in story.story
        if entry.type == "clock.judged"
    }
    return states | judged
