"""Check 8: what the services keep of a lead is the fold of its story; their bytes are read as plain values."""

from hashlib import blake2b
from struct import Struct
from typing import Any, NamedTuple

import msgspec

from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify import volume
from leadpact.verify.judging.facts import Facts
from leadpact.verify.judging.lead import Judged
from leadpact.verify.judging.promises import Clock, Run
from leadpact.verify.owed import Owed
from leadpact.verify.shelves import ANYTHING, Row, row
from leadpact.verify.stories import Story
from leadpact.verify.wire import micros

QUALIFIER, MONITOR = "state of qualifier", "state of sla-monitor"
_SIGNAL = Struct("<q16sI")
"""A sign of interest in a ledger: its instant, its id, the number of its kind and subject among the lead's own."""
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Cell(NamedTuple):
    """A key's state; `version` counts its events in the output."""

    consumer: str
    key: str
    version: int
    lane: str
    data: bytes


def expected(story: Story, judged: Judged | None, owed: Owed | None) -> list[Row]:
    """What both services must keep of a lead."""
    qualifier, monitor = (len(story.told[topic]) for topic in (QUALIFICATION.name, SLA.name))
    return [
        Row(QUALIFIER, story.lead, ANYTHING) if judged is None else _qualifier(judged, qualifier),
        *([Row(MONITOR, story.lead, ANYTHING) if owed is None else _monitor(owed, monitor)] if qualifier else []),
    ]


def held(cell: Cell) -> Row:
    """What a cell holds of that."""
    try:
        return _read(cell)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        says = f"what cannot be read: {type(error).__name__}"
        return row(f"state of {cell.consumer}", [cell.key], [cell.version, says])


def _read(cell: Cell) -> Row:
    told = msgspec.msgpack.decode(cell.data) if cell.data else None
    if cell.consumer == volume.JUDGE:
        return volume.book(cell.key, cell.version, told or {})
    if cell.consumer == "qualifier":
        return row(QUALIFIER, [cell.key], [cell.version, *_of_qualifier(told)])
    return row(MONITOR, [cell.key], [cell.version, *_of_monitor(told)])


def _qualifier(made: Judged, version: int) -> Row:
    facts = made.facts
    runs = [
        [run.id, *run.version.name, run.line, run.opened_at, run.accepted, run.closed_at, run.outcome, run.reason]
        for run in made.runs
    ]
    sizes = len(facts.signals), sum(len(values) for values in facts.values.values())
    known = facts.test, facts.latest, facts.whole_from
    return row(QUALIFIER, [made.lead], [version, *sizes, _ledger(facts), *known, runs, made.judged, made.from_lane])


def _ledger(facts: Facts) -> str:
    """A print of all that definitions may read."""
    names = sorted({(signal.kind, signal.subject) for signal in facts.signals})
    number = {name: index for index, name in enumerate(names)}
    signals = b"".join(
        [_SIGNAL.pack(each.at, _bytes(each.id), number[each.kind, each.subject]) for each in facts.signals]
    )
    values = {
        name: [(value.at, _bytes(value.id), value.value) for value in values]
        for name, values in facts.values.items()
        if values
    }
    capture = facts.capture and (facts.capture[0], _bytes(facts.capture[1]), *facts.capture[2:])
    return _print([names, signals, values, capture])


def _of_qualifier(told: Any) -> list[Any]:  # noqa: ANN401 - decoded without its type
    if told is None:
        return []
    _, names, signals, values, capture, test, latest, whole_from, runs, judged, from_lane = told
    sizes = len(signals) // _SIGNAL.size, sum(len(each) for each in values.values())
    ledger = _print([names, signals, values, capture])
    return [*sizes, ledger, test, latest, whole_from, runs, judged, from_lane]


