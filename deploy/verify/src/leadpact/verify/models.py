"""Check 9: read models are projections of the topics, row by row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from leadpact.contracts.envelope import Envelope
from leadpact.contracts.topics import LEADS, QUALIFICATION, SLA
from leadpact.verify import timelines
from leadpact.verify.shelves import Row, row
from leadpact.verify.stories import Story, Told
from leadpact.verify.streams import Read
from leadpact.verify.wire import NOTICES, STORY, WRITER

TIMELINES = tuple(f"told_{topic}" for topic in STORY)
COLUMNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "lead": (("lead",), ("captured_at", "source", "channel", "form", "campaign", "sealed", "lane")),
        "test_lead": (("lead",), ()),
        "attribute": (("lead", "name"), ("value", "occurred_at")),
        "intake": (("partition", "minute", "source", "lane"), ("facts",)),
        "deal_move": (
            ("fact",),
            ("opportunity", "lead", "source", "status", "amount_minor", "currency", "occurred_at"),
        ),
        "agreement": (
            ("agreement", "version"),
            (
                "control",
                "name",
                "hash",
                "zone",
                "priority",
                "target_per_month",
                "in_force_at",
                "cadence_calls",
                "cadence_emails",
                "cadence_socials",
            ),
        ),
        "retirement": (("agreement", "version"), ("retired_at",)),
        "pledge": (("agreement", "version", "channel"), ("at_least_percent",)),
        "reason": (("agreement", "version", "reason"), ("says",)),
        "agreement_day": (("agreement", "version", "day"), ("begins", "ends", "is_open")),
        "opening": (("agreement", "version", "opens"), ("closes", "before_seconds")),
        "rep": (("rep",), ("name", "team", "control")),
        "backfill": (("lane", "control"), ()),
        "backfill_end": (("lane", "control"), ("joined_at",)),
        "engagement": (("engagement",), ("lead", "agreement", "agreement_version", "number", "opened_at", "lane")),
        "mql": (
            ("engagement",),
            ("lead", "agreement", "agreement_version", "occurred_at", "recognised_at", "as_of", "channel", "source"),
        ),
        "criterion": (("engagement", "place"), ("criterion", "says", "result", "seen", "facts")),
        "acceptance": (("engagement",), ("accepted_at",)),
        "closing": (("engagement",), ("outcome", "reason", "closed_at")),
        "refused_by_qualifier": (("command",), ("ingest", "lead", "reason", "says", "recorded_at")),
        "refused_by_sla_monitor": (("command",), ("ingest", "lead", "reason", "says", "recorded_at")),
        "owner": (("engagement",), ("owner", "team", "assigned_at", "seq")),
        "clock": (
            ("clock",),
            (
                "lead",
                "engagement",
                "kind",
                "team",
                "started_at",
                "budget_seconds",
                "unit",
                "agreement",
                "agreement_version",
                "segment",
                "renews",
                "replies_to",
                "seq",
            ),
        ),
        "deadline": (("clock",), ("due", "owner", "seq")),
        "warned": (("clock",), ("percent", "warned_at")),
        "standing": (
            ("clock",),
            ("standing", "credit", "answered_at", "elapsed_seconds", "judged_at", "seq"),
        ),
        "verdict": (("clock", "seq"), ("lead", "verdict", "previous", "recorded_at", "evidence", "says")),
        "attempts": (("engagement",), ("calls", "emails", "socials", "seq")),
        "trouble": (("consumer", "lead"), ("parked", "says", "since", "seq")),
        **dict.fromkeys(TIMELINES, (timelines.KEYS, timelines.COLUMNS)),
    }
)
"""Of each table its key, and the columns that are compared."""
_JSON = frozenset({("attribute", "value"), ("criterion", "facts"), ("verdict", "evidence")})
_BY_HAND, _BY_AGREEMENT = "by hand", "by agreement"
"""The sources of facts that no feed delivered."""


class _Fact(msgspec.Struct, frozen=True):
    source: str = _BY_HAND
    cadence: str | None = None


_said = msgspec.json.Decoder(_Fact).decode


class _Rows:
    """Rows of one lead as they come; of a key the first, the last or the earliest one stays."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Row] = {}
        self._since: dict[tuple[str, str], datetime] = {}

    def first(self, table: str, key: list[Any], *values: Any) -> None:  # noqa: ANN401 - what columns hold
        made = row(table, key, values)
        self._kept.setdefault((table, made.key), made)

    def last(self, table: str, key: list[Any], *values: Any) -> None:  # noqa: ANN401 - what columns hold
        made = row(table, key, values)
        self._kept[table, made.key] = made

    def earliest(self, table: str, key: list[Any], at: datetime, *values: Any) -> None:  # noqa: ANN401 - what columns hold
        made = row(table, key, [at, *values])
        if at <= self._since.get((table, made.key), at):
            self._since[table, made.key] = at
            self._kept[table, made.key] = made

    def tell(self, topic: str, events: Iterable[Told]) -> None:
        for event in events:
            told = timelines.projected(topic, event)
            if told is not None:
                self._kept.setdefault((told.shelf, told.key), told)

    def all(self) -> list[Row]:
        return list(self._kept.values())


