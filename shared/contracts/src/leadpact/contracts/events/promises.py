"""Verdicts on promises over many leads (rule 34): topic `promises`, whose key is the promise."""

from enum import StrEnum

import msgspec

from leadpact.contracts.envelope import Instant
from leadpact.contracts.events.sla import Standing
from leadpact.contracts.registry import Event, event


class PromiseKind(StrEnum):
    """What such a promise counts."""

    MQL_VOLUME = "mql_volume"


class Share(msgspec.Struct, frozen=True):
    """What a version of the agreement asked of a month: its monthly target, spread evenly over the business days of the
    month, for those of them on which it was in force (rule 53)."""

    agreement_version: int
    per_month: int
    business_days: int
    of_business_days: int


class Seen(msgspec.Struct, frozen=True):
    """What one partition had counted: so many, the last of them in the record of this sequence, 0 for none."""

    partition: int
    count: int
    seq: int


@event("promise.judged")
class PromiseJudged(Event):
    """A verdict on a promise for one period, or its revision: the last one stands.

    The period `[begins, ends)` is the local month `period` in the zone of `agreement_version`, the last version in
    force in it. `count` of at least `target` is met; `target` is the sum of the shares, rounded up to whole leads.
    `seen` is all that was counted, by partition of `qualification`; `revision` counts a period's verdicts from 1.
    """

    promise: str
    kind: PromiseKind
    agreement: str
    agreement_version: int
    period: str
    begins: Instant
    ends: Instant
    verdict: Standing
    previous: Standing
    revision: int
    count: int
    target: int
    shares: tuple[Share, ...]
    seen: tuple[Seen, ...]
    says: str
