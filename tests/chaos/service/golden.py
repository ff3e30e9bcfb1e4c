"""What the two weeks come to, as digests: one of what each decider was given, one of what it decided about that.

`python -m tests.chaos.service.golden --write` notes those of today's revisions. It writes over no decision: where the
same input is decided differently, the revision is to be raised first.
"""

import asyncio
import hashlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.kit.decider import Decider
from leadpact.kit.rows import Record
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.line import Line
from tests.chaos.service.plain import without_chance
from tests.chaos.service.week import weeks

FILE = Path(__file__).with_name("decisions.json")
DECIDERS: tuple[Decider[Any, Any], ...] = (Qualifier(), SlaMonitor())


class Golden(msgspec.Struct, frozen=True):
    """What a revision of a consumer's code makes of an input; both as SHA-256."""

    consumer: str
    revision: int
    given: str
    decided: str


def noted() -> list[Golden]:
    """What was written down, by consumer and revision."""
    return msgspec.json.decode(FILE.read_bytes(), type=list[Golden]) if FILE.exists() else []


async def found() -> list[Golden]:
    """What today's code makes of the two weeks."""
    with pytest.MonkeyPatch.context() as patch:
        without_chance(patch)
        line = (await weeks()).world.line
    return [_golden(decider, line) for decider in DECIDERS]


def complaint(now: Golden, notes: Sequence[Golden]) -> str | None:
    """What is wrong with what a consumer decides today, if anything is."""
    before = [note for note in notes if (note.consumer, note.revision) == (now.consumer, now.revision)]
    if now in before:
        return None
    if any(note.given == now.given for note in before):
        return f"{now.consumer}: the same input is decided differently: raise the revision, then run golden.py --write"
    return f"{now.consumer}: revision {now.revision} is not noted for this input: run golden.py --write"


def with_today(notes: Sequence[Golden], today: Iterable[Golden]) -> list[Golden]:
    """The notes to write; raises `ValueError` where a revision has to be raised first. Of a revision the last input
    is noted."""
    kept = list(notes)
    for now in today:
        says = complaint(now, kept)
        if says is not None and "raise the revision" in says:
            raise ValueError(says)
        kept = [note for note in kept if (note.consumer, note.revision) != (now.consumer, now.revision)] + [now]
    return sorted(kept, key=lambda note: (note.consumer, note.revision))


def _golden(decider: Decider[Any, Any], line: Line) -> Golden:
    given, told = line.records(decider.input.name), line.records(decider.output.name)
    passed_on = {wire.decode(record.value).id for record in given}
    decided = [_decided(record) for record in told if wire.decode(record.value).id not in passed_on]
    rows = line.store.rows
    if decider.consumer == SlaMonitor.consumer:  # nobody else asks for effects
        decided += [msgspec.json.encode(effect) for _, effect in sorted(rows.effects.items())]
    return Golden(decider.consumer, decider.revision, _digest(record.value for record in given), _digest(decided))


def _decided(record: Record) -> bytes:
    """An event without the revision that decided it."""
    return wire.encode(msgspec.structs.replace(wire.decode(record.value), revision=0))


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(4) + part)
    return whole.hexdigest()


def main(arguments: Sequence[str]) -> None:
    """Say what is wrong, or write."""
    today = asyncio.run(found())
    if "--write" in arguments:
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(with_today(noted(), today)), indent=1) + b"\n")
    else:
        sys.stdout.write("\n".join(filter(None, (complaint(now, noted()) for now in today))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
