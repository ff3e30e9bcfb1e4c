"""The whole of it: partitions one by one, wherever they are judged, then what spans them all.

Memory holds what partitions came to: eight bytes of each MQL, sixteen of each announced mark; all else waits in the
scratch.
"""

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.topics import (
    AGREEMENTS,
    MARKS,
    PARTITIONS,
    PROMISES,
    RAW,
    RETURNS,
    TOPICS,
)
from leadpact.verify import deliveries, effects, feeds, returns, shelves, slots, standing, state, timers, turns, volume
from leadpact.verify.canaries import Canaries
from leadpact.verify.controls import Controls
from leadpact.verify.findings import Check, Findings
from leadpact.verify.here import Judging
from leadpact.verify.log import Log, Span
from leadpact.verify.partition import Job, Part
from leadpact.verify.reading import Reading
from leadpact.verify.scratch import Scratch
from leadpact.verify.sequences import Sequence as Sequenced
from leadpact.verify.standing import Reached, Standing
from leadpact.verify.streams import Place
from leadpact.verify.tables import Tables
from leadpact.verify.volume import Volume
from leadpact.verify.wire import EPOCH, STORY, micros

Tell = Callable[[int, int], None]
"""Hears how many records of how many have been read."""
_ANNOUNCED = """
select topic, partition, seq, max(mark) from announced group by topic, partition, seq order by topic, partition, seq
"""


async def spans(log: Log) -> dict[Place, Span]:
    """How far every partition goes; downstream first, so that what an event follows is within what is read."""
    places = [Place(topic.name, number) for topic in reversed(TOPICS) for number in range(topic.partitions)]
    return {place: await log.span(*place) for place in places}


