"""The wall's panels as data: page, JSON and Grafana are drawn from this list."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a panel is drawn."""

    COUNT = "count"
    SHARE = "share"
    TARGET = "target"
    AGE = "age"
    TABLE = "table"
    PACE = "pace"
    MIX = "mix"
    FUNNEL = "funnel"
    BARS = "bars"
    RATE = "rate"


class Span(StrEnum):
    """The stretch of business time that a panel's numbers cover; days and months are the agreement's."""

    NOW = "now"
    TODAY = "today"
    MONTH = "month"
    HOURS_3 = "last 3 hours"
    DAYS_30 = "last 30 days"
    DAYS_90 = "last 90 days"


class State(StrEnum):
    """How a value is to be taken."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    UNSURE = "unsure"
    """Too few observations to say."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this value upwards the state holds; the first step has none and holds below all others."""

    above: float | None
    state: State


@dataclass(frozen=True, slots=True)
class Place:
    """Columns of 24 and rows, as Grafana counts them."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; `queries/<id>.sql` fills it, `value` is the column that `steps` judge, if there are any.

    `unit` is Grafana's name for it. `empty` is shown where there is nothing to count in, `none` where nothing happened
    in the span.
    """

    id: str
    title: str
    says: str
    kind: Kind
    span: Span
    place: Place
    value: str
    unit: str = "short"
    steps: tuple[Step, ...] = ()
    empty: str = "No agreement in force yet"
    none: str = ""
    of_agreement: bool = True


STALE = 60.0
"""Seconds of the world after which the numbers are called old; docs/runbook.md alarms at the same."""

_IN_TIME = (
    "(met + withdrawn) / (met + withdrawn + missed) of the promises that were answered or ran out in the span."
    " Unverified is what ran out while our intake stood still, or a feed that would prove it was silent, until it is"
    " judged."
)
_ANY_IS_BAD = (Step(None, State.GOOD), Step(1, State.BAD))
_SHARE = (Step(None, State.BAD), Step(0.75, State.WARN), Step(0.9, State.GOOD))

PANELS = (
    Panel(
        id="breaches_open",
        title="Breaches open now",
        says="Missed promises about which somebody can still do something: unanswered, in an open engagement. Apart:"
        " what ran out in loaded history, before anybody could be told.",
        kind=Kind.COUNT,
        span=Span.NOW,
        place=Place(0, 0, 4, 9),
        value="breaches",
        steps=_ANY_IS_BAD,
        of_agreement=False,
    ),
    Panel(
        id="first_response_today",
        title="First response within SLA, today",
        says=_IN_TIME,
        kind=Kind.SHARE,
        span=Span.TODAY,
        place=Place(4, 0, 6, 9),
        value="share",
        unit="percentunit",
        steps=_SHARE,
        none="No first response was given or ran out today",
    ),
    Panel(
        id="first_response_month",
        title="First response within SLA, month",
        says=_IN_TIME,
        kind=Kind.SHARE,
        span=Span.MONTH,
        place=Place(10, 0, 6, 9),
        value="share",
        unit="percentunit",
        steps=_SHARE,
        none="No first response was given or ran out this month",
    ),
    Panel(
        id="mqls_now",
        title="MQLs against target",
        says="People who became MQL this month, each once, against the share of the target that is due by now.",
        kind=Kind.TARGET,
        span=Span.MONTH,
        place=Place(16, 0, 4, 9),
        value="ahead",
        steps=(Step(None, State.WARN), Step(0, State.GOOD)),
    ),
    Panel(
        id="freshness",
        title="Freshness",
        says="Everything recorded before the smallest mark is counted; how far that mark is behind the business clock.",
        kind=Kind.AGE,
        span=Span.NOW,
        place=Place(20, 0, 4, 9),
        value="behind_seconds",
        unit="s",
        steps=(Step(None, State.GOOD), Step(STALE, State.WARN), Step(1800, State.BAD)),
        empty="Nothing has been read yet",
        of_agreement=False,
    ),
    Panel(
        id="about_to_breach",
        title="About to breach",
        says="Running promises of which the agreed warning was given, soonest first.",
        kind=Kind.TABLE,
        span=Span.NOW,
        place=Place(0, 9, 10, 8),
        value="remaining_seconds",
        unit="s",
        steps=(Step(None, State.BAD), Step(0, State.WARN)),
        empty="Nobody is about to be late",
        of_agreement=False,
    ),
    Panel(
        id="mqls_pace",
        title="MQLs and pace by business day",
        says="Delivered since the month began, and what the target asks for by the end of each business day.",
        kind=Kind.PACE,
        span=Span.MONTH,
        place=Place(10, 9, 7, 8),
        value="delivered",
    ),
    Panel(
        id="channel_mix",
        title="Channel mix against pledge",
        says="Share of this month's MQLs by channel; the mark is what marketing pledged as a least.",
        kind=Kind.MIX,
        span=Span.MONTH,
        place=Place(17, 9, 7, 8),
        value="share",
        unit="percentunit",
        none="Nobody became MQL this month",
    ),
    Panel(
        id="funnel",
        title="Funnel of the leads captured",
        says="How far the people captured in the span have come; hatched: may still move, so not lost.",
        kind=Kind.FUNNEL,
        span=Span.DAYS_90,
        place=Place(0, 17, 9, 7),
        value="reached",
        empty="Nobody was captured in the last 90 days",
        of_agreement=False,
    ),
    Panel(
        id="rejections",
        title="Rejections by reason",
        says="MQLs that sales rejected in the span, by the agreement's reasons.",
        kind=Kind.BARS,
        span=Span.DAYS_30,
        place=Place(9, 17, 7, 7),
        value="rejections",
        empty="Nothing was rejected in the last 30 days",
        of_agreement=False,
    ),
    Panel(
        id="intake_rate",
        title="Facts received, per 5 minutes",
        says="Deliveries, touches and commands received, by source; history that is being loaded is not counted.",
        kind=Kind.RATE,
        span=Span.HOURS_3,
        place=Place(16, 17, 8, 7),
        value="facts",
        empty="Nothing was received in the last 3 hours",
        of_agreement=False,
    ),
)
