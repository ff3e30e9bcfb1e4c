"""What the qualifier adds to a lead's story: topic `qualification`."""

import msgspec

from leadpact.contracts.envelope import Instant
from leadpact.contracts.registry import Event, event


class CriterionSeen(msgspec.Struct, frozen=True):
    """One line of an explanation: the criterion in words, how it fell (true, false, unknown), the value seen and the
    facts that decided."""

    id: str
    says: str
    result: str
    seen: str
    facts: tuple[str, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """Why a lead qualified (rule 20); `as_of` is the instant judged."""

    agreement: str
    version: int
    as_of: Instant
    criteria: tuple[CriterionSeen, ...]
    unknown: tuple[str, ...] = ()


@event("lead.qualified")
class Qualified(Event):
    """The lead became MQL, once per engagement (rule 18). `occurred_at` of the envelope is when the condition became
    true; `recognised_at` when we knew: clocks start there (rule 16)."""

    engagement: str
    agreement: str
    agreement_version: int
    product_line: str | None
    recognised_at: Instant
    channel: str
    source: str
    explanation: Explanation


@event("engagement.opened")
class EngagementOpened(Event):
    """One run of a lead through the funnel under one agreement began."""

    engagement: str
    agreement: str
    agreement_version: int
    product_line: str | None
    number: int


@event("engagement.closed")
class EngagementClosed(Event):
    """The run ended: won, lost, rejected or recycled; `reason` is the disposition's or deal's."""

    engagement: str
    outcome: str
    reason: str | None = None


@event("lead.accepted")
class Accepted(Event):
    """Sales claimed the MQL as SQL (rule 52)."""

    engagement: str


@event("command.refused")
class CommandRefused(Event):
    """The domain said no to a command (rule 50); `command` is the refused fact's id.

    `cadence` is the clock of an exhausted cadence where its closing was refused: no sender brought that (rule 27).
    """

    command: str
    reason: str
    says: str
    cadence: str | None = None
