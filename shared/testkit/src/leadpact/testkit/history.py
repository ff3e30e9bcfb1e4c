"""A plausible quarter of a funnel as facts per topic, for tests that need real amounts: reports and their pages.

It is told by dice, not by our services: nothing here says what they would decide. Same seed, same facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from leadpact.calendar import Calendar, due, elapsed, is_open, resolve, to_dict
from leadpact.contracts.agreement import Agreement, Cadence, Group, Mode, Pledge, Reason, Response, Routing, Unit
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.events import control, lead, qualification, sla
from leadpact.contracts.registry import Event
from leadpact.kit.decider import Fact
from leadpact.kit.ids import derive
from leadpact.testkit.facts import SYSTEM, Facts

ZONE = "America/New_York"
_HOUR = timedelta(hours=1)
_CHANNELS = {"organic": 44, "paid_search": 18, "referral": 11, "email": 9, "paid_social": 8, "event": 6, "direct": 4}
_SOURCES = {"website": 55, "typeform": 20, "segment": 15, "csv": 10}
_REASONS = {"no_budget": 5, "wrong_size": 4, "student": 2, "bad_contact": 3}
_REPS = ("ann", "bo", "cem", "dora", "eli", "fay", "gus", "hana")
_TEAM = "sales"


@cache
def calendar() -> Calendar:
    """Mondays to Fridays from nine to half past five in New York, closed on some days."""
    hours = ["09:00-17:30"]
    return resolve(
        ZONE,
        dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours),
        first=date(2026, 1, 1),
        last=date(2027, 12, 31),
        closed=[date(2026, 9, 7), date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25)],
    )


def agreement(version: int = 1, target_per_month: int = 400) -> Agreement:
    """The sample agreement's promises: one business hour, three calls and three mails in seven days, 40 % organic."""
    return Agreement(
        id="demand",
        version=version,
        name="Demand generation",
        purpose="Every MQL is answered within the hour.",
        zone=ZONE,
        calendar=dict(to_dict(calendar())),
        criteria=Group("mql", Mode.ALL, ()),
        routing=Routing(_TEAM, 900, Unit.BUSINESS, "fallback"),
        first_response=Response(3600, Unit.BUSINESS),
        cadence=Cadence(3, 3, 0, 7 * 86_400, Unit.ELAPSED),
        reasons=(
            Reason("no_budget", "No budget this year"),
            Reason("wrong_size", "Company outside the size we sell to"),
            Reason("student", "Student or researcher"),
            Reason("bad_contact", "Contact data do not work"),
        ),
        target_per_month=target_per_month,
        pledges=(Pledge("organic", 40), Pledge("referral", 15)),
    )


@dataclass
class History:
    """Facts by topic, each list in the order of its log."""

    leads: list[Fact] = field(default_factory=list)
    qualification: list[Fact] = field(default_factory=list)
    sla: list[Fact] = field(default_factory=list)


def quarter(now: datetime, *, days: int = 90, leads: int = 3_000, seed: int = 7) -> History:
    """Everything that was recorded in the `days` before `now` about so many leads."""
    return _Teller(now, Random(seed), calendar()).tell(days, leads)  # noqa: S311 - dice of a test


