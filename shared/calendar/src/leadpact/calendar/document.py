"""A calendar as a plain dict of JSON values, as it is stored in agreements and control records (rule 3)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TypedDict, cast

from leadpact.calendar.errors import InvalidCalendar
from leadpact.calendar.hours import parse_day
from leadpact.calendar.model import Calendar
from leadpact.calendar.zone import Offset, Zone


class CalendarDocument(TypedDict):
    """Dates are ISO, instants ISO with Z, hours `HH:MM-HH:MM`; `weekly` has seven lists, Monday first."""

    zone: str
    first: str
    last: str
    weekly: list[list[str]]
    closed: list[str]
    special: dict[str, list[str]]
    offsets: list[tuple[str, int]]
    absences: list[tuple[str, str]]


def to_dict(calendar: Calendar) -> CalendarDocument:
    """Give the calendar as JSON values, the same for equal calendars."""
    return CalendarDocument(
        zone=calendar.zone.name,
        first=calendar.first.isoformat(),
        last=calendar.last.isoformat(),
        weekly=[[str(hours) for hours in day] for day in calendar.weekly],
        closed=[day.isoformat() for day in sorted(calendar.closed)],
        special={day.isoformat(): [str(hours) for hours in texts] for day, texts in calendar.special},
        offsets=[(_text(since), seconds) for since, seconds in calendar.zone.offsets],
        absences=[(_text(gone), _text(back)) for gone, back in calendar.absences],
    )


def from_dict(document: Mapping[str, object]) -> Calendar:
    """Read what `to_dict` wrote, before or after a trip through JSON; raises InvalidCalendar for anything else."""
    stored = cast("CalendarDocument", document)
    try:
        return Calendar(
            zone=Zone(
                str(stored["zone"]),
                tuple(Offset(_instant(since), int(seconds)) for since, seconds in stored["offsets"]),
            ),
            first=date.fromisoformat(stored["first"]),
            last=date.fromisoformat(stored["last"]),
            weekly=tuple(parse_day(texts) for texts in stored["weekly"]),
            closed=frozenset(date.fromisoformat(day) for day in stored["closed"]),
            special=tuple(
                (date.fromisoformat(day), parse_day(texts)) for day, texts in sorted(stored["special"].items())
            ),
            absences=tuple((_instant(gone), _instant(back)) for gone, back in stored["absences"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidCalendar(f"not a stored calendar: {error!r}") from error


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant.astimezone(UTC)
