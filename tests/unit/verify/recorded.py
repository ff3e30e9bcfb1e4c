"""A week of the tour as verify would find it in Kafka and PostgreSQL, and ways to plant faults in it."""

import asyncio
import pickle
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, groupby
from operator import attrgetter
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.control import InForce
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS, MARKS, TOPICS
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.board import message
from leadpact.kit.decider import Fact
from leadpact.kit.rows import StreamMark
from leadpact.reporting.domain import leads, qualification, sla
from leadpact.reporting.domain.tables import TABLES
from leadpact.testkit.memory import MemoryLog
from leadpact.testkit.memory.state import Rows
from leadpact.verify.deliveries import Known, Outcome
from leadpact.verify.effects import Effect
from leadpact.verify.findings import Findings
from leadpact.verify.here import Here, Judging
from leadpact.verify.log import Kept, Span
from leadpact.verify.models import COLUMNS, held
from leadpact.verify.run import Run, spans
from leadpact.verify.shelves import Row
from leadpact.verify.slots import Slot
from leadpact.verify.standing import Fence, Outgoing, Position, Standing
from leadpact.verify.state import Cell
from leadpact.verify.streams import Place
from leadpact.verify.timers import Timers
from leadpact.verify.turns import Shared
from leadpact.verify.volume import Tally
from tests.doubles.models import MemoryModels
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO, CRM, OPERATIONS
from tests.tour.test_7_history_comes_first import LANE, remembers_a_call, remembers_a_demo
from tests.tour.world import World, when

_UNNUMBERED = {"raw", "marks"}
_BY_NAME = attrgetter("key", "name")


@dataclass
class Recorded:
    """Topics as lists of records and tables as rows; answers as `Log` and as `Tables` do."""

    topics: dict[Place, list[Kept]]
    fences: list[Fence]
    outgoing: list[Outgoing]
    lanes: dict[str, str]
    ended: list[Outcome]
    kept: list[Cell]
    rows: list[tuple[str, dict[str, Any]]]
    asked: list[Effect]
    errors: list[tuple[str, str]] = field(default_factory=list)
    since: datetime | None = None
    aside: dict[str, int] = field(default_factory=dict)
    counted: list[Tally] = field(default_factory=list)
    waits: list[Timers] = field(default_factory=list)
    known_by: list[Slot] = field(default_factory=list)
    rotas: list[Shared] = field(default_factory=list)
    unidentified: list[str] = field(default_factory=list)

    # ── as a log ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def span(self, topic: str, partition: int) -> Span:
        records = self.topics[Place(topic, partition)]
        return Span(records[0].offset, records[-1].offset + 1) if records else Span(0, 0)

    async def read(self, topic: str, partition: int, span: Span) -> AsyncIterator[list[Kept]]:
        del span
        yield list(self.topics[Place(topic, partition)])

    # ── as tables ────────────────────────────────────────────────────────────────────────────────────────────────────
    async def standing(self) -> Standing:
        return Standing(self.fences, self.outgoing, self.aside)

    async def known(self) -> Known:
        return Known(self.since, self.lanes)

    async def waiting(self) -> AsyncIterator[list[tuple[str]]]:
        yield [(id_,) for id_ in self.unidentified]

    async def outcomes(self) -> AsyncIterator[list[Outcome]]:
        yield list(self.ended)

    async def cells(self) -> AsyncIterator[list[Cell]]:
        yield list(self.kept)

    async def timers(self) -> AsyncIterator[list[Timers]]:
        yield list(self.waits)

    async def slots(self) -> list[Slot]:
        return list(self.known_by)

    async def shared(self) -> list[Shared]:
        return list(self.rotas)

    async def models(self) -> AsyncIterator[list[Row]]:
        yield [held(table, columns) for table, columns in self.rows]

    async def tallies(self) -> list[Tally]:
        return list(self.counted)

    async def effects(self) -> AsyncIterator[list[Effect]]:
        yield list(self.asked)

    async def texts(self) -> AsyncIterator[list[tuple[str, str]]]:
        yield self.errors

    # ── looking and planting ─────────────────────────────────────────────────────────────────────────────────────────
    def find(self, topic: str, type_: str, number: int = 0) -> tuple[Place, int]:
        """Where the n-th event of a type stands in a topic: its partition and its place in the list."""
        found = [
            (place, index)
            for place, records in sorted(self.topics.items())
            if place.topic == topic
            for index, record in enumerate(records)
            if wire.decode(record.value).type == type_
        ]
        return found[number]

    def event(self, place: Place, index: int) -> Envelope:
        """An event."""
        return wire.decode(self.topics[place][index].value)

    def change(self, place: Place, index: int, **fields: Any) -> None:  # noqa: ANN401 - fields of an envelope
        """Say something else in an event."""
        record = self.topics[place][index]
        changed = msgspec.structs.replace(wire.decode(record.value), **fields)
        self.topics[place][index] = record._replace(value=wire.encode(changed))

    def say(self, place: Place, index: int, **said: Any) -> None:  # noqa: ANN401 - JSON
        """Say something else in an event's data."""
        data = msgspec.json.decode(self.event(place, index).data) | said
        self.change(place, index, data=msgspec.Raw(msgspec.json.encode(data)))

    def fence(self, consumer: str, slot: int, change: Callable[[Fence], Fence]) -> None:
        """Let a consumer stand elsewhere."""
        self.fences = [change(f) if (f.consumer, f.slot) == (consumer, slot) else f for f in self.fences]

    def verified(self, *canaries: str, judging: Judging | None = None) -> Findings:
        """What verify says of it."""
        by = judging or Here(self)

        async def run() -> Findings:
            stands = await self.standing()
            return await Run(self, self, by, await spans(self), stands, lambda _, __: None, canaries=canaries).verify()

        return asyncio.run(run())

    def violations(self) -> list[tuple[str, str, str]]:
        """The same, without the figures."""
        return [(each.check.value, each.where, each.says) for each in self.verified().violations]

    def copy(self) -> "Recorded":
        """Another one, to plant something in."""
        made: Recorded = pickle.loads(  # noqa: S301 - our own; ten times as fast as deepcopy
            pickle.dumps(self, pickle.HIGHEST_PROTOCOL)
        )
        return made