def projected(story: Story) -> list[Row]:
    """What the tables must hold of a lead."""
    rows = _Rows()
    newest: dict[str, datetime] = {}
    percents: dict[str, int] = {}
    for topic, events in story.told.items():
        _troubles(rows, topic, events)
        rows.tell(topic, events)
    for event in story.told[LEADS.name]:
        _lead(rows, event, newest)
    for event in story.told[QUALIFICATION.name]:
        _qualification(rows, event)
    for event in story.told[SLA.name]:
        _sla(rows, event, percents)
    return rows.all()


def held(table: str, columns: Mapping[str, Any]) -> Row:
    """A row as a table has it."""
    if table in TIMELINES:
        return timelines.held(table, columns)
    keys, names = COLUMNS[table]
    values = [msgspec.json.decode(columns[name]) if (table, name) in _JSON else columns[name] for name in names]
    return row(table, [columns[name] for name in keys], values)


def _lead(rows: _Rows, event: Told, newest: dict[str, datetime]) -> None:
    envelope, said = event.envelope, event.said
    lead = envelope.lead
    match event.type:
        case "lead.captured":
            by = said.get("form"), said.get("campaign"), said.get("sealed", "")
            found_us = said["source"], said["channel"], *by, envelope.lane.value
            rows.earliest("lead", [lead], envelope.occurred_at, *found_us)
            if said.get("test"):
                rows.first("test_lead", [lead])
        case "lead.dealt":
            amount = said.get("amount") or {}
            told = said["opportunity"], lead, said["source"], said["status"]
            rows.first(
                "deal_move", [envelope.id], *told, amount.get("minor"), amount.get("currency"), envelope.occurred_at
            )
        case _:
            pass
    if event.type in {"lead.captured", "lead.profiled"}:
        for name, value in said.get("features", {}).items():
            if name not in newest or envelope.occurred_at >= newest[name]:
                newest[name] = envelope.occurred_at
                rows.last("attribute", [lead, name], value, envelope.occurred_at)


def _qualification(rows: _Rows, event: Told) -> None:
    envelope, said = event.envelope, event.said
    match event.type:
        case "engagement.opened":
            version = said["agreement"], said["agreement_version"], said["number"]
            told = envelope.lead, *version, envelope.recorded_at, envelope.lane.value
            rows.first("engagement", [said["engagement"]], *told)
        case "lead.qualified":
            version = envelope.lead, said["agreement"], said["agreement_version"]
            times = envelope.occurred_at, _at(said["recognised_at"]), _at(said["explanation"]["as_of"])
            rows.first("mql", [said["engagement"]], *version, *times, said["channel"], said["source"])
            for place, seen in enumerate(said["explanation"]["criteria"]):
                line = (seen[name] for name in ("id", "says", "result", "seen"))
                rows.first("criterion", [said["engagement"], place], *line, seen.get("facts", []))
        case "lead.accepted":
            rows.first("acceptance", [said["engagement"]], envelope.occurred_at)
        case "engagement.closed":
            rows.first("closing", [said["engagement"]], said["outcome"], said.get("reason"), envelope.occurred_at)
        case "command.refused":
            _refused(rows, "refused_by_qualifier", event)
        case _:
            pass


