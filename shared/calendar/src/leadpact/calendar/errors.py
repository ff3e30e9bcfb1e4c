"""What can go wrong with a calendar.

CalendarError
├── InvalidCalendar   the hours, dates or offsets given make no calendar
├── UnknownZone       no such time zone on this machine
├── BeyondCalendar    the question reaches outside the dates the calendar was resolved for
└── NeverOpen         no opening will come, so nothing is ever due
"""


class CalendarError(Exception):
    """A calendar cannot be made, or cannot answer."""


class InvalidCalendar(CalendarError):
    """The hours, dates or offsets given make no calendar."""


class UnknownZone(CalendarError):
    """No time zone of that name is known on this machine."""


class BeyondCalendar(CalendarError):
    """The question reaches outside the dates the calendar was resolved for: resolve it for longer."""


class NeverOpen(CalendarError):
    """No opening comes within the horizon, so nothing can be due."""
