"""Business time: when a promise is due, computed from opening hours alone, with no clock and no time-zone library."""

from leadpact.calendar.arithmetic import due, elapsed, is_open, next_opening
from leadpact.calendar.days import business_days, due_business_days, due_days, prorate
from leadpact.calendar.document import from_dict, to_dict
from leadpact.calendar.errors import BeyondCalendar, CalendarError, InvalidCalendar, NeverOpen, UnknownZone
from leadpact.calendar.hours import Hours
from leadpact.calendar.model import Calendar, local
from leadpact.calendar.resolving import WEEKDAYS, resolve
from leadpact.calendar.walk import Opening, openings, with_absences
from leadpact.calendar.zone import Offset, Zone

__all__ = [
    "WEEKDAYS",
    "BeyondCalendar",
    "Calendar",
    "CalendarError",
    "Hours",
    "InvalidCalendar",
    "NeverOpen",
    "Offset",
    "Opening",
    "UnknownZone",
    "Zone",
    "business_days",
    "due",
    "due_business_days",
    "due_days",
    "elapsed",
    "from_dict",
    "is_open",
    "local",
    "next_opening",
    "openings",
    "prorate",
    "resolve",
    "to_dict",
    "with_absences",
]
