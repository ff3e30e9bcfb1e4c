"""Logs cannot hold personal data: only listed fields get through, and only in shapes that a name or an address lacks.

Code says `log = structlog.get_logger()` and `log.info("lease taken", consumer=…, slot=…)`: a constant text in small
letters and fields of `FIELDS`. Exceptions are told by type and place, never by their message, which may quote what was
being handled.
"""

import logging
import re
import sys
import traceback
from datetime import date, datetime
from types import TracebackType
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from leadpact.kit.clock import Clock

FIELDS = frozenset(
    {
        *("service", "role", "pid", "version", "signal", "deadline", "code", "port", "url", "logger", "task"),
        *("consumer", "slot", "epoch", "turn", "owner", "topic", "partition", "offset", "seq", "mark", "point"),
        *("lead", "event_id", "event_type", "effect", "delivery", "source", "agreement", "schema", "migration", "lane"),
        *("kind", "state", "reason", "status", "method", "route", "gate", "records", "emitted", "attempts", "count"),
        *("seconds", "lag", "until", "retry_in", "error", "sqlstate", "errno", "where"),
    }
)
"""Fields a log line may have besides its text, time and level."""

_TOKEN = re.compile(r"[A-Za-z0-9_.:/<>\-]{0,200}")  # no blanks, no @, no +: neither a name nor an address nor a number
_TEXT = re.compile(r"[a-z][a-z0-9 _,:'-]{0,99}")
_LONGEST = 100
_NO_TEXT = re.compile(r"[^a-z0-9 _,:'-]+")
_PLACE = re.compile(r"%(\(\w+\))?[-#0 +]*\d*(\.\d+)?[a-z]")
_FILL_IN = frozenset({"aiokafka", "asyncio", "uvicorn"})
"""Libraries that say constant sentences and hand over what belongs into them."""
_SELDOM = 10.0
"""Seconds between two lines that a library says at the same place."""
_SHOWN = 6


def configure(clock: Clock, level: str, stream: TextIO | None = None, **always: str | int) -> None:
    """Send this process's logs, the libraries' too, to `stream` (standard error): JSON lines, or plain on a terminal.

    `level`: debug, info, warning, error. `always`: fields of every line.
    """
    stream = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]

    def frame(_: WrappedLogger, method: str, line: EventDict) -> EventDict:
        return {"at": clock.wall(), "level": method, "event": line.pop("event", ""), **always, **line}

    structlog.configure(
        processors=[_failure, _listed, frame, _plain if stream.isatty() else _json],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries(clock)], level=max(threshold, logging.WARNING), force=True)


def _failure(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Tell an exception by its type, its codes and the places it passed."""
    raised = line.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        line["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        line["where"] = _places(error.__traceback__)
        line.update(
            {code: found for code in ("sqlstate", "errno") if (found := getattr(error, code, None)) is not None}
        )
    return line


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_SHOWN:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}:{frame.name}" for frame in frames]


def _listed(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Keep listed fields in harmless shapes; of the others only say that there were some."""
    text = str(line.pop("event", ""))
    kept = {name: shown for name, value in line.items() if name in FIELDS and (shown := _shape(value)) is not None}
    withheld = len(line) - len(kept)
    said = text if _TEXT.fullmatch(text) else "(withheld)"
    return {"event": said, **kept, **({"withheld": withheld} if withheld else {})}


def _shape(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    match value:
        case bool() | int() | float():
            return value
        case datetime() | date():
            return value.isoformat()
        case str():
            return value if _TOKEN.fullmatch(value) else None
        case list() | tuple():
            return [shown for item in value if (shown := _shape(item)) is not None]
        case _:
            return None


def _json(_: WrappedLogger, __: str, line: EventDict) -> str:
    return msgspec.json.encode(line).decode()


def _plain(_: WrappedLogger, __: str, line: EventDict) -> str:
    at, level, event = line.pop("at"), line.pop("level"), line.pop("event")
    return f"{at:%H:%M:%S.%f} {level:7} {event}  " + " ".join(f"{name}={value}" for name, value in line.items())


class _Libraries(logging.Handler):
    """Lines of libraries: who said something, how grave and where, and the sentence as far as it is the library's own.

    What it fills in stays out: it may quote what was handled. While a broker is away some say the same hundreds of
    times a second: of each place one line in a while is kept, with how many were not.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._silent: dict[tuple[str, int], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        place, now = (record.pathname, record.lineno), self._clock.monotonic()
        until, kept_back = self._silent.get(place, (now, 0))
        if now < until:
            self._silent[place] = until, kept_back + 1
            return
        self._silent[place] = now + _SELDOM, 0
        log = structlog.get_logger()
        say = getattr(log, record.levelname.lower(), log.error)  # a level of the library's own is taken for grave
        say(
            _template(record),
            logger=record.name,
            where=[f"{record.module}:{record.lineno}"],
            **({"count": kept_back} if kept_back else {}),
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )


def _template(record: logging.LogRecord) -> str:
    """The sentence before anything was filled in, with an x in each place, in the shape that our own have."""
    if not record.args or not isinstance(record.msg, str) or record.name.partition(".")[0] not in _FILL_IN:
        return "a library's own words, withheld, for they may quote what was handled"
    return " ".join(_NO_TEXT.sub(" ", _PLACE.sub("x", record.msg).lower()).split())[:_LONGEST]
