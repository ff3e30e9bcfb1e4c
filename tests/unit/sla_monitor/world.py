"""A small world for the sla-monitor's tests: New York, nine to five, two reps, and short ways to say facts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from leadpact.calendar import resolve, to_dict
from leadpact.contracts.agreement import Agreement, Cadence, Group, Mode, Reason, Response, Routing, Unit
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.contracts.events.control import (
    ClosureDeclared,
    InForce,
    IntakeStalled,
    LeaveTaken,
    Rep,
    RosterChanged,
    SourceResumed,
    SourceSilent,
)
from leadpact.contracts.events.lead import Consented, Direction, Outcome, Owned, ReassignedByHand, Touched, TouchKind
from leadpact.contracts.events.qualification import Accepted, EngagementClosed, Explanation, Qualified
from leadpact.contracts.events.sla import Assigned, ClockJudged, ClockKind, ClockStarted
from leadpact.kit.decider import Fact
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.facts import SYSTEM, Facts
from leadpact.testkit.tale import Tale

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("America/New_York")
TEAM = "inbound"
ANN, BOB, CAT = (
    Rep(id_, name, mail=f"{id_}@us.example") for id_, name in (("ann", "Ann"), ("bob", "Bob"), ("cat", "Cat"))
)
HUMAN, AUTOMATION, UNKNOWN = ActorKind.HUMAN, ActorKind.AUTOMATION, ActorKind.UNKNOWN
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("09:00-17:00",))
CALENDAR = resolve(
    "America/New_York", WEEK, first=date(2026, 1, 1), last=date(2027, 12, 31), closed=[date(2026, 5, 25)]
)


def ny(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A local time of 2026 in New York, as UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)


T = ny(3, 3, 10)
"""A Tuesday at ten."""

RESPONSE = Response(3600, Unit.BUSINESS, escalate_to=("boss@us.example", "head@us.example"))
CADENCE = Cadence(3, 3, 0, 7 * 86_400, Unit.ELAPSED)
ROUTING = Routing(TEAM, 900, Unit.BUSINESS, "desk@us.example")
AGREEMENT = Agreement(
    id="pact",
    version=1,
    name="Pact",
    purpose="tests",
    zone="America/New_York",
    calendar=dict(to_dict(CALENDAR)),
    criteria=Group("mql", Mode.ALL, ()),
    routing=ROUTING,
    first_response=RESPONSE,
    cadence=CADENCE,
    reasons=(Reason("not_a_fit", "Not a fit"),),
    target_per_month=400,
)


def promising(
    response: Response = RESPONSE, cadence: Cadence = CADENCE, routing: Routing = ROUTING, version: int = 1
) -> Agreement:
    """The agreement with other promises."""
    return msgspec.structs.replace(
        AGREEMENT, first_response=response, cadence=cadence, routing=routing, version=version
    )


class World:
    """A tale of the sla-monitor with an agreement in force and a roster; facts of `lead-1` unless said otherwise."""

    def __init__(self, agreement: Agreement = AGREEMENT, reps: Sequence[Rep] = (ANN,)) -> None:
        self.facts = Facts()
        self.tale = Tale(SlaMonitor())
        self._control = 0
        self._in_force = T - 30 * DAY
        self.governs(agreement)
        self.roster(self._in_force, *reps)

    def governs(self, agreement: Agreement, at: datetime | None = None) -> None:
        at = at or self._in_force
        self.tale.given(self.facts(InForce(control=self._next(), agreement=agreement, hash="h"), at=at))

    def roster(self, at: datetime, *reps: Rep) -> None:
        event = RosterChanged(control=self._next(), team=TEAM, reps=reps, reason="tests")
        self.tale.given(self.facts(event, at=at))

    def leave(self, rep: Rep, from_at: datetime, to_at: datetime, *, told: datetime | None = None) -> None:
        event = LeaveTaken(control=self._next(), rep=rep.id, from_at=from_at, to_at=to_at, reason="tests")
        self.tale.given(self.facts(event, at=told or self._in_force))

    def closure(self, day: date, *, told: datetime | None = None) -> None:
        event = ClosureDeclared(control=self._next(), team=TEAM, day=day, reason="tests")
        self.tale.given(self.facts(event, at=told or self._in_force))

    def stalled(self, from_at: datetime, to_at: datetime) -> Fact:
        """What intake says on resuming: the record shows time as it stood, so that nothing of the gap has rung."""
        fact = self.facts(IntakeStalled(control=self._next(), from_at=from_at, to_at=to_at), at=to_at)
        return Fact(msgspec.structs.replace(fact.envelope, mark=from_at), fact.event)

    def silent(self, since: datetime, until: datetime, *, passed: datetime, source: str = "dialer") -> Fact:
        """What intake says of a feed before time goes on from the instant up to which it has passed."""
        return self.facts(SourceSilent(control=self._next(), source=source, since=since, until=until), at=passed)

    def resumed(self, from_at: datetime, to_at: datetime, *, source: str = "dialer") -> Fact:
        """What intake says before what a feed says that was silent."""
        return self.facts(SourceResumed(control=self._next(), source=source, from_at=from_at, to_at=to_at), at=to_at)

    def mql(self, at: datetime = T, *, lead: str = "lead-1", engagement: str = "run-1", version: int = 1) -> Fact:
        event = Qualified(
            engagement=engagement,
            agreement="pact",
            agreement_version=version,
            product_line=None,
            recognised_at=at,
            channel="organic",
            source="web",
            explanation=Explanation("pact", version, at, ()),
        )
        return self.facts(event, lead=lead, at=at)

    def touch(  # noqa: PLR0913 - a test names only what matters to it
        self,
        at: datetime,
        kind: TouchKind = TouchKind.CALL,
        outcome: Outcome | None = None,
        *,
        by: str = "ann",
        actor: ActorKind = HUMAN,
        direction: Direction = Direction.OUT,
        received: datetime | None = None,
        seconds: int | None = None,
        target: str | None = None,
        reference: str | None = None,
        lead: str = "lead-1",
    ) -> Fact:
        event = Touched(
            source="test",
            kind=kind,
            direction=direction,
            outcome=outcome or (Outcome.SENT if kind is TouchKind.EMAIL else Outcome.CONNECTED),
            seconds=seconds,
            target=target,
            reference=reference,
        )
        return self.facts(event, lead=lead, at=at, received=received, actor=Actor(by, actor))

    def email(self, at: datetime, reference: str | None = None, *, received: datetime | None = None) -> Fact:
        return self.touch(at, TouchKind.EMAIL, reference=reference, received=received)

    def bounce(self, at: datetime, reference: str) -> Fact:
        return self.touch(at, TouchKind.EMAIL, Outcome.BOUNCED, by="mailer", actor=AUTOMATION, reference=reference)

    def reply(
        self, at: datetime, outcome: Outcome = Outcome.REPLIED, *, kind: TouchKind = TouchKind.EMAIL, by: str = "lead-1"
    ) -> Fact:
        return self.touch(at, kind, outcome, by=by, direction=Direction.IN)

    def closed(
        self,
        at: datetime,
        outcome: str = "rejected",
        reason: str | None = "not_a_fit",
        *,
        received: datetime | None = None,
    ) -> Fact:
        event = EngagementClosed(engagement="run-1", outcome=outcome, reason=reason)
        return self.facts(event, at=at, received=received)

    def accepted(self, at: datetime, *, received: datetime | None = None) -> Fact:
        return self.facts(Accepted(engagement="run-1"), at=at, received=received)

    def opted_out(self, at: datetime, *, purpose: str = "email", received: datetime | None = None) -> Fact:
        return self.facts(Consented(source="web", purpose=purpose, granted=False), at=at, received=received)

    def opted_in(self, at: datetime, *, purpose: str = "email", received: datetime | None = None) -> Fact:
        return self.facts(Consented(source="web", purpose=purpose, granted=True), at=at, received=received)

    def crm(self, at: datetime, owner: str, *, received: datetime | None = None) -> Fact:
        return self.facts(Owned(source="crm", owner=owner), at=at, received=received, actor=SYSTEM)

    def by_hand(self, at: datetime, owner: str) -> Fact:
        return self.facts(ReassignedByHand(owner=owner), at=at, actor=Actor("boss", HUMAN))

    def owners(self) -> list[str]:
        """Everybody who got a lead, in order."""
        return [event.owner for event in self.tale.all(Assigned)]

    def started(self, kind: ClockKind = ClockKind.FIRST_RESPONSE) -> list[ClockStarted]:
        return [event for event in self.tale.all(ClockStarted) if event.kind is kind]

    def judged(self, kind: ClockKind = ClockKind.FIRST_RESPONSE) -> list[ClockJudged]:
        return [event for event in self.tale.all(ClockJudged) if event.kind is kind]

    def verdicts(self, kind: ClockKind = ClockKind.FIRST_RESPONSE) -> list[str]:
        return [event.verdict.value for event in self.judged(kind)]

    def mails(self) -> list[tuple[str, str]]:
        """Receiver and subject of every mail."""
        return [(effect.payload["to"], effect.payload["subject"]) for _, effect in self.tale.effects]

    def _next(self) -> int:
        self._control += 1
        return self._control
