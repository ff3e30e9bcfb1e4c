"""The three consumers: each reads one topic, turns its facts into rows, and writes them within the fenced turn."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from leadpact.contracts import topics
from leadpact.contracts.envelope import Lane
from leadpact.contracts.errors import ContractError
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.decider import Fact
from leadpact.kit.handling import Batch, Duty, Progress
from leadpact.kit.numbering import UNKNOWN, following
from leadpact.kit.ports import Turn
from leadpact.kit.reading import is_control, read_fact
from leadpact.kit.rebuild.models import Models, Projection
from leadpact.kit.rebuild.ports import Table
from leadpact.kit.rows import Record, Slot, StoredCell, Stream
from leadpact.reporting.domain import leads, qualification, sla
from leadpact.reporting.domain.tables import TABLES
from leadpact.reporting.writing import write

_ALL = 1_000_000

Write = Callable[[Turn, Sequence[NamedTuple]], Awaitable[None]]
"""Write rows in order; they are there once the turn is committed, and gone with it otherwise."""


class Writer:
    """The handler of one slot: partition p of a topic into read models."""

    def __init__(self, projection: Projection, slot: Slot, write: Write) -> None:
        self._projection = projection
        self._write = write
        self._stream = Stream(projection.topic.name, slot.number)

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Write the rows of the whole batch; what nobody can read becomes a dead letter.

        Time passes with the marks of live records, so that what was recorded before the slot's mark is in the tables.
        """
        facts: list[Fact] = []
        mark = turn.lease.mark
        controls: list[tuple[Record, Fact]] = []
        for record in (*await _handed_back(turn), *batch.records):
            try:
                fact = read_fact(record)
            except ContractError as error:
                turn.bury(record, f"{type(error).__name__}: {error}")
                continue
            if is_control(fact):
                controls.append((record, fact))
            facts.append(fact)
            if fact.envelope.lane is Lane.LIVE:
                mark = max(mark, fact.envelope.mark)
        if controls:
            await _count(turn, controls, all_of_them=self._projection.all_controls)
        await self._write(turn, [row for fact in facts for row in self._projection.rows(fact, self._stream.partition)])
        return Progress(len(batch.records), max(mark, batch.idle.get(self._stream, mark)))


async def _count(turn: Turn, controls: Sequence[tuple[Record, Fact]], *, all_of_them: bool) -> None:
    """Keep the number of the last control record, in the slot's control cell; raises `Gap`.

    Nothing else here says whether a slot is new or from before numbers were kept, so the first one may be any.
    """
    stored = (await turn.cells([CONTROL_KEY])).get(CONTROL_KEY)
    number = UNKNOWN if stored is None else stored.version
    for record, fact in controls:
        number = following(number, record, fact, first=False, all_of_them=all_of_them)
    turn.save(StoredCell(CONTROL_KEY, number, Lane.LIVE, b""))


async def _handed_back(turn: Turn) -> list[Record]:
    """Dead letters that somebody wants handled again; they wait as behind a parked key, and go on with this turn."""
    records: list[Record] = []
    for parked in await turn.parked():
        waiting = await turn.waiting(parked.key, _ALL)
        turn.unwait(parked.key, len(waiting))
        turn.unpark(parked.key, parked.by)
        records += waiting
    return records


MODELS = Models(
    [Table(table.name, table.key) for table in TABLES],
    [
        Projection("reporting.leads", topics.LEADS, leads.rows),
        Projection(
            "reporting.qualification",
            topics.QUALIFICATION,
            lambda fact, _: qualification.rows(fact, topics.QUALIFICATION.writer),
        ),
        Projection("reporting.sla", topics.SLA, lambda fact, _: sla.rows(fact, topics.SLA.writer), all_controls=False),
    ],
    write,
)
"""One consumer per topic, so that each table is written from one topic alone; and all that they write."""


def duties(write: Write) -> list[Duty]:
    """What a worker does."""
    return [_duty(projection, write) for projection in MODELS.projections]


def _duty(projection: Projection, write: Write) -> Duty:
    topic = projection.topic
    return Duty(
        consumer=projection.consumer,
        inputs=[[Stream(topic.name, number)] for number in range(topic.partitions)],
        outputs=[[] for _ in range(topic.partitions)],
        handler=lambda slot: Writer(projection, slot, write),
        passes=True,
        idle_seconds=0.5,
    )
