"""What can go wrong with a calendar.

CalendarError
├── InvalidCalendar   the hours, dates or offsets given make no calendar
├── UnknownZone       no such time zone on this machine
├── BeyondCalendar    the question reaches back to before the calendar begins
└── NeverOpen         no opening will come, so nothing is ever due
"""


class CalendarError(Exception):
    """A calendar cannot be made, or cannot answer."""


class InvalidCalendar(CalendarError):
    """The hours, dates or offsets given make no calendar."""


class UnknownZone(CalendarError):
    """No time zone of that name is known on this machine."""


class BeyondCalendar(CalendarError):
    """The question reaches back to before the calendar begins: resolve it from earlier on."""


class NeverOpen(CalendarError):
    """No opening will come any more, so nothing can be due."""
