"""Check 8 for what a slot knows for all its leads: the fold of its control records, read as plain values.

Compared is what the records say, so that a field that newer code has added to an agreement is nobody's fault. Of
reigns, lanes of history, stalls and silences what is kept must be so; what is not kept may be unknown to the code that
noted the rest (a rebuild adds it), or so long over that it leaves nothing in doubt.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.force import Rules
from leadpact.verify.judging.months import Reigns
from leadpact.verify.judging.operations import Operations
from leadpact.verify.scratch import Scratch
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros

_KNOWN = "select consumer, slot, told from known order by consumer, slot"


class Slot(NamedTuple):
    """The control state of a slot; `version` is the number of the last control record it has taken in."""

    consumer: str
    number: int
    version: int
    data: bytes


def expected(number: int, leads: Sequence[Told], told: Sequence[Told], last: Operations) -> Iterator[tuple[Any, ...]]:
    """What both services must know of a partition with these control records, as rows of the scratch."""
    if leads:
        force = Rules(leads).behind[leads[-1].offset]
        versions = [
            [{**v.agreement, "calendar": {}}, v.since, v.before_history, v.begins, v.ends, v.in_force]
            for v in force.versions.values()
        ]
        yield "qualifier", number, _written([leads[-1].said["control"], [versions, force.history]])
    if told:
        yield "sla-monitor", number, _written([told[-1].said["control"], _of_monitor(told, last)])


def compare(scratch: Scratch, slots: Iterable[Slot], found: Findings) -> None:
    """Say which slot knows something else."""
    held = {(each.consumer, each.number): each for each in slots}
    found.count("control states", len(held))
    for consumer, number, told in scratch.rows(_KNOWN):
        where = f"state of slot {consumer}/{number}"
        slot = held.pop((consumer, number), None)
        if slot is None:
            found.violated(Check.STATE, where, "it is missing")
            continue
        version, wanted = msgspec.json.decode(told)
        try:
            knows = _read(slot)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            found.violated(Check.STATE, where, f"it holds what cannot be read: {type(error).__name__}")
            continue
        other = (
            [] if slot.version == version else [f"it has taken in {slot.version} control records, there are {version}"]
        )
        for says in [*other, *_differs(wanted, knows, "")]:
            found.violated(Check.STATE, where, says)
    for consumer, number in held:
        found.violated(Check.STATE, f"state of slot {consumer}/{number}", "the log knows nothing of it")


def _of_monitor(told: Sequence[Told], last: Operations) -> dict[str, Any]:
    reigns = Reigns()
    for record in told:
        reigns.take(record.type, record.said, record.envelope.recorded_at)
    return {
        "agreements": {f"{id_}@{version}": said for (id_, version), said in last.agreements.items()},
        "rosters": last.rosters,
        "leaves": last.leaves,
        "closures": last.closures,
        "among": {
            "reigns": [[*r.version, r.control, micros(r.since), _at(r.until)] for r in reigns.reigns],
            "history": [0, reigns.history],
            "stalls": last.stalls,
            "gaps": last.silences,
        },
    }


def _read(slot: Slot) -> Any:  # noqa: ANN401 - decoded without its type
    told = msgspec.msgpack.decode(slot.data)
    if slot.consumer == "qualifier":
        return told
    among = {
        "reigns": [
            [r["agreement"], r["version"], r["control"], micros(r["from_at"]), _at(r["until"])] for r in told["reigns"]
        ],
        "history": [told["history"]],
        "stalls": [[micros(each["from_at"]), micros(each["to_at"]), each["fact"]] for each in told["stalls"]],
        "gaps": [
            [micros(each["from_at"]), each["source"], micros(each["to_at"]), each["fact"], not each["over"]]
            for each in told["gaps"]
        ],
    }
    leaves = {
        rep: [[micros(leave["from_at"]), micros(leave["to_at"])] for leave in leaves]
        for rep, leaves in told["leaves"].items()
    }
    return {**told, "leaves": leaves, "among": among}


def _differs(wanted: Any, knows: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - plain values
    """Where what is known is not what was said."""
    match wanted, knows:
        case dict(), dict():
            for name in wanted:
                if name == "among":
                    yield from _foreign(wanted[name], knows.get(name, {}))
                elif name not in knows:
                    yield f"it does not know {where}/{name}"
                else:
                    yield from _differs(wanted[name], knows[name], f"{where}/{name}")
            for name in knows if where in {"/agreements", "/rosters", "/leaves", "/closures"} else ():
                if name not in wanted:
                    yield f"{where}/{name} is known, of which the log knows nothing"
        case list(), list() if len(wanted) == len(knows):
            for number, (one, other) in enumerate(zip(wanted, knows, strict=True)):
                yield from _differs(one, other, f"{where}/{number}")
        case _:
            if wanted != knows:
                yield f"{where} is {knows}, the log says {wanted}"


def _foreign(wanted: dict[str, list[Any]], knows: dict[str, list[Any]]) -> Iterator[str]:
    for name, said in wanted.items():
        for each in knows[name]:
            if each not in said:
                yield f"it knows {name} {each}, the log says {said}"


def _at(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)


def _written(told: Any) -> str:  # noqa: ANN401 - plain values
    return msgspec.json.encode(told).decode()
