"""The log lead by lead: streams are written to the scratch as they are read, and come back in the order of leads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.verify.findings import Check, Findings
from leadpact.verify.scratch import Scratch
from leadpact.verify.streams import Read
from leadpact.verify.wire import NOTICES, OWN, STORY, WRITER, derived

_ORDER = "select lead, topic, seq, place, value from story order by lead, topic, seq"


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a lead's story; `offset` is where it stands, `said` its data as plain objects."""

    offset: int
    envelope: Envelope
    said: dict[str, Any]

    @property
    def type(self) -> str:
        """Its wire name."""
        return self.envelope.type


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that was said of one lead, by topic, each in its order."""

    lead: str
    told: dict[str, list[Told]] = field(default_factory=lambda: {topic: [] for topic in STORY})

    @property
    def troubled(self) -> bool:
        """Whether some consumer ever set the lead aside: then time stood still for it."""
        return any(event.type in NOTICES for events in self.told.values() for event in events)


def keep(scratch: Scratch, topic: str, read: Iterable[Read]) -> list[Told]:
    """Write a topic's records down by lead; gives the control records among them."""
    number, controls, rows = STORY.index(topic), [], []
    for record, envelope in read:
        if envelope.lead:
            rows.append((envelope.lead, number, record.seq, record.offset, record.value))
        else:
            controls.append(told(record.offset, envelope))
    scratch.put("story", rows)
    return controls


def stories(scratch: Scratch) -> Iterator[Story]:
    """Lead by lead, in the order of their bytes."""
    for lead, rows in groupby(scratch.rows(_ORDER), key=lambda row: str(row[0])):
        story = Story(lead)
        for _, topic, _, offset, value in rows:
            story.told[STORY[topic]].append(told(offset, wire.decode(value)))
        yield story


def told(offset: int, envelope: Envelope) -> Told:
    """An event with its data."""
    return Told(offset, envelope, msgspec.json.decode(envelope.data))


def numbered(story: Story, found: Findings) -> None:
    """Check 3: in each topic a lead's events count 1, 2, 3 …, and the ids of what was decided follow from the cause."""
    found.count("leads")
    for topic, events in story.told.items():
        for number, event in enumerate(events, 1):
            if event.envelope.lead_version != number:
                says = f"event {number} of lead {story.lead} is numbered {event.envelope.lead_version}"
                found.violated(Check.EVENTS, f"{topic} {event.envelope.id}", says)
        if topic in WRITER:
            _ids(topic, events, found)


def _ids(topic: str, events: list[Told], found: Findings) -> None:
    made: dict[str, int] = {}
    for event in events:
        envelope = event.envelope
        if envelope.type in OWN[topic]:
            index = made.get(envelope.causation, 0)
            made[envelope.causation] = index + 1
            if envelope.id != derived(WRITER[topic], envelope.causation, envelope.type, index):
                says = f"{envelope.type} is not number {index} of what follows from {envelope.causation}"
                found.violated(Check.EVENTS, f"{topic} {envelope.id}", says)