def _monitor(now: Owed, version: int) -> Row:
    runs = [_run(run, [_clock(each) for each in now.clocks.values() if each.run is run]) for run in now.runs.values()]
    touches = sorted(
        (t.at, t.id, t.kind, t.inward, t.outcome, t.actor, t.actor_kind, t.seconds, t.target, t.reference)
        for t in now.touches
    )
    crm = max(now.named, default=None)
    words = sorted((purpose, *word) for purpose, word in now.consents.items())
    told = [version, len(touches), _print(touches), runs, words, crm and (crm.owner, crm.at, crm.fact)]
    return row(MONITOR, [now.lead], told)


def _run(run: Run, clocks: list[Any]) -> list[Any]:
    version = run.agreement["id"], run.agreement["version"]
    qualified = run.qualified_at, run.qualified_by
    owner = run.owner, run.owned_at, run.waiting
    return [run.id, *version, *qualified, *owner, run.counted, run.closed_at, clocks]


def _clock(clock: Clock) -> list[Any]:
    ending = clock.ending
    return [
        clock.id,
        clock.kind,
        clock.budget,
        clock.asked_at,
        clock.asked_by,
        clock.renews,
        clock.standing,
        (*clock.ended, (clock.owner, clock.started_at, clock.due, None)),
        clock.answered_at,
        clock.evidence,
        ending,
        sorted(clock.warned),
        clock.missed,
        clock.escalated,
    ]


def _of_monitor(told: Any) -> list[Any]:  # noqa: ANN401 - decoded without its type
    if told is None:
        return []
    touches = sorted(
        (
            micros(t["occurred_at"]),
            t["id"],
            t["kind"],
            t["direction"] == "in",
            *(t[name] for name in ("outcome", "actor", "actor_kind", "seconds", "target", "reference")),
        )
        for t in told["touches"]
    )
    crm = told["crm"]
    words = [[each["purpose"], micros(each["at"]), each["fact"], each["granted"]] for each in told["consents"]]
    runs = [_of_run(run) for run in told["engagements"]]
    return [len(touches), _print(touches), runs, words, crm and (crm["owner"], micros(crm["at"]), crm["fact"])]


def _of_run(run: Any) -> list[Any]:  # noqa: ANN401 - decoded without its type
    version = run["id"], run["agreement"], run["version"]
    qualified = micros(run["qualified_at"]), run["qualified_by"]
    counted = [run["counted"][kind] for kind in ("calls", "emails", "socials")]
    clocks = [_of_clock(clock, run["qualified_by"]) for clock in run["clocks"]]
    waiting = run["waiting"]
    waits = waiting and (waiting["why"], micros(waiting["since"]), micros(waiting["retry_at"]), waiting["queue"])
    owner = run["owner"], _at(run["owned_at"]), waits
    return [*version, *qualified, *owner, counted, _at(run["closed_at"]), clocks]


def _of_clock(clock: Any, qualified_by: str) -> list[Any]:  # noqa: ANN401 - decoded without its type
    ending = clock["ending"]
    return [
        clock["id"],
        clock["kind"],
        (clock["budget"]["unit"], clock["budget"]["seconds"]),
        micros(clock["asked_at"]),
        clock["replies_to"] or qualified_by,
        clock["renews"],
        clock["standing"],
        [
            (each["owner"], micros(each["started_at"]), micros(each["due"]), _at(each["ended_at"]))
            for each in clock["segments"]
        ],
        _at(clock["answered_at"]),
        clock["evidence"],
        ending and (micros(ending["at"]), ending["standing"], ending["fact"], ending["says"]),
        sorted(clock["warned"]),
        clock["missed"],
        clock["escalated"],
    ]


def _at(instant: Any) -> int | None:  # noqa: ANN401 - a datetime, or none
    return None if instant is None else micros(instant)


def _bytes(id_: str) -> bytes:
    return bytes.fromhex(id_.replace("-", ""))


def _print(told: Any) -> str:  # noqa: ANN401 - plain values
    """What is too long for a row, so short that any change shows."""
    return blake2b(_encode(told), digest_size=16).hexdigest()
