"""What stands under a number: its n, its span, its agreement version (rule 37), in a person's zone (rule 48)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leadpact.contracts.envelope import Lane
from leadpact.reporting.domain.panels import Kind, Panel, Span, State

SMALL = 30
"""Below so many observations a share is said to rest on a small sample."""

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Here:
    """The agreement that leads now and its local day; no agreement: UTC's day."""

    day: date
    zone: str = "UTC"
    agreement: str | None = None
    version: int | None = None
    name: str | None = None

    @property
    def title(self) -> str | None:
        """The agreement's name with its version."""
        return None if self.agreement is None else f"{self.name} v{self.version}"

    def clock(self, instant: datetime) -> str:
        """A time of day with its zone: `10:42 EST`."""
        return f"{instant.astimezone(ZoneInfo(self.zone)):%H:%M %Z}"


def note(panel: Panel, rows: Rows, here: Here) -> str:
    """The line under a panel's number."""
    parts = [_observations(rows), span(panel.span, here.day)]
    if panel.of_agreement and here.agreement is not None:
        parts.append(f"{here.agreement} v{here.version}")
    return " · ".join(part for part in parts if part)


def _observations(rows: Rows) -> str:
    if not rows or "n" not in rows[0]:
        return ""
    n = rows[0]["n"]
    small = ", small sample" if "share" in rows[0] and 0 < n < SMALL else ""
    return f"n = {n:,}".replace(",", "\u202f") + small


def span(kind: Span, today: date) -> str:
    """A span in dates."""
    match kind:
        case Span.NOW | Span.HOURS_3:
            return kind.value
        case Span.TODAY:
            return f"{today.day} {today:%b}"
        case Span.MONTH:
            return f"1\u2013{today.day} {today:%b}" if today.day > 1 else f"1 {today:%b}"
        case Span.DAYS_30:
            return _dates(today - timedelta(days=30), today)
        case Span.DAYS_90:
            return _dates(today - timedelta(days=90), today)


def _dates(first: date, last: date) -> str:
    return f"{first.day} {first:%b} \u2013 {last.day} {last:%b}"


def newest(minute: datetime | None, lane: str | None, here: Here) -> str | None:
    """The local date of the newest fact, where history brought it and nothing live has come since."""
    if minute is None or lane != Lane.BACKFILL:
        return None
    day = minute.astimezone(ZoneInfo(here.zone))
    return f"{day.day} {day:%b %Y}"


def state(panel: Panel, rows: Rows, speed: float = 1.0) -> State | None:
    """How the panel's value, that of its first row, is to be taken; nothing while there is none.

    A small sample whose interval reaches into several states is unsure. How old the numbers are is judged in seconds of
    the world, of which business time has `speed` in one.
    """
    value = rows[0][panel.value] if rows and panel.steps else None
    if value is None:
        return None
    row = rows[0]
    if panel.kind is Kind.AGE:
        return _held(panel, value / speed)
    if "low" in row and row["n"] < SMALL and _held(panel, row["low"]) != _held(panel, row["high"]):
        return State.UNSURE
    return _held(panel, value)


def _held(panel: Panel, value: float) -> State:
    return [step.state for step in panel.steps if step.above is None or value >= step.above][-1]