class _Teller:
    def __init__(self, now: datetime, dice: Random, hours: Calendar) -> None:
        self.now, self.dice, self.hours = now, dice, hours
        self.make = Facts()
        self.told: list[tuple[datetime, int, str, Fact]] = []

    def tell(self, days: int, leads: int) -> History:
        first = self.now - timedelta(days=days)
        self._say("leads", control.InForce(control=1, agreement=agreement(), hash="0" * 64), "", first)
        reps = tuple(control.Rep(f"rep-{name}", name.title()) for name in _REPS)
        self._say("leads", control.RosterChanged(control=2, team=_TEAM, reps=reps, reason="start"), "", first)
        for number in range(leads):
            at = self._moment(first)
            self._lead(f"{derive('history', number)}", at, test=number % 97 == 0)
        history = History()
        for _, _, topic, fact in sorted(self.told, key=lambda entry: entry[:2]):
            getattr(history, topic).append(fact)
        return history

    def _moment(self, first: datetime) -> datetime:
        """Most leads come while somebody is at work."""
        at = first + self.dice.random() * (self.now - first)
        return at if is_open(self.hours, at) or self.dice.random() < 0.2 else self._moment(first)  # noqa: PLR2004 - dice

    def _say(self, topic: str, event: Event, lead_: str, at: datetime, actor: Actor = SYSTEM) -> Fact:
        """Put a fact into a topic, if its time has come by now."""
        fact = self.make(event, lead=lead_, at=at, actor=actor)
        if at <= self.now:
            self.told.append((at, len(self.told), topic, fact))
        return fact

    def _lead(self, id_: str, at: datetime, *, test: bool) -> None:
        channel, source = self._one(_CHANNELS), self._one(_SOURCES)
        features: dict[str, lead.Feature] = {
            "seniority": self.dice.choice(["manager", "director", "vp"]),
            "department": self.dice.choice(["marketing", "sales", "finance"]),
            "employees": self.dice.choice([12, 80, 240, 1_900]),
            "country": self.dice.choice(["US", "CA", "DE"]),
        }
        captured = lead.Captured(
            source=source, channel=channel, form="demo", features=features, sealed="sealed", test=test
        )
        self._say("leads", captured, id_, at)
        pages = [
            self._say("leads", lead.Behaved(source="segment", kind="page", subject="/pricing"), id_, moment)
            for moment in self._moments(at, self.dice.randrange(4))
        ]
        if not test and self.dice.random() < 0.42:  # noqa: PLR2004 - dice
            became = (pages[-1].envelope.occurred_at if pages else at) + timedelta(minutes=self.dice.randrange(1, 90))
            self._engage(id_, became, channel, source, tuple(page.envelope.id for page in pages))

    def _moments(self, at: datetime, count: int) -> Iterator[datetime]:
        for _ in range(count):
            at += self.dice.random() * timedelta(hours=9)
            yield at

    def _engage(self, id_: str, at: datetime, channel: str, source: str, facts: tuple[str, ...]) -> None:
        engagement = derive("engagement", id_)
        self._say(
            "qualification",
            qualification.EngagementOpened(
                engagement=engagement, agreement="demand", agreement_version=1, product_line=None, number=1
            ),
            id_,
            at,
        )
        seen = (
            qualification.CriterionSeen("seniority", "seniority is director or vp", "true", "director"),
            qualification.CriterionSeen("department", "department is marketing or sales", "true", "marketing"),
            qualification.CriterionSeen("size", "employees at least 50", "true", "240"),
            qualification.CriterionSeen("industry", "industry is one of ours", "unknown", "not known"),
            qualification.CriterionSeen("pricing", "2 visits of /pricing in 7 days", "true", f"{len(facts)}", facts),
        )
        asked = self._say(
            "qualification",
            qualification.Qualified(
                engagement=engagement,
                agreement="demand",
                agreement_version=1,
                product_line=None,
                recognised_at=at,
                channel=channel,
                source=source,
                explanation=qualification.Explanation("demand", 1, at, seen, ("industry",)),
            ),
            id_,
            at,
        )
        owner = f"rep-{self.dice.choice(_REPS)}"
        assigned = sla.Assigned(engagement=engagement, owner=owner, team=_TEAM, by="round_robin")
        self._say("sla", assigned, id_, at + timedelta(seconds=2))
        answered = self._first_response(id_, engagement, owner, at + timedelta(seconds=2), asked)
        if answered is None:
            self._recycle(id_, engagement, at + timedelta(days=2))
            return
        self._cadence(id_, engagement, owner, answered, asked)
        self._end(id_, engagement, owner, answered)

    def _first_response(self, id_: str, engagement: str, owner: str, at: datetime, asked: Fact) -> datetime | None:
        deadline = due(self.hours, at, _HOUR)
        clock = self._clock(id_, engagement, owner, sla.ClockKind.FIRST_RESPONSE, at, deadline, 3600, Unit.BUSINESS)
        luck = self.dice.random()
        used = self.dice.betavariate(2, 5) if luck < 0.86 else 1 + self.dice.random() * 6  # noqa: PLR2004 - dice
        answer = due(self.hours, at, used * _HOUR)
        never = luck > 0.95  # noqa: PLR2004 - dice
        for percent in (50, 80):
            if never or used > percent / 100:
                self._warn(id_, engagement, owner, clock, percent, due(self.hours, at, percent / 100 * _HOUR))
        if used <= 1:
            touch = self._touch(id_, owner, answer, lead.TouchKind.CALL)
            says = f"{owner} called after {elapsed(self.hours, at, answer).seconds // 60} business minutes, in time."
            self._judge(id_, clock, answer, sla.Standing.MET, says, answer, touch)
            return answer
        self._judge(
            id_, clock, deadline, sla.Standing.MISSED, "Nobody reached out within one business hour.", None, asked
        )
        if never:
            return None
        touch = self._touch(id_, owner, answer, lead.TouchKind.EMAIL)
        if used < 2.5:  # noqa: PLR2004 - dice
            early = deadline - timedelta(minutes=4)
            says = "A call in time came to light late: the miss is taken back."
            self._judge(id_, clock, answer, sla.Standing.WITHDRAWN, says, early, touch)
        else:
            self._judge(id_, clock, answer, sla.Standing.MISSED, "Answered, but late.", answer, touch)
        return answer

    def _cadence(self, id_: str, engagement: str, owner: str, at: datetime, asked: Fact) -> None:
        end = at + timedelta(days=7)
        clock = self._clock(id_, engagement, owner, sla.ClockKind.CADENCE, at, end, 7 * 86_400, Unit.ELAPSED)
        calls = self.dice.randrange(1, 5)
        last = at
        for number in range(calls):
            last = due(self.hours, last, self.dice.random() * 5 * _HOUR)
            self._touch(id_, owner, last, lead.TouchKind.CALL)
            counted = sla.AttemptCounted(engagement=engagement, calls=number + 1, emails=number, socials=0, last="call")
            self._say("sla", counted, id_, last)
        if calls > 2:  # noqa: PLR2004 - dice
            self._judge(id_, clock, last, sla.Standing.MET, "Three calls and three mails were made.", last, None)
            return
        self._warn(id_, engagement, owner, clock, 80, at + timedelta(days=5.6))
        self._judge(id_, clock, end, sla.Standing.MISSED, f"Only {calls} of three calls were made.", None, asked)

    def _end(self, id_: str, engagement: str, owner: str, at: datetime) -> None:
        human = Actor(owner, ActorKind.HUMAN)
        decided = at + timedelta(days=self.dice.random() * 9)
        luck = self.dice.random()
        if luck < 0.16:  # noqa: PLR2004 - dice
            reason = self._one(_REASONS)
            disposed = lead.Disposed(verdict=lead.Verdict.REJECTED, reason=reason)
            self._say("leads", disposed, id_, decided, human)
            closed = qualification.EngagementClosed(engagement=engagement, outcome="rejected", reason=reason)
            self._say("qualification", closed, id_, decided)
        elif luck > 0.62:  # noqa: PLR2004 - dice
            self._recycle(id_, engagement, at + timedelta(days=7.2))
        else:
            self._say("leads", lead.Disposed(verdict=lead.Verdict.ACCEPTED), id_, decided, human)
            self._say("qualification", qualification.Accepted(engagement=engagement), id_, decided)
            if self.dice.random() < 0.55:  # noqa: PLR2004 - dice
                self._deal(id_, engagement, decided + timedelta(days=self.dice.random() * 10))

    def _recycle(self, id_: str, engagement: str, at: datetime) -> None:
        closed = qualification.EngagementClosed(engagement=engagement, outcome="recycled", reason="exhausted")
        self._say("qualification", closed, id_, at)

    def _deal(self, id_: str, engagement: str, at: datetime) -> None:
        opportunity, amount = derive("deal", id_), lead.Money(1_000_000, "USD")
        end, luck = at + timedelta(days=self.dice.random() * 40), self.dice.random()
        opened = lead.Dealt(source="crm", opportunity=opportunity, status=lead.DealStatus.OPEN, amount=amount)
        self._say("leads", opened, id_, at)
        status = lead.DealStatus.WON if luck < 0.3 else lead.DealStatus.LOST  # noqa: PLR2004 - dice
        if luck < 0.75:  # noqa: PLR2004 - dice
            ended = lead.Dealt(source="crm", opportunity=opportunity, status=status, amount=amount)
            self._say("leads", ended, id_, end)
            closed = qualification.EngagementClosed(engagement=engagement, outcome=status.value)
            self._say("qualification", closed, id_, end)

    def _clock(
        self,
        id_: str,
        engagement: str,
        owner: str,
        kind: sla.ClockKind,
        at: datetime,
        deadline: datetime,
        budget: int,
        unit: Unit,
    ) -> sla.ClockStarted:
        clock = sla.ClockStarted(
            clock=derive("clock", engagement, kind),
            engagement=engagement,
            kind=kind,
            owner=owner,
            team=_TEAM,
            started_at=at,
            due=deadline,
            budget_seconds=budget,
            unit=unit,
            agreement="demand",
            agreement_version=1,
        )
        self._say("sla", clock, id_, at)
        return clock

    def _warn(self, id_: str, engagement: str, owner: str, clock: sla.ClockStarted, percent: int, at: datetime) -> None:
        warned = sla.ClockWarned(
            clock=clock.clock, engagement=engagement, kind=clock.kind, owner=owner, percent=percent, due=clock.due
        )
        self._say("sla", warned, id_, at)

    def _judge(
        self,
        id_: str,
        clock: sla.ClockStarted,
        at: datetime,
        verdict: sla.Standing,
        says: str,
        answered: datetime | None,
        evidence: Fact | None,
    ) -> None:
        seconds = None if answered is None else elapsed(self.hours, clock.started_at, answered).seconds
        judged = sla.ClockJudged(
            clock=clock.clock,
            engagement=clock.engagement,
            kind=clock.kind,
            owner=clock.owner,
            team=clock.team,
            verdict=verdict,
            previous=sla.Standing.PENDING,
            due=clock.due,
            answered_at=answered,
            elapsed_seconds=seconds,
            evidence=(evidence.envelope.id,) if evidence else (),
            agreement="demand",
            agreement_version=1,
            says=says,
            credit=clock.owner if answered else None,
        )
        self._say("sla", judged, id_, at)

    def _touch(self, id_: str, owner: str, at: datetime, kind: lead.TouchKind) -> Fact:
        outcome = lead.Outcome.SENT if kind is lead.TouchKind.EMAIL else lead.Outcome.CONNECTED
        seconds = self.dice.randrange(20, 900) if kind is lead.TouchKind.CALL else None
        touched = lead.Touched(
            source="dialer", kind=kind, direction=lead.Direction.OUT, outcome=outcome, seconds=seconds
        )
        return self._say("leads", touched, id_, at, Actor(owner, ActorKind.HUMAN))

    def _one(self, weighted: dict[str, int]) -> str:
        return self.dice.choices(list(weighted), list(weighted.values()))[0]