async def _played() -> World:
    """A lane of history; then misses, one taken back, a bounce, a refused, an accepting and a rejecting disposition,
    and an owner nobody knows.

    Of one lead old words come late: of a deal, a verdict, an owner, an opt-out.
    """
    world = await World().begins()
    await world.until("Mon 10:00")
    await remembers_a_demo(world, "-Tue 09:20", CLEO)
    await remembers_a_demo(world, "-Tue 09:10", BEN)
    await remembers_a_call(world, "-Tue 09:30", ANN, BEN)
    await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.touches("Tue 09:05", BOB, CLEO, told="Tue 09:15", kind="call", outcome="voicemail")
    await world.commands("Tue 09:30", ANN, command="dispose", email=ADA.email, verdict="rejected", reason="not_a_fit")
    await world.touches("Tue 10:05", ANN, ADA, told="Tue 11:30", kind="call", outcome="connected", seconds=240)
    await world.touches("Wed 09:05", ANN, ADA, kind="email", outcome="sent", reference="m1")
    await world.touches("Wed 09:06", ANN, ADA, kind="email", outcome="bounced", reference="m1")
    await _late_words(world)
    await world.commands("Wed 11:00", ANN, command="dispose", email=ADA.email, verdict="accepted")
    rejection = {"command": "dispose", "email": ADA.email, "verdict": "rejected", "reason": "not_a_fit"}
    await world.commands("Wed 11:30", ANN, command="reassign", email=ADA.email, owner="yves", reason="he asked for it")
    await world.commands("Thu 11:00", ANN, **rejection, data={"note": "she buys for a friend"})
    await world.touches("Fri 09:05", ANN, ADA, kind="call", outcome="no_answer")
    await world.until("+Wed 12:00")
    return world


async def _late_words(world: World) -> None:
    async def says(of: str, **item: Any) -> None:  # noqa: ANN401 - JSON
        told = {"email": ADA.email, "occurred_at": when(of).isoformat(), **item}
        await world.post("Wed 09:30", "/v1/activities", told, {"Authorization": f"Bearer {CRM}"})

    await says("-Tue 12:00", type="deal", opportunity="o-1", status="lost")
    await says("Wed 09:20", type="owner", owner=BOB)
    await says("Wed 09:10", type="owner", owner="zoe")
    await says("-Tue 12:00", type="owner", owner="zoe")
    await says("Wed 09:21", type="consent", purpose="email", granted=True)
    await says("Wed 09:11", type="consent", purpose="email", granted=False)
    late = {
        "command": "dispose",
        "email": ADA.email,
        "verdict": "recycled",
        "occurred_at": when("-Tue 12:00").isoformat(),
    }
    await world.commands("Wed 09:30", ANN, **late)


