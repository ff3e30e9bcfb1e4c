"""Check 8: what the services keep of a lead is the fold of its story; their bytes are read as plain values."""

from typing import Any, NamedTuple

import msgspec

from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify import volume
from leadpact.verify.judging.lead import Judged
from leadpact.verify.owed import Owed
from leadpact.verify.shelves import ANYTHING, Row, row
from leadpact.verify.stories import Story
from leadpact.verify.wire import moment

QUALIFIER, MONITOR = "state of qualifier", "state of sla-monitor"
_SIGNAL_BYTES = 28


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
    return row(QUALIFIER, [made.lead], [version, *sizes, facts.test, facts.latest, runs, made.from_lane])


def _of_qualifier(told: Any) -> list[Any]:  # noqa: ANN401 - decoded without its type
    if told is None:
        return []
    _, _, signals, attributes, _, test, latest, _, runs, _, from_lane = told
    sizes = len(signals) // _SIGNAL_BYTES, sum(len(values) for values in attributes.values())
    return [*sizes, test, latest, runs, from_lane]


def _monitor(now: Owed, version: int) -> Row:
    runs = []
    for run in now.runs.values():
        clocks = [
            [
                clock.id,
                clock.kind,
                clock.standing,
                clock.segment,
                moment(clock.due).isoformat(),
                None if clock.answered_at is None else moment(clock.answered_at).isoformat(),
                clock.missed,
                clock.escalated,
            ]
            for clock in now.clocks.values()
            if clock.run is run
        ]
        closed = None if run.closed_at is None else moment(run.closed_at).isoformat()
        runs.append([run.id, run.owner, closed, clocks])
    return row(MONITOR, [now.lead], [version, len(now.touches), runs])


def _of_monitor(told: Any) -> list[Any]:  # noqa: ANN401 - decoded without its type
    if told is None:
        return []
    runs = [
        [
            run["id"],
            run["owner"],
            _text(run["closed_at"]),
            [
                [
                    clock["id"],
                    clock["kind"],
                    clock["standing"],
                    len(clock["segments"]),
                    _text(clock["segments"][-1]["due"]),
                    _text(clock["answered_at"]),
                    clock["missed"],
                    clock["escalated"],
                ]
                for clock in run["clocks"]
            ],
        ]
        for run in told["engagements"]
    ]
    return [len(told["touches"]), runs]


def _text(instant: Any) -> str | None:  # noqa: ANN401 - a datetime, or none
    return None if instant is None else instant.isoformat()
