"""The agreement both teams sign, as every service reads it: resolved, complete, nothing to look up.

The qualifier turns YAML into this (names of holidays into dates, zones into transitions: rule 3) and hashes it; it
rides whole in the control record, so that a verdict years later needs nothing else. Durations are whole seconds; of
those that count days, a day is written as 86,400 of them.
"""

from enum import StrEnum
from typing import Any

import msgspec

Scalar = str | int | float | bool


class Unknown(StrEnum):
    """What a criterion over an unknown attribute does (rule 15)."""

    FAILS = "fails"
    PASSES = "passes"
    HOLDS = "holds"


class Unit(StrEnum):
    """What a budget counts (rule 5): time of the owner's opening hours, elapsed time, or days of the owner's calendar.

    `days` end at the same local time so many dates later, `business_days` with the closing of the last of them.
    """

    BUSINESS = "business"
    ELAPSED = "elapsed"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"


class Exhausted(StrEnum):
    """What an exhausted cadence leads to (rule 27): nothing by itself, or the end of the engagement as recycled."""

    KEEP = "keep"
    RECYCLE = "recycle"


class Mode(StrEnum):
    """How a group combines its criteria; `none` holds when no one holds."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class AttributeCriterion(msgspec.Struct, frozen=True, tag="attribute"):
    """Holds when the lead's clear attribute is one of `one_of` and lies within `at_least` and `at_most`, as far as they
    are given; with none of them, when it is known at all."""

    id: str
    attribute: str
    one_of: tuple[Scalar, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    unknown: Unknown = Unknown.FAILS


class SignalCriterion(msgspec.Struct, frozen=True, tag="signal"):
    """Holds when at least `count` signals of a kind and subject lie in `(t - window, t]` (rule 5).

    No subjects = any; no window = as far back as a lead's ledger reaches (400 days).
    """

    id: str
    signal: str
    subjects: tuple[str, ...] = ()
    count: int = 1
    window_seconds: int | None = None


class Group(msgspec.Struct, frozen=True, tag="group"):
    """Criteria under `all`, `any` or `none`."""

    id: str
    mode: Mode
    of: tuple["AttributeCriterion | SignalCriterion | Group", ...]


Criterion = AttributeCriterion | SignalCriterion | Group


class Condition(msgspec.Struct, frozen=True):
    """One test over clear attributes, for scopes, suppression and routing rules."""

    attribute: str
    one_of: tuple[Scalar, ...]


class Response(msgspec.Struct, frozen=True):
    """Promise of a first human touch: its budget, and warnings in percent of it."""

    budget_seconds: int
    unit: Unit
    warn_percent: tuple[int, ...] = (50, 80)
    unknown_actor_counts: bool = False
    reallocate: bool = False
    escalate_to: tuple[str, ...] = ()


class Cadence(msgspec.Struct, frozen=True):
    """Promise of so many attempts within a window; `exhausted`: what follows when they were made in vain."""

    calls: int
    emails: int
    socials: int
    window_seconds: int
    unit: Unit
    warn_percent: tuple[int, ...] = (80,)
    exhausted: Exhausted = Exhausted.KEEP


class Routing(msgspec.Struct, frozen=True):
    """Promise of an owner, and how one is found (rule 33)."""

    team: str
    budget_seconds: int
    unit: Unit
    fallback: str
    warn_percent: tuple[int, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """A valid reason to reject: the data it requires, and whether the lead may come back (rules 19 and 35)."""

    id: str
    says: str
    requires: tuple[str, ...] = ()
    may_return: bool = False


class Pledge(msgspec.Struct, frozen=True):
    """Marketing's promise of a channel's share, in percent of MQLs."""

    channel: str
    at_least_percent: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the document both teams sign.

    `calendar` is `leadpact.calendar`'s resolved calendar as plain data. `scope` and `suppressed` are tests over clear
    attributes, all and any of which must hold. The lower `priority` governs first (rule 44). `lost_may_return`: a lead
    whose deal was lost may qualify again (rule 19). `freshness_seconds`, of elapsed time: so long senders may take to
    try again after our intake stood still. `feeds`: the sources whose touches are evidence for sales' promises, each
    with the elapsed seconds after which it counts as silent, and its silence proves nothing (rule 30).
    """

    id: str
    version: int
    name: str
    purpose: str
    zone: str
    calendar: dict[str, Any]
    criteria: Group
    product_line: str | None = None
    priority: int = 1
    scope: tuple[Condition, ...] = ()
    suppressed: tuple[Condition, ...] = ()
    cool_down_seconds: int = 0
    lost_may_return: bool = False
    routing: Routing
    first_response: Response
    cadence: Cadence
    reasons: tuple[Reason, ...]
    target_per_month: int
    pledges: tuple[Pledge, ...] = ()
    currency: str = "USD"
    freshness_seconds: int = 3_600
    feeds: dict[str, int] = {}


def canonical(agreement: Agreement) -> bytes:
    """The bytes that are hashed and signed: JSON with sorted keys."""
    return msgspec.json.encode(agreement, order="deterministic")
