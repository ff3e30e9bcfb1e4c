"""What the sla-monitor adds: clocks, verdicts, owners, attempts: topic `sla`."""

from enum import StrEnum

from leadpact.contracts.envelope import Instant
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
    """The lead has an owner. `counters` are the round robin's numbers and `loads` the open leads as the decision saw
    them (rule 33); `by` is what decided: round_robin, crm, hand, leave or missed."""

    engagement: str
    owner: str
    team: str
    by: str
    counters: dict[str, int] = {}
    loads: dict[str, int] = {}
    previous: str | None = None


@event("lead.queued")
class Queued(Event):
    """Nobody can take the lead now: it waits for the opening (`queue` is None) or in the team's fallback queue (rule
    33). Routing is tried again at `retry_at`; `why` is what asked for an owner: round_robin, leave or missed."""

    engagement: str
    team: str
    queue: str | None
    why: str
    since: Instant
    retry_at: Instant


@event("clock.started")
class ClockStarted(Event):
    """A promise of one engagement runs. `budget_seconds` counts in `unit`, of the agreement's `Unit`; `due` is exact.

    The same clock starts again with the next `segment` when the lead gets another owner while the promise is pending
    (rule 31). `replies_to` is the lead's reply that a response is owed to (rule 26). `renews` is the clock, missed
    or unverified, after which a new owner owes a response: the lead's verdict stays that of the first one.
    """

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    team: str
    started_at: Instant
    due: Instant
    budget_seconds: int
    unit: str
    agreement: str
    agreement_version: int
    segment: int = 1
    replies_to: str | None = None
    renews: str | None = None


@event("clock.moved")
class ClockMoved(Event):
    """A pending promise is due at another instant: the owner's leave or a closure became known (rule 4)."""

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    due: Instant


@event("clock.warned")
class ClockWarned(Event):
    """The agreed share of the budget is used up (rule 28)."""

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    percent: int
    due: Instant


@event("clock.judged")
class ClockJudged(Event):
    """A verdict or its revision, with its evidence and one sentence a person can read.

    `answered_at` is when the obligation was met, if it was; `elapsed_seconds` counts from the clock's start to the
    answer, or to the deadline, summed over its segments: business time where the unit is business time or business
    days, else elapsed time; `evidence` are ids of facts, where it is unverified also of the record of our stall (rule
    30); `credit` is the actor who answered, whoever owns the lead (rule 23).
    """

    clock: str
    engagement: str
    kind: ClockKind
    owner: str | None
    team: str
    verdict: Standing
    previous: Standing
    due: Instant
    answered_at: Instant | None
    elapsed_seconds: int | None
    evidence: tuple[str, ...]
    agreement: str
    agreement_version: int
    says: str
    credit: str | None = None
    renews: str | None = None


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