@dataclass
class Run:
    """One verification of a log up to `ends`, and of tables that are no younger; `judging` sees to the partitions.

    `quiet`: everything is handled, so that what follows from the log must have followed.
    """

    log: Log
    tables: Tables
    judging: Judging
    ends: Mapping[Place, Span]
    stands: Standing
    tell: Tell
    quiet: bool = True
    found: Findings = field(default_factory=Findings)
    canaries: Sequence[str] = ()
    reached: dict[Place, Reached] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing has been read."""
        self._done = 0
        self._total = sum(span.end - span.start for span in self.ends.values())
        self._reading = Reading(self.log, self.ends, self.canaries, self.found, self._heard)

    async def verify(self) -> Findings:
        """Check everything; raises `VerifyError`."""
        with Scratch() as scratch:
            announced = await self._announced(scratch)
            async with self.judging(self._jobs(announced), scratch, self._heard) as ended:
                await self._raw(scratch)
                await self._agreements()
                await self._held(scratch)
                parts = await ended()
            await self._together(scratch, parts)
            await self._ended(scratch)
            secrets = Canaries(self.canaries, self.found)
            if self.canaries:
                async for texts in self.tables.texts():
                    for where, text in texts:
                        secrets.look(where, text.encode())
            returns.ended(scratch, self.found)
            ledger = effects.Ledger(scratch, self.found)
            async for rows in self.tables.effects():
                ledger.take(rows)
            ledger.ended()
            if self.quiet:
                returns.due(scratch, self.found)
                shelves.compare(scratch, self.found)
                turns.compare(scratch, self.found)
                slots.compare(scratch, await self.tables.slots(), self.found)
        standing.stand(self.stands, self.ends, self.reached, self.found)
        return self.found

    def _jobs(self, announced: Mapping[Place, Sequence[int]]) -> list[Job]:
        return [self._job(number, announced) for number in range(PARTITIONS)]

    def _job(self, number: int, announced: Mapping[Place, Sequence[int]]) -> Job:
        returning = Place(RETURNS.name, number)
        places = [*(Place(topic, number) for topic in STORY), returning]
        return Job(
            number,
            {place: self.ends[place] for place in places},
            {place: announced[place] for place in places if place in announced},
            self._handled(returning),
            self._mark("qualifier", number),
            self._mark("sla-monitor", number),
            self.quiet,
            self.canaries,
        )

    async def _together(self, scratch: Scratch, parts: Sequence[Part]) -> None:
        """What partitions came to, in their order; then the promises over them all."""
        controls = Controls(self.found)
        for part in parts:
            self.found.add(part.found)
            self.reached.update(part.reached)
            for place, told in part.controls.items():
                controls.same(place, told, quiet=self.quiet)
        counted = Volume([part.counted for part in parts], self.found)
        place = Place(PROMISES.name, 0)
        sequence = Sequenced(str(place), self.found)
        async for batch in self._reading.records(place):
            for record in batch:
                if sequence.first(record):
                    counted.judged(f"{place} offset {record.offset}", record.key, wire.decode(record.value))
        self.reached[place] = Reached(sequence.last, None, {})
        scratch.put("expected", counted.ended(self.stands, quiet=self.quiet))

    def _heard(self, number: int) -> None:
        self._done += number
        self.tell(self._done, self._total)

    def _handled(self, place: Place) -> int:
        """The offset before which the normaliser has handled everything."""
        fence = self.stands.fence("normaliser", 0)
        position = fence.positions.get(place) if fence is not None else None
        return position.offset if position is not None else self.ends[place].start

    def _mark(self, consumer: str, slot: int) -> datetime:
        fence = self.stands.fence(consumer, slot)
        return EPOCH if fence is None else fence.mark

    async def _announced(self, scratch: Scratch) -> dict[Place, MutableSequence[int]]:
        """What relays said on `marks`: by partition, each sequence and its latest mark."""
        place = Place(MARKS.name, 0)
        async for batch in self._reading.records(place):
            for record in batch:
                try:
                    told = _decode(record.value)
                except msgspec.MsgspecError as error:
                    where = f"{place} offset {record.offset}"
                    self.found.violated(Check.POSITIONS, where, f"it is no mark: {error}")
                    continue
                scratch.put("announced", [(told.topic, told.partition, told.seq, micros(told.mark))])
        said: dict[Place, MutableSequence[int]] = {}
        for topic, partition, *seq_and_mark in scratch.rows(_ANNOUNCED):
            said.setdefault(Place(topic, partition), array("q")).extend(seq_and_mark)
        return said

    async def _raw(self, scratch: Scratch) -> None:
        since = (await self.tables.known()).since
        for number in range(RAW.partitions):
            place = Place(RAW.name, number)
            handled = self._handled(place)
            async for batch in self._reading.records(place):
                scratch.put("delivery", deliveries.accepted(batch, place, handled, since, self.found))

    async def _agreements(self) -> None:
        place = Place(AGREEMENTS.name, 0)
        sequence = Sequenced(str(place), self.found)
        async for batch in self._reading.records(place):
            for record in batch:
                sequence.first(record)
        self.reached[place] = Reached(sequence.last, None, {})

    async def _ended(self, scratch: Scratch) -> None:
        whole = all(span.start == 0 for place, span in self.ends.items() if place.topic == RAW.name)
        deliveries.ended(scratch, await self.tables.known(), whole, self.found)
        feeds.silent(scratch, self.found)

    async def _held(self, scratch: Scratch) -> None:
        """What the tables have, to be compared."""
        async for facts in self.tables.waiting():
            scratch.put("waits", facts)
        async for batch in self.tables.outcomes():
            scratch.put("outcome", batch)
        if not self.quiet:
            return
        turns.held(scratch, await self.tables.shared(), self.found)
        async for cells in self.tables.cells():
            scratch.put("held", map(state.held, cells))
        async for waiting in self.tables.timers():
            scratch.put("held", (row for each in waiting for row in timers.held(each)))
        since = {fence.slot: fence.counted_since for fence in self.stands.fences if fence.consumer == volume.COUNTER}
        for tally in await self.tables.tallies():
            scratch.put("held", volume.held(tally, since[tally.slot]))
        async for rows in self.tables.models():
            scratch.put("held", rows)


class _Mark(msgspec.Struct, frozen=True):
    topic: str
    partition: int
    seq: int
    mark: datetime


_decode = msgspec.json.Decoder(_Mark).decode
