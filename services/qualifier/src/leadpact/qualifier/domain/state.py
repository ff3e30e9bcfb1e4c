"""A lead as the qualifier knows it: ledger, engagements, how far it has been judged."""

from dataclasses import dataclass, field, replace

import msgspec

from leadpact.qualifier.domain.ledger import BEGINNING, Ledger


class Engagement(msgspec.Struct, frozen=True, array_like=True):
    """One run of the lead through the funnel under one agreement (version kept: rule 44); instants in microseconds."""

    id: str
    agreement: str
    version: int
    product_line: str | None
    opened_at: int
    accepted: bool = False
    closed_at: int | None = None
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """The state of one lead.

    `judged`: no instant up to it needs judging again unless a fact from before it comes late. `from_lane`: its first
    fact came by a backfill; None before the first.
    """

    key: str
    ledger: Ledger = field(default_factory=Ledger)
    engagements: tuple[Engagement, ...] = ()
    judged: int = BEGINNING
    from_lane: bool | None = None

    def open(self) -> list[Engagement]:
        """Engagements that have not ended, oldest first."""
        return [each for each in self.engagements if each.closed_at is None]

    def last(self, product_line: str | None) -> Engagement | None:
        """The latest engagement of a product line."""
        return next((each for each in reversed(self.engagements) if each.product_line == product_line), None)

    def with_engagement(self, changed: Engagement) -> "Lead":
        """The lead with one engagement changed, or a new one at the end."""
        if all(each.id != changed.id for each in self.engagements):
            return replace(self, engagements=(*self.engagements, changed))
        engagements = tuple(changed if each.id == changed.id else each for each in self.engagements)
        return replace(self, engagements=engagements)
