"""Every row that reporting writes, topic by topic; joins of them are views (`migrations/`)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from leadpact.reporting.domain.table import How, Json, Table
from leadpact.reporting.domain.terms import (
    Agreement,
    Backfill,
    BackfillEnd,
    Day,
    Opening,
    Pledge,
    Reason,
    Rep,
    Retirement,
)


# ── topic leads ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Lead(NamedTuple):
    """A person became known, as the earliest capture says (rule 49).

    `sealed` is contact data under the person's key, opened by nobody here.
    """

    lead: str
    captured_at: datetime
    source: str
    channel: str
    form: str | None
    campaign: str | None
    sealed: str
    lane: str


class TestLead(NamedTuple):
    """Some capture of the lead was marked as a test: it counts nowhere (rule 12)."""

    lead: str


class Attribute(NamedTuple):
    """A clear attribute of a lead, as last claimed."""

    lead: str
    name: str
    value: Json
    occurred_at: datetime


class Intake(NamedTuple):
    """Facts of one source received in one minute, counted per partition so that their writers never meet."""

    partition: int
    minute: datetime
    source: str
    lane: str
    facts: int


class DealMove(NamedTuple):
    """An opportunity moved; the latest by `occurred_at` is where it stands."""

    fact: str
    opportunity: str
    lead: str
    source: str
    status: str
    amount_minor: int | None
    currency: str | None
    occurred_at: datetime


# ── topic qualification ──────────────────────────────────────────────────────────────────────────────────────────────
class Engagement(NamedTuple):
    """One run of a lead through the funnel; `number` counts the lead's runs."""

    engagement: str
    lead: str
    agreement: str
    agreement_version: int
    number: int
    opened_at: datetime
    lane: str


class Mql(NamedTuple):
    """The engagement's lead became MQL: when the condition came true, and when we knew."""

    engagement: str
    lead: str
    agreement: str
    agreement_version: int
    occurred_at: datetime
    recognised_at: datetime
    as_of: datetime
    channel: str
    source: str


class Criterion(NamedTuple):
    """One line of an explanation (rule 20); `facts` are ids of those that decided."""

    engagement: str
    place: int
    criterion: str
    says: str
    result: str
    seen: str
    facts: Json


class Acceptance(NamedTuple):
    """Sales claimed the MQL as SQL."""

    engagement: str
    accepted_at: datetime


class Closing(NamedTuple):
    """The engagement ended."""

    engagement: str
    outcome: str
    reason: str | None
    closed_at: datetime


class Refused(NamedTuple):
    """The domain said no to a command (rule 50), which came by the delivery `ingest`."""

    command: str
    ingest: str
    lead: str
    reason: str
    says: str
    recorded_at: datetime


class RefusedByQualifier(Refused):
    """From topic qualification."""


# ── topic sla ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Owner(NamedTuple):
    """Who has the engagement now; `seq` is the event's number among the lead's."""

    engagement: str
    owner: str
    team: str
    assigned_at: datetime
    seq: int


class Clock(NamedTuple):
    """A promise that began to run, or runs on in the next `segment` with another owner (rule 31)."""

    clock: str
    lead: str
    engagement: str
    kind: str
    team: str
    started_at: datetime
    budget_seconds: int
    unit: str
    agreement: str
    agreement_version: int
    segment: int
    renews: str | None
    replies_to: str | None
    seq: int


class Deadline(NamedTuple):
    """When a promise is due, and of whom, as last said."""

    clock: str
    due: datetime
    owner: str | None
    seq: int


class Warned(NamedTuple):
    """The highest share of the budget that was warned of."""

    clock: str
    percent: int
    warned_at: datetime


class Standing(NamedTuple):
    """The verdict that stands; `credit` is who answered (rule 23)."""

    clock: str
    standing: str
    credit: str | None
    answered_at: datetime | None
    elapsed_seconds: int | None
    judged_at: datetime
    seq: int