def _sla(rows: _Rows, event: Told, percents: dict[str, int]) -> None:
    envelope, said, seq = event.envelope, event.said, event.envelope.lead_version
    match event.type:
        case "lead.assigned":
            rows.last("owner", [said["engagement"]], said["owner"], said["team"], envelope.recorded_at, seq)
        case "clock.started":
            told = envelope.lead, said["engagement"], said["kind"], said["team"], _at(said["started_at"])
            by = said["budget_seconds"], said["unit"], said["agreement"], said["agreement_version"]
            of = said["segment"], said.get("renews"), said.get("replies_to")
            rows.last("clock", [said["clock"]], *told, *by, *of, seq)
            rows.last("deadline", [said["clock"]], _at(said["due"]), said["owner"], seq)
        case "clock.moved":
            rows.last("deadline", [said["clock"]], _at(said["due"]), said["owner"], seq)
        case "clock.warned":
            if said["percent"] >= percents.get(said["clock"], 0):
                percents[said["clock"]] = said["percent"]
                rows.last("warned", [said["clock"]], said["percent"], envelope.occurred_at)
        case "clock.judged":
            clock, answered = said["clock"], said.get("answered_at")
            rows.last("deadline", [clock], _at(said["due"]), said["owner"], seq)
            answer = said.get("credit"), None if answered is None else _at(answered), said.get("elapsed_seconds")
            rows.last("standing", [clock], said["verdict"], *answer, envelope.recorded_at, seq)
            told = said["verdict"], said["previous"], envelope.recorded_at, said["evidence"], said["says"]
            rows.last("verdict", [clock, seq], envelope.lead, *told)
        case "attempt.counted":
            rows.last("attempts", [said["engagement"]], said["calls"], said["emails"], said["socials"], seq)
        case "command.refused":
            _refused(rows, "refused_by_sla_monitor", event)
        case _:
            pass


def _troubles(rows: _Rows, topic: str, events: Iterable[Told]) -> None:
    """Whose trouble it is says it in its own output."""
    for event in events:
        by = event.said["consumer"] if event.type in NOTICES else None
        if by is not None and by == WRITER.get(topic, by):
            told = event.type == "key.parked", event.said.get("reason", ""), event.envelope.recorded_at
            rows.last("trouble", [by, event.envelope.lead], *told, event.envelope.lead_version)


def _refused(rows: _Rows, table: str, event: Told) -> None:
    envelope, said = event.envelope, event.said
    if said.get("cadence") is not None:
        return  # a cadence's closing is no command of anybody
    told = envelope.correlation, envelope.lead, said["reason"], said["says"], envelope.recorded_at
    rows.first(table, [said["command"]], *told)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def arrived(read: Iterable[Read], partition: int) -> Iterator[tuple[str, int]]:
    """Records of `leads` as rows of the scratch: how many facts of a source were received in a minute."""
    counts = Counter(
        (envelope.received_at.replace(second=0, microsecond=0), _source(envelope), envelope.lane.value)
        for _, envelope in read
        if envelope.lead and envelope.type not in NOTICES
    )
    for of, facts in counts.items():
        yield row("intake", [partition, *of], ()).key, facts


def _source(envelope: Envelope) -> str:
    try:
        said = _said(envelope.data)
    except msgspec.MsgspecError:  # what does not say what its type says is found in its lead's story
        return _BY_HAND
    return _BY_AGREEMENT if envelope.type == "lead.disposed" and said.cadence is not None else said.source
