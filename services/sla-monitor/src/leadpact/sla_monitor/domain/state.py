"""What is kept of a lead: its runs through the funnel with their clocks, and the touches that are evidence."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from leadpact.contracts.agreement import Unit
from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.contracts.events.sla import ClockKind, Standing

INSTANT = timedelta(microseconds=1)
"""Exactly at due is in time (rule 2): a miss is one instant later."""


class Why(StrEnum):
    """What makes somebody the owner of a lead (rules 4, 31, 33)."""

    ROUND_ROBIN = "round_robin"
    CRM = "crm"
    HAND = "hand"
    LEAVE = "leave"
    MISSED = "missed"


class Touch(msgspec.Struct, frozen=True):
    """A call, mail or meeting as a feed told it; several feeds may tell the same one (rule 24)."""

    id: str
    kind: TouchKind
    direction: Direction
    outcome: Outcome
    actor: str
    actor_kind: ActorKind
    occurred_at: datetime
    seconds: int | None
    target: str | None
    reference: str | None


class Budget(msgspec.Struct, frozen=True):
    """So much of what its unit counts; a day is written as 86,400 seconds."""

    unit: Unit
    seconds: int

    @property
    def length(self) -> timedelta:
        """The same as a span."""
        return timedelta(seconds=self.seconds)


class Segment(msgspec.Struct, frozen=True):
    """The part of a clock that one owner answers for, each with a full budget (rule 31)."""

    owner: str | None
    started_at: datetime
    due: datetime
    ended_at: datetime | None = None


class Ending(msgspec.Struct, frozen=True):
    """Why nothing more is owed from `at` on, if the clock is still pending then (rule 27); `fact` is what ended it."""

    at: datetime
    standing: Standing
    fact: str
    says: str


class Clock(msgspec.Struct, frozen=True):
    """A running promise. Touches after `asked_at` answer it; `missed` says that a miss was announced once."""

    id: str
    kind: ClockKind
    budget: Budget
    asked_at: datetime
    segments: tuple[Segment, ...]
    replies_to: str | None = None
    renews: str | None = None
    warned: tuple[int, ...] = ()
    escalated: int = 0
    standing: Standing = Standing.PENDING
    missed: bool = False
    answered_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    ending: Ending | None = None

    @property
    def segment(self) -> Segment:
        """The segment that runs, or ran last."""
        return self.segments[-1]

    @property
    def said_until(self) -> datetime:
        """The instant up to which the start or the verdict that stands has spoken; a miss speaks of all until due."""
        over = self.segment.due + INSTANT if self.standing is Standing.MISSED else self.segment.started_at
        return max(over, self.answered_at or over)


class Waiting(msgspec.Struct, frozen=True):
    """A lead that waits for an owner: what asked for one, since and until when."""

    why: str
    since: datetime
    retry_at: datetime
    queue: str | None


class Consent(msgspec.Struct, frozen=True):
    """What the lead said of a purpose: the last word by `at` stands, ties by the fact's id (rules 47 and 49)."""

    purpose: str
    at: datetime
    fact: str
    granted: bool


class CrmOwner(msgspec.Struct, frozen=True):
    """Whom the CRM names: its last word by `at` stands, ties by the fact's id (rules 33 and 49)."""

    owner: str
    at: datetime
    fact: str


class Counts(msgspec.Struct, frozen=True):
    """Attempts by kind."""

    calls: int = 0
    emails: int = 0
    socials: int = 0


class Engagement(msgspec.Struct, frozen=True):
    """One run of the lead under one version of an agreement, kept for late evidence when closed.

    `qualified_by` is the fact that opened it, `owned_at` when what made `owner` the owner occurred.
    """

    id: str
    agreement: str
    version: int
    qualified_at: datetime
    qualified_by: str
    owner: str | None = None
    owned_at: datetime | None = None
    waiting: Waiting | None = None
    counted: Counts = Counts()
    clocks: tuple[Clock, ...] = ()
    closed_at: datetime | None = None

    def clock(self, kind: ClockKind) -> Clock | None:
        """The first clock of a kind: the one that the qualification started."""
        return next((clock for clock in self.clocks if clock.kind is kind), None)

    def run_out(self) -> tuple[Clock, ...]:
        """Responses whose time is over as far as we know, that are still owed, and were given to no new owner."""
        renewed = {clock.renews for clock in self.clocks}
        return tuple(
            clock
            for clock in self.clocks
            if clock.kind is ClockKind.FIRST_RESPONSE
            and clock.standing in (Standing.MISSED, Standing.UNVERIFIED)
            and clock.answered_at is None
            and clock.id not in renewed
        )

    def unanswered(self) -> tuple[Clock, ...]:
        """Those of them that were missed for certain (rule 31)."""
        return tuple(clock for clock in self.run_out() if clock.standing is Standing.MISSED)

    def unverified(self) -> tuple[Clock, ...]:
        """Promises that are to be judged when what we could not hear has had its time to come (rule 30)."""
        doubtful = (clock for clock in self.clocks if clock.standing is Standing.UNVERIFIED)
        return tuple(clock for clock in doubtful if clock.answered_at is None)

    @property
    def wants_owner(self) -> bool:
        """Whether what it waits for is still needed: nobody has it, or somebody owes something they cannot do."""
        if self.waiting is not None and self.waiting.why == Why.MISSED:
            return bool(self.unanswered())
        return self.owner is None or any(clock.kind is not ClockKind.ROUTING for clock in self.pending())

    def pending(self) -> tuple[Clock, ...]:
        """Promises that run."""
        return tuple(clock for clock in self.clocks if clock.standing is Standing.PENDING)


class Lead(msgspec.Struct, frozen=True):
    """The state of a key: its runs, the touches that are evidence, the last words of the lead and of the CRM."""

    id: str
    engagements: tuple[Engagement, ...] = ()
    touches: tuple[Touch, ...] = ()
    consents: tuple[Consent, ...] = ()
    crm: CrmOwner | None = None

    @property
    def refused(self) -> bool:
        """Whether the lead has opted out of anything."""
        return any(not consent.granted for consent in self.consents)

    def open(self) -> tuple[Engagement, ...]:
        """Runs that are not closed: one per product line at most (rule 44)."""
        return tuple(engagement for engagement in self.engagements if engagement.closed_at is None)

    def engagement(self, id_: str) -> Engagement | None:
        """The run of that id, if it ever qualified."""
        return next((engagement for engagement in self.engagements if engagement.id == id_), None)

    def clock(self, id_: str) -> tuple[Engagement, Clock] | None:
        """The clock of that id with its run."""
        found = (
            (engagement, clock) for engagement in self.engagements for clock in engagement.clocks if clock.id == id_
        )
        return next(found, None)