class VerdictGiven(NamedTuple):
    """A verdict or its revision, with the evidence (ids of facts) and the sentence."""

    clock: str
    seq: int
    lead: str
    verdict: str
    previous: str
    recorded_at: datetime
    evidence: Json
    says: str


class Attempts(NamedTuple):
    """Attempts of the engagement's cadence so far."""

    engagement: str
    calls: int
    emails: int
    socials: int
    seq: int


class RefusedBySlaMonitor(Refused):
    """From topic sla."""


# ── one table per topic ──────────────────────────────────────────────────────────────────────────────────────────────
class Told(NamedTuple):
    """An entry of a lead's time line: the fact, its three times, who, and one sentence."""

    lead: str
    seq: int
    fact: str
    type: str
    occurred_at: datetime
    received_at: datetime
    recorded_at: datetime
    actor: str
    actor_kind: str
    lane: str
    says: str


class ToldByLeads(Told):
    """From topic leads."""


class ToldByQualification(Told):
    """From topic qualification."""


class ToldBySla(Told):
    """From topic sla."""


class Trouble(NamedTuple):
    """A consumer set a lead aside (`parked`), or handled it again."""

    consumer: str
    lead: str
    parked: bool
    says: str
    since: datetime
    seq: int


_VERSION = ("agreement", "version")

TABLES = (
    Table("lead", Lead, ("lead",), How.EARLIEST, "captured_at"),
    Table("test_lead", TestLead, ("lead",)),
    Table("attribute", Attribute, ("lead", "name"), How.LATEST, "occurred_at"),
    Table("intake", Intake, ("partition", "minute", "source", "lane"), How.SUM, "facts"),
    Table("deal_move", DealMove, ("fact",)),
    Table("agreement", Agreement, _VERSION),
    Table("retirement", Retirement, _VERSION),
    Table("pledge", Pledge, (*_VERSION, "channel")),
    Table("reason", Reason, (*_VERSION, "reason")),
    Table("agreement_day", Day, (*_VERSION, "day")),
    Table("opening", Opening, (*_VERSION, "opens")),
    Table("rep", Rep, ("rep",), How.LATEST, "control"),
    Table("backfill", Backfill, ("lane", "control")),
    Table("backfill_end", BackfillEnd, ("lane", "control")),
    Table("engagement", Engagement, ("engagement",)),
    Table("mql", Mql, ("engagement",)),
    Table("criterion", Criterion, ("engagement", "place")),
    Table("acceptance", Acceptance, ("engagement",)),
    Table("closing", Closing, ("engagement",)),
    Table("refused_by_qualifier", RefusedByQualifier, ("command",)),
    Table("owner", Owner, ("engagement",), How.LATEST, "seq"),
    Table("clock", Clock, ("clock",), How.LATEST, "seq"),
    Table("deadline", Deadline, ("clock",), How.LATEST, "seq"),
    Table("warned", Warned, ("clock",), How.LATEST, "percent"),
    Table("standing", Standing, ("clock",), How.LATEST, "seq"),
    Table("verdict", VerdictGiven, ("clock", "seq")),
    Table("attempts", Attempts, ("engagement",), How.LATEST, "seq"),
    Table("refused_by_sla_monitor", RefusedBySlaMonitor, ("command",)),
    Table("told_leads", ToldByLeads, ("lead", "seq")),
    Table("told_qualification", ToldByQualification, ("lead", "seq")),
    Table("told_sla", ToldBySla, ("lead", "seq")),
    Table("trouble", Trouble, ("consumer", "lead"), How.LATEST, "seq"),
)

BY_ROW = {table.row: table for table in TABLES}


def coalesced(rows: Iterable[NamedTuple]) -> Iterator[tuple[Table, list[Any]]]:
    """A batch with one row per key, table by table, tables and keys always in the same order."""
    by_type: dict[type[NamedTuple], list[NamedTuple]] = defaultdict(list)
    for row in rows:
        by_type[type(row)].append(row)
    for table in TABLES:
        if batch := table.coalesce(by_type.get(table.row, ())):
            yield table, batch
