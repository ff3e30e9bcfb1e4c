"""The shape of an agreement as people write it; unknown keys are mistakes."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from leadpact import calendar
from leadpact.contracts.agreement import Exhausted, Unit, Unknown

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhdw])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST = 3_660 * 86_400
_SOONEST = 600


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a promise may take; `in_days` where it was written in days or weeks, which are not hours (rule 5)."""

    seconds: int
    in_days: bool


def _budget(text: object) -> object:
    return Budget(_seconds(text), str(text).endswith(("d", "w")))


def _seconds(text: object) -> int:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a duration is a number and one of s, m, h, d, w: 15m, 1h, 7d")
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST:
        raise ValueError("longer than ten years")
    return seconds


def _a_week(seconds: int) -> int:
    if seconds > _UNITS["w"]:
        raise ValueError("longer than a week")
    return seconds


def _noticed(seconds: int) -> int:
    if seconds < _SOONEST:
        raise ValueError("shorter than ten minutes, in which we may stand still ourselves unnoticed")
    return seconds


def _day(text: object) -> object:
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError("a date is written 2026-12-24")
    return text


def _weekday(text: str) -> str:
    if text not in calendar.WEEKDAYS:
        raise ValueError(f"this is no weekday; they are {', '.join(calendar.WEEKDAYS)}")
    return text


def _span(text: str) -> str:
    try:
        calendar.Hours.parse(text)
    except calendar.InvalidCalendar as error:
        raise ValueError(str(error)) from error
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a relative path; a folder such as "Europe"
        raise ValueError(f"no time zone {name!r} is known here") from error
    return name


Duration = Annotated[int, BeforeValidator(_seconds)]
Freshness = Annotated[Duration, AfterValidator(_a_week)]
Feed = Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Within = Annotated[Budget, BeforeValidator(_budget)]
Day = Annotated[date, BeforeValidator(_day)]
Slug = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Weekday = Annotated[str, AfterValidator(_weekday)]
Span = Annotated[StrictStr, AfterValidator(_span)]
Text = Annotated[StrictStr, Field(min_length=1, max_length=2_000)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=200)]
_MOST = 10**15
Word = Annotated[StrictStr, Field(max_length=500)]
Number = Annotated[StrictInt | StrictFloat, Field(ge=-_MOST, le=_MOST)]
Scalar = Word | StrictBool | Number
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]
Percent = Annotated[StrictInt, Field(ge=1, le=99)]
Many = Field(max_length=500)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """A test over one clear attribute, for scope and suppression."""

    attribute: Name
    one_of: Annotated[list[Scalar], Field(min_length=1, max_length=500)]


