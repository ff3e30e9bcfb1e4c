"""What the sla-monitor adds: clocks, verdicts, owners, attempts: topic `sla`."""

from datetime import datetime
from enum import StrEnum

from leadpact.contracts.registry import Event, event


class ClockKind(StrEnum):
    """The promises of sales that this version keeps (rule 22)."""

    ROUTING = "routing"
    FIRST_RESPONSE = "first_response"
    CADENCE = "cadence"


class Standing(StrEnum):
    """The verdicts of a promise; revisions are events, the last one stands."""

    PENDING = "pending"
    MET = "met"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    UNVERIFIED = "unverified"


@event("lead.assigned")
class Assigned(Event):
    """The lead has an owner. `counters` are the round robin's numbers as the decision saw them (rule 33)."""

    engagement: str
    owner: str
    team: str
    by: str
    counters: dict[str, int] = {}
    previous: str | None = None


@event("clock.started")
class ClockStarted(Event):
    """A promise of one engagement runs. `budget_seconds` counts in `unit` (business or elapsed); `due` is exact."""

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    team: str
    started_at: datetime
    due: datetime
    budget_seconds: int
    unit: str
    agreement: str
    agreement_version: int
    segment: int = 1


@event("clock.warned")
class ClockWarned(Event):
    """The agreed share of the budget is used up (rule 28)."""

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    percent: int
    due: datetime


@event("clock.judged")
class ClockJudged(Event):
    """A verdict or its revision, with its evidence and one sentence a person can read.

    `answered_at` is when the obligation was met, if it was; `elapsed_seconds` counts in the clock's unit from its start
    to the answer, or to the deadline; `evidence` are ids of facts.
    """

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    team: str
    verdict: Standing
    previous: Standing
    due: datetime
    answered_at: datetime | None
    elapsed_seconds: int | None
    evidence: tuple[str, ...]
    agreement: str
    agreement_version: int
    says: str


@event("attempt.counted")
class AttemptCounted(Event):
    """The attempts of the engagement's cadence so far, after deduplication and bounces (rules 24 and 25)."""

    engagement: str
    calls: int
    emails: int
    socials: int
    last: str


@event("lead.escalated")
class Escalated(Event):
    """A step of the escalation was taken after a miss (rule 28)."""

    engagement: str
    clock: str
    step: int
    to: str
