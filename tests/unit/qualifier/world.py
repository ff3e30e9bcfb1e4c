"""A small world for the qualifier's tests: a Tuesday, an agreement, and short ways to say facts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from leadpact.calendar import Calendar, resolve, to_dict
from leadpact.contracts.agreement import (
    Agreement,
    AttributeCriterion,
    Cadence,
    Condition,
    Criterion,
    Group,
    Mode,
    Reason,
    Response,
    Routing,
    SignalCriterion,
    Unit,
)
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import InForce
from leadpact.contracts.events.lead import Behaved, Captured, Disposed, Feature, Profiled, Verdict
from leadpact.kit.decider import Fact
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.qualifier.domain.state import Lead
from leadpact.testkit.facts import HUMAN, Facts
from leadpact.testkit.tale import Tale

T = datetime(2026, 5, 5, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",))
CALENDAR = resolve("UTC", OFFICE, first=date(2025, 1, 1), last=date(2029, 12, 31))

DIRECTOR = AttributeCriterion("seniority", "seniority", one_of=("director", "vp", "c_level"))
DEMO = SignalCriterion("demo", "form", ("demo",))
PRICING_TWICE = SignalCriterion("pricing", "page", ("/pricing",), count=2, window_seconds=7 * 86_400)
REASONS = (
    Reason("not_a_fit", "Not a fit", requires=("note",)),
    Reason("too_early", "Too early", may_return=True),
)


def all_of(*criteria: Criterion) -> Group:
    return Group("mql", Mode.ALL, criteria)


def agreement(  # noqa: PLR0913 - a test names only what matters to it
    criteria: Group | None = None,
    *,
    id_: str = "pact",
    version: int = 1,
    product_line: str | None = None,
    priority: int = 1,
    scope: Sequence[Condition] = (),
    suppressed: Sequence[Condition] = (),
    cool_down: timedelta = timedelta(0),
    lost_may_return: bool = False,
    calendar: Calendar = CALENDAR,
) -> Agreement:
    return Agreement(
        id=id_,
        version=version,
        name=id_,
        purpose="tests",
        zone="UTC",
        calendar=dict(to_dict(calendar)),
        criteria=criteria or all_of(DEMO),
        product_line=product_line,
        priority=priority,
        scope=tuple(scope),
        suppressed=tuple(suppressed),
        cool_down_seconds=cool_down // timedelta(seconds=1),
        lost_may_return=lost_may_return,
        routing=Routing("inbound", 900, Unit.BUSINESS, "queue"),
        first_response=Response(3600, Unit.BUSINESS),
        cadence=Cadence(3, 3, 0, 7 * 86_400, Unit.ELAPSED),
        reasons=REASONS,
        target_per_month=400,
    )


class World:
    """A tale of the qualifier, told in short sentences; times are offsets from `T`."""

    def __init__(self, *in_force: Agreement) -> None:
        self.facts = Facts()
        self.tale = Tale[Lead, Control](Qualifier())
        for number, each in enumerate(in_force, start=1):
            self.tale.given(self.in_force(each, timedelta(days=-1), number))

    def in_force(self, each: Agreement, at: timedelta, number: int = 1) -> Fact:
        return self.facts(InForce(control=number, agreement=each, hash="h"), at=T + at)

    def captured(
        self,
        at: timedelta = timedelta(0),
        *,
        lead: str = "lead-1",
        form: str | None = None,
        channel: str = "organic",
        test: bool = False,
        received: timedelta | None = None,
        lane: Lane = Lane.LIVE,
        **features: Feature,
    ) -> Fact:
        event = Captured(source="site", channel=channel, form=form, features=features, test=test)
        return self.facts(event, lead=lead, at=T + at, received=None if received is None else T + received, lane=lane)

    def profiled(self, at: timedelta, received: timedelta | None = None, **features: Feature) -> Fact:
        event = Profiled(source="crm", features=features)
        return self.facts(event, at=T + at, received=None if received is None else T + received)

    def behaved(
        self,
        at: timedelta,
        kind: str = "form",
        subject: str = "demo",
        *,
        lead: str = "lead-1",
        received: timedelta | None = None,
        channel: str | None = None,
        lane: Lane = Lane.LIVE,
    ) -> Fact:
        event = Behaved(source="site", kind=kind, subject=subject, channel=channel)
        return self.facts(event, lead=lead, at=T + at, received=None if received is None else T + received, lane=lane)

    def disposed(
        self, at: timedelta, verdict: Verdict, reason: str | None = None, engagement: str | None = None, **data: str
    ) -> Fact:
        given = tuple(name for name, value in data.items() if value.strip())
        event = Disposed(verdict=verdict, reason=reason, given=given, engagement=engagement)
        return self.facts(event, at=T + at, actor=HUMAN)
