"""How values are worded on every page: times with their zone (rule 48), durations, counts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

MISSING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def local_time(instant: datetime | None, zone: str, *, seconds: bool = False, said: bool = False) -> Markup:
    """Word an instant in a zone (IANA name) and say which: `5 Jun 2026, 16:30 Europe/Berlin`; to the minute.

    `said`: what stands around it names the zone already.
    """
    if instant is None:
        return escape(MISSING)
    there = instant.astimezone(ZoneInfo(zone))
    text = f"{there.day} {there:%b %Y, %H:%M:%S}" if seconds else f"{there.day} {there:%b %Y, %H:%M}"
    machine = instant.isoformat().replace("+00:00", "Z")
    if said:
        return Markup('<time datetime="{}">{}</time>').format(machine, text)
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(machine, text, zone)


def duration(span: timedelta | None, units: int = 2) -> str:
    """Word a span in its largest units, cut off: `2 d 03 h`, `1 h 05 min`, `5 min 09 s`, `9 s`."""
    if span is None:
        return MISSING
    rest = abs(span) // timedelta(seconds=1)
    sign = _MINUS if span < timedelta() and rest else ""
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, size)
        if parts:
            parts.append(f"{number:02} {unit}")
        elif number or unit == "s":
            parts.append(f"{number} {unit}")
    return sign + " ".join(parts[:units])


def count(number: int | None) -> str:
    """Word a count with a narrow space between thousands: `12 345`."""
    return MISSING if number is None else f"{number:,}".replace(",", _NARROW_SPACE).replace("-", _MINUS)
