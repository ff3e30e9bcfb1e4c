"""How values are worded on every page: times with their zone (rule 48), durations, counts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

MISSING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def local_time(instant: datetime | None, zone: str) -> Markup:
    """Word an instant in a zone (IANA name) and say which: `5 Jun 2026, 16:30 Europe/Berlin`; to the minute."""
    if instant is None:
        return escape(MISSING)
    there = instant.astimezone(ZoneInfo(zone))
    text = f"{there.day} {there:%b %Y, %H:%M}"
    machine = instant.isoformat().replace("+00:00", "Z")
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(machine, text, zone)


def duration(span: timedelta | None) -> str:
    """Word a span in its two largest units, cut off: `2 d 03 h`, `1 h 05 m`, `5 m 09 s`, `9 s`."""
    if span is None:
        return MISSING
    seconds = abs(span) // timedelta(seconds=1)
    sign = _MINUS if span < timedelta() and seconds else ""
    for unit, size, part, part_size in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if seconds >= size:
            return f"{sign}{seconds // size} {unit} {seconds % size // part_size:02} {part}"
    return f"{sign}{seconds} s"


def count(number: int | None) -> str:
    """Word a count with a narrow space between thousands: `12 345`."""
    return MISSING if number is None else f"{number:,}".replace(",", _NARROW_SPACE).replace("-", _MINUS)