def recorded(play: Callable[[], Awaitable[World]] = _played) -> Recorded:
    """The week, or another story, just as it was."""
    numbers = count(1)

    async def played() -> World:
        return await play()

    with patch("leadpact.intake.door.accept.fresh", lambda: str(UUID(int=next(numbers)))):
        world = asyncio.run(played())
    return left_by(world.line.log, world.line.store.rows, world.books)


def left_by(log: MemoryLog, rows: Rows, books: MemoryBooks, models: MemoryModels | None = None) -> Recorded:
    """What a line in memory has left; without its read models, with those that reporting would make."""
    topics: dict[Place, list[Kept]] = {
        Place(topic.name, number): [] for topic in TOPICS for number in range(topic.partitions)
    }
    for stream, records in log.records.items():
        topics[Place(*stream)] = [
            Kept(r.offset, r.key, r.value, None if r.topic in _UNNUMBERED else r.seq) for r in records
        ]
    fences = [
        Fence(
            slot.consumer,
            slot.number,
            {Place(*stream): Position(at.offset, at.seq) for stream, at in of_slot.lease.positions.items()},
            of_slot.lease.mark,
            of_slot.lease.lane_mark,
        )
        for slot, of_slot in sorted(rows.slots.items())
    ]
    marks = {fence.consumer: fence.mark for fence in fences}
    said = [
        StreamMark(*s, told.next_seq - 1, marks["normaliser"]) for s, told in rows.streams.items() if s[0] == LEADS.name
    ]
    topics[Place(MARKS.name, 0)] = [
        Kept(offset, (told := message(mark)).key, told.value, None) for offset, mark in enumerate(said)
    ]
    return Recorded(
        topics,
        fences,
        [Outgoing(Place(*s), told.next_seq - 1, told.published, 0) for s, told in sorted(rows.streams.items())],
        {lane.name: lane.state for lane in books.lanes.values()},
        [Outcome(ended.delivery, ended.index, ended.outcome.value) for ended in books.outcomes.values()],
        [
            Cell(slot.consumer, key, cell.version, cell.lane.value, cell.data)
            for slot, of_slot in sorted(rows.slots.items())
            for key, cell in of_slot.cells.items()
            if key
        ],
        _models(topics) if models is None else _written(models),
        [Effect(effect.id, effect.kind) for effect in rows.effects.values()],
        counted=[
            Tally(slot.number, name, tally.count, tally.seq)
            for slot, of_slot in sorted(rows.slots.items())
            for name, tally in of_slot.tallies.items()
        ],
        known_by=[
            Slot(slot.consumer, slot.number, cell.version, cell.data)
            for slot, of_slot in sorted(rows.slots.items())
            if slot.consumer in {"qualifier", "sla-monitor"} and (cell := of_slot.cells.get("")) and cell.data
        ],
        rotas=[Shared(name, data) for name, data in sorted(rows.shared.items())],
        waits=[
            Timers(slot.consumer, key, *zip(*((t.name, t.due) for t in of_key), strict=True))
            for slot, of_slot in sorted(rows.slots.items())
            for key, of_key in groupby(
                sorted(of_slot.timers.values(), key=attrgetter("key", "name")), attrgetter("key")
            )
        ],
    )


def _written(models: MemoryModels) -> list[tuple[str, dict[str, Any]]]:
    """What reporting has written, in the tables that verify reads."""
    read = (table.name for table in TABLES if table.name in COLUMNS)
    return [(name, row._asdict()) for name in read for row in models.tables[name].values()]


def _models(topics: dict[Place, list[Kept]]) -> list[tuple[str, dict[str, Any]]]:
    """What reporting makes of the topics, in the tables that verify reads; one partition tells of agreements, which
    have a row for each day of their calendar."""
    made: dict[type[NamedTuple], list[NamedTuple]] = defaultdict(list)
    for place, records in sorted(topics.items()):
        for record in records if place.topic in {"leads", "qualification", "sla"} else ():
            envelope = wire.decode(record.value)
            fact = Fact(envelope, read(envelope))
            if isinstance(fact.event, InForce) and place.partition:
                continue
            match place.topic:
                case "leads":
                    found = leads.rows(fact, place.partition)
                case "qualification":
                    found = qualification.rows(fact, "qualifier")
                case _:
                    found = sla.rows(fact, "sla-monitor")
            for row in found:
                made[type(row)].append(row)
    return [
        (table.name, row._asdict())
        for table in TABLES
        if table.name in COLUMNS
        for row in table.coalesce(made[table.row])
    ]
