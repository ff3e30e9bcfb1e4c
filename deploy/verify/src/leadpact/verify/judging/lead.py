"""A lead judged from `leads` alone, record by record: what the qualifier must have said of it (rules 12 to 19, 51)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from leadpact.contracts.envelope import Lane
from leadpact.verify.judging.definitions import leaves, meets, result, truth
from leadpact.verify.judging.facts import LONG_AGO, SECOND, Facts
from leadpact.verify.judging.force import Force, Rules, Version
from leadpact.verify.stories import Told
from leadpact.verify.wire import derived, micros

FOR_EVER = 1 << 62


class Opening(NamedTuple):
    """The definition of the version that governs became true."""

    at: int
    agreement: str
    version: Version


@dataclass(slots=True)
class Run:
    """An engagement."""

    id: str
    version: Version
    opened_at: int
    accepted: bool = False
    closed_at: int | None = None
    outcome: str | None = None
    reason: str | None = None

    @property
    def line(self) -> str | None:
        """Its product line."""
        line: str | None = self.version.agreement["product_line"]
        return line


@dataclass(slots=True)
class Judged:
    """A lead in the making; `says` are the events that follow, by type and what they must say."""

    lead: str
    facts: Facts = field(default_factory=Facts)
    runs: list[Run] = field(default_factory=list)
    says: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    judged: int = LONG_AGO
    from_lane: bool | None = None
    lane: Lane = Lane.LIVE
    crossing: int | None = None

    def open(self) -> list[Run]:
        """Runs that have not ended."""
        return [run for run in self.runs if run.closed_at is None]


def judge(lead: str, events: Sequence[Told], rules: Rules, until: datetime) -> Judged:
    """Read a lead's facts and its partition's control records in their order; time has passed `until` in the end."""
    made, force = Judged(lead), Force()
    live, in_lane, lane_open = LONG_AGO, LONG_AGO, False
    for record in sorted([*events, *rules.controls], key=lambda each: each.offset):
        mark = micros(record.envelope.mark)
        if record.envelope.lead and record.envelope.lane is Lane.BACKFILL:
            in_lane = max(in_lane, min(mark, micros(record.envelope.recorded_at)))
        else:
            live = max(live, mark)
        if record.type == "backfill.closed" and lane_open and record.said.get("until") is not None:
            in_lane = max(in_lane, micros(datetime.fromisoformat(record.said["until"])))
        _pass(made, force, live if made.lane is Lane.LIVE else in_lane)
        if record.envelope.lead:
            if made.from_lane is None and lane_open:
                made.lane = record.envelope.lane
            _fact(made, force, record)
            _pass(made, force, live if made.lane is Lane.LIVE else in_lane)
            continue
        force = rules.behind[record.offset]
        if record.type == "backfill.opened":
            lane_open, in_lane = True, LONG_AGO
        elif record.type == "backfill.closed":
            lane_open, made.lane = False, Lane.LIVE
            _pass(made, force, live)
    _pass(made, force, max(live, micros(until)))
    return made


def _pass(made: Judged, force: Force, until: int) -> None:
    """Let time pass: what time alone makes true becomes so at its own instant (rule 17)."""
    while made.crossing is not None and made.crossing <= until:
        due = made.crossing
        _engage(made, openings(made, force, made.judged + 1, due))
        made.crossing = _next(made, force)


def _fact(made: Judged, force: Force, event: Told) -> None:
    at = micros(event.envelope.occurred_at)
    first = min(at, made.judged + 1)
    made.facts.add(event)
    made.judged = max(made.judged, at)
    made.from_lane = event.envelope.lane is Lane.BACKFILL if made.from_lane is None else made.from_lane
    found = openings(made, force, first, made.facts.latest)
    if event.type == "lead.disposed":
        _dispose(made, event, at)
    elif event.type == "lead.dealt" and event.said["status"] in {"won", "lost"}:
        line = event.said.get("product_line")
        run = next((run for run in made.open() if line in {None, run.line} and run.opened_at <= at), None)
        if run is not None:
            _close(made, run, at, event.said["status"], None)
    _engage(made, found)
    made.crossing = _next(made, force)


def _next(made: Judged, force: Force) -> int | None:
    found = openings(made, force, made.judged + 1, FOR_EVER)
    return found[0].at if found else None


def _engage(made: Judged, found: list[Opening]) -> None:
    for at, agreement, version in found:
        id_ = derived("engagement", made.lead, agreement, len(made.runs) + 1)
        number = version.agreement["version"]
        named = {"engagement": id_, "agreement": agreement, "agreement_version": number}
        line = version.agreement["product_line"]
        made.runs.append(Run(id_, version, at))
        made.says.append(("engagement.opened", {**named, "product_line": line, "number": len(made.runs), "at": at}))
        capture = made.facts.capture
        criteria = [(leaf["id"], result(leaf, made.facts, at)) for leaf in leaves(version.agreement["criteria"])]
        told = {"channel": made.facts.channel(), "source": capture[2] if capture else "", "criteria": criteria}
        made.says.append(("lead.qualified", {**named, "product_line": line, **told, "at": at}))


def openings(made: Judged, force: Force, first: int, last: int) -> list[Opening]:
    """The earliest opening of each product line within `[first, last]` (rule 16)."""
    facts = made.facts
    if facts.capture is None or facts.test:
        return []
    first = max(first, facts.capture[0], facts.whole_from)
    found = [_opening(made, versions, force, first, last) for versions in force.lines.values()]
    return sorted((each for each in found if each is not None), key=lambda each: each[:2])


def _opening(made: Judged, versions: Sequence[Version], force: Force, first: int, last: int) -> Opening | None:
    line = versions[0].agreement["product_line"]
    before = next((run for run in reversed(made.runs) if run.line == line), None)
    closed_at = LONG_AGO
    if before is not None:
        kept = force.versions[before.version.name].agreement
        if before.closed_at is None or not _may_return(kept, before):
            return None
        closed_at = before.closed_at
        first = max(first, closed_at + kept["cool_down_seconds"] * SECOND)
    spans = [(v.judges_from(made.facts, from_lane=bool(made.from_lane)), v.ends, v) for v in versions]
    for at in _instants(made.facts, spans, first, last):
        governing = next((v for since, ends, v in spans if since <= at < ends and _in_scope(v, made.facts, at)), None)
        anew = before is None or bool(made.facts.within(closed_at, at))
        if governing is not None and anew and _qualifies(governing.agreement, made.facts, at):
            return Opening(at, governing.agreement["id"], governing)
    return None


def _instants(facts: Facts, spans: list[tuple[int, int, Version]], first: int, last: int) -> list[int]:
    """Every instant of the span at which an answer may change."""
    found = {first, *(since for since, _, _ in spans), *(ends for _, ends, _ in spans)}
    for _, _, version in spans:
        for window in version.turns:
            found |= {signal.at + window for signal in facts.signals}
    known = facts.instants()
    read = known[bisect_left(known, first) : bisect_right(known, last)]
    return sorted({*read, *(at for at in found if first <= at <= last)})


def _in_scope(version: Version, facts: Facts, at: int) -> bool:
    return all(meets(version.agreement["scope"], facts, at))


def _qualifies(agreement: dict[str, Any], facts: Facts, at: int) -> bool:
    if truth(agreement["criteria"], facts, at) is not True:
        return False
    return not any(any(meets(agreement["suppressed"], facts, when)) for when in (at, facts.latest))


def _may_return(agreement: dict[str, Any], run: Run) -> bool:
    match run.outcome:
        case "recycled":
            return True
        case "rejected":
            return any(reason["may_return"] for reason in agreement["reasons"] if reason["id"] == run.reason)
        case "lost":
            return bool(agreement["lost_may_return"])
        case _:
            return False


def _dispose(made: Judged, event: Told, at: int) -> None:
    named = [run for run in made.open() if event.said.get("engagement") in {None, run.id}]
    meant = [run for run in named if run.opened_at <= at]
    verdict, reason, cadence = event.said["verdict"], event.said.get("reason"), event.said.get("cadence")
    if not meant:
        _refuse(made, event, "before_opening" if named else "no_open_engagement")
        return
    if len(meant) > 1:
        _refuse(made, event, "ambiguous_engagement")
        return
    (run,) = meant
    if verdict == "accepted":
        if run.accepted:
            _refuse(made, event, "already_accepted")
            return
        run.accepted = True
        made.says.append(("lead.accepted", {"engagement": run.id, "at": at}))
        return
    nobodys = cadence is not None
    why = _held(made, run, at) if nobodys else _unfit(run.version.agreement, verdict, reason, _given(event))
    if why is None:
        _close(made, run, at, verdict, reason)
    else:
        _refuse(made, event, why)


def _held(made: Judged, run: Run, at: int) -> str | None:
    """What keeps an exhausted cadence from closing a run: sales has accepted it, or is at a deal with the lead."""
    if run.accepted:
        return "already_accepted"
    deal = made.facts.value("deal_status", at)
    return "open_opportunity" if deal is not None and deal.value == "open" else None


def _given(event: Told) -> list[str]:
    """Names of the data that came with a disposition; before version 2 they stood there with their values."""
    given: list[str] | None = event.said.get("given")
    return [name for name, value in event.said.get("data", {}).items() if value.strip()] if given is None else given


def _unfit(agreement: dict[str, Any], verdict: str, reason: str | None, given: list[str]) -> str | None:
    """What is wrong with the reason of a rejection; recycling needs none (rule 35)."""
    if reason is None:
        return None if verdict == "recycled" else "reason_missing"
    known = next((each for each in agreement["reasons"] if each["id"] == reason), None)
    if known is None:
        return "unknown_reason"
    return "data_missing" if any(name not in given for name in known["requires"]) else None


def _close(made: Judged, run: Run, at: int, outcome: str, reason: str | None) -> None:
    run.closed_at, run.outcome, run.reason = at, outcome, reason
    made.judged = at
    said = {"engagement": run.id, "outcome": outcome, "reason": reason, "at": at}
    made.says.append(("engagement.closed", said))


def _refuse(made: Judged, event: Told, reason: str) -> None:
    at = micros(event.envelope.occurred_at)
    said = {"command": event.envelope.id, "reason": reason, "cadence": event.said.get("cadence"), "at": at}
    made.says.append(("command.refused", said))