class Criterion(_Part):
    """One of: an attribute's test, a count of signals, a group of criteria."""

    id: Slug | None = None
    attribute: Name | None = None
    one_of: Annotated[list[Scalar], Many] = []
    at_least: Number | None = None
    at_most: Number | None = None
    known: Literal[True] | None = None
    unknown: Unknown = Unknown.FAILS
    signal: Name | None = None
    subjects: Annotated[list[Name], Many] = []
    times: Annotated[StrictInt, Field(ge=1, le=1_000)] = 1
    within: Duration | None = None
    all: "Annotated[list[Criterion], Field(min_length=1, max_length=100)] | None" = None
    any: "Annotated[list[Criterion], Field(min_length=1, max_length=100)] | None" = None
    none: "Annotated[list[Criterion], Field(min_length=1, max_length=100)] | None" = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [name for name in ("attribute", "signal", "all", "any", "none") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("a criterion has exactly one of attribute, signal, all, any, none")
        allowed = {
            "attribute": {"one_of", "at_least", "at_most", "known", "unknown"},
            "signal": {"subjects", "times", "within"},
        }.get(kinds[0], set())
        if strange := sorted(self.model_fields_set - allowed - {"id", kinds[0]}):
            raise ValueError(f"{', '.join(strange)} does not go with {kinds[0]}")
        if kinds == ["attribute"] and not self.model_fields_set & (allowed - {"unknown"}):
            raise ValueError("say what the attribute must be: one_of, at_least, at_most, or known: true")
        return self


class Holidays(_Part):
    """Public holidays by country and subdivision, and dates of one's own."""

    country: Annotated[StrictStr, Field(pattern=r"^[A-Z]{2}$")] | None = None
    subdivision: Name | None = None
    closed: Annotated[list[Day], Many] = []
    open: Annotated[list[Day], Many] = []


class Reason(_Part):
    """A valid reason to reject (rules 19 and 35)."""

    id: Slug
    says: Text
    requires: Annotated[list[Slug], Many] = []
    may_return: StrictBool = False


class _Timed(_Part):
    within: Within
    unit: Literal["business", "elapsed"] = "business"
    warn_at: Annotated[list[Percent], Field(max_length=10)] = []

    @property
    def counts(self) -> Unit:
        """What the budget counts: days are calendar days unless the agreement says business (rule 5)."""
        if self.unit == "business":
            return Unit.BUSINESS_DAYS if self.within.in_days else Unit.BUSINESS
        return Unit.DAYS if self.within.in_days else Unit.ELAPSED


class Routing(_Timed):
    """An owner for each MQL, in time."""

    team: Name
    fallback: Name


class FirstResponse(_Timed):
    """A first human touch, in time."""

    warn_at: Annotated[list[Percent], Field(max_length=10)] = [50, 80]
    unknown_actor_counts: StrictBool = False
    reallocate: StrictBool = False
    escalate_to: Annotated[list[Name], Field(max_length=10)] = []


class Cadence(_Timed):
    """So many attempts, in time; where they were made and nothing came of it, `exhausted` follows (rule 27)."""

    unit: Literal["business", "elapsed"] = "elapsed"
    warn_at: Annotated[list[Percent], Field(max_length=10)] = [80]
    calls: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    emails: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    socials: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    exhausted: Exhausted = Exhausted.KEEP

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.calls + self.emails + self.socials == 0:
            raise ValueError("a cadence without a single attempt promises nothing")
        return self


class Sales(_Part):
    """What sales promises. `feeds` are the sources whose touches prove it: each counts as silent after so long without
    a word, or after a standstill of ours for `freshness` (rule 30)."""

    routing: Routing
    first_response: FirstResponse
    cadence: Cadence
    freshness: Freshness = 3_600
    feeds: Annotated[dict[Feed, Annotated[Freshness, AfterValidator(_noticed)]], Field(max_length=50)] = {}
    reasons: Annotated[list[Reason], Field(min_length=1, max_length=100)]


class Share(_Part):
    """A channel's share of the MQLs, at least."""

    channel: Slug
    at_least_percent: Annotated[StrictInt, Field(ge=1, le=100)]


class Marketing(_Part):
    """What marketing promises."""

    mqls_per_month: Annotated[Count, Field(ge=1)]
    channels: Annotated[list[Share], Field(max_length=50)] = []


class Document(_Part):
    """An agreement as it is written, checked for shape."""

    id: Slug
    name: Name
    purpose: Text
    zone: Annotated[Name, AfterValidator(_zone)]
    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    product_line: Slug | None = None
    priority: Annotated[StrictInt, Field(ge=1, le=1_000)] = 1
    hours: dict[Weekday, Annotated[list[Span], Field(max_length=20)]]
    holidays: Holidays = Holidays()
    calendar_from: Day | None = None
    scope: Annotated[list[Condition], Many] = []
    suppressed: Annotated[list[Condition], Many] = []
    mql: Criterion
    cool_down: Duration | None = None
    lost_may_return: StrictBool = False
    sales: Sales
    marketing: Marketing

    @model_validator(mode="after")
    def _a_group(self) -> Self:
        if self.mql.attribute is not None or self.mql.signal is not None:
            raise ValueError("mql is a group: all, any or none")
        return self
