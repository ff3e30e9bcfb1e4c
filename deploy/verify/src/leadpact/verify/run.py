"""The whole of it: each partition's streams once in their order, then its leads one by one, then what spans them all.

Memory holds one partition's ids at a time; all else waits in the scratch.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import (
    AGREEMENTS,
    LEADS,
    MARKS,
    PARTITIONS,
    PROMISES,
    QUALIFICATION,
    RAW,
    RETURNS,
    SLA,
    TOPICS,
)
from leadpact.verify import deliveries, effects, feeds, models, returns, shelves, standing, state, stories, volume
from leadpact.verify.canaries import Canaries
from leadpact.verify.clocks import owed
from leadpact.verify.controls import Controls
from leadpact.verify.engagements import engaged
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.operations import Cache, Positions
from leadpact.verify.log import Kept, Log, Span
from leadpact.verify.mqls import qualified
from leadpact.verify.scratch import Scratch
from leadpact.verify.sequences import Sequence as Sequenced
from leadpact.verify.standing import Reached, Standing
from leadpact.verify.streams import Announced, Passed, Place, Stream
from leadpact.verify.tables import Tables
from leadpact.verify.volume import Volume
from leadpact.verify.wire import EPOCH, STORY

Tell = Callable[[int, int], None]
"""Hears how many records of how many have been read."""


async def spans(log: Log) -> dict[Place, Span]:
    """How far every partition goes; downstream first, so that what an event follows is within what is read."""
    places = [Place(topic.name, number) for topic in reversed(TOPICS) for number in range(topic.partitions)]
    return {place: await log.span(*place) for place in places}


@dataclass
class Run:
    """One verification of a log up to `ends`, and of tables that are no younger.

    `quiet`: everything is handled, so that what follows from the log must have followed.
    """

    log: Log
    tables: Tables
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
        self._hours: Cache = {}
        self._controls = Controls(self.found)
        self._volume = Volume(self.found)
        self._secrets = Canaries(self.canaries, self.found)
        self._total = sum(span.end - span.start for span in self.ends.values())

    async def verify(self) -> Findings:
        """Check everything; raises `Unreachable`."""
        with Scratch() as scratch:
            announced = await self._announced()
            await self._raw(scratch)
            await self._agreements()
            for number in range(PARTITIONS):
                await self._partition(scratch, number, announced)
            await self._promises(scratch)
            await self._ended(scratch)
            for where, text in await self.tables.texts() if self.canaries else ():
                self._secrets.look(where, text.encode())
            returns.ended(scratch, self.found)
            effects.done(scratch, await self.tables.effects(), self.found)
            if self.quiet:
                returns.due(scratch, self.found)
                await self._compare(scratch)
        standing.stand(self.stands, self.ends, self.reached, self.found)
        return self.found

    async def _partition(self, scratch: Scratch, number: int, announced: dict[Place, dict[int, datetime]]) -> None:
        upstream: Passed | None = None
        controls: dict[str, list[stories.Told]] = {topic: [] for topic in STORY}
        people: set[tuple[str, str, str]] = set()
        for topic in STORY:
            place = Place(topic, number)
            stream = Stream(
                Passed(place, self.ends[place].start), upstream, Announced(announced.get(place, {})), self.found
            )
            async for batch in self._records(place):
                read = list(stream.take(batch))
                controls[topic] += stories.keep(scratch, topic, read)
                if topic == QUALIFICATION.name:
                    self._volume.count(number, read, people)
                elif topic == SLA.name:
                    self._volume.trouble(number, read)
                if topic == LEADS.name:
                    scratch.put("fact", deliveries.facts(read, place))
                    scratch.put("came", returns.facts(read, place, self.found))
                    scratch.put("hush", feeds.told(read, place))
            self.reached[place] = Reached(stream.sequence.last, stream.marks.get(Lane.LIVE))
            self._controls.same(place, stream.controls, quiet=self.quiet)
            upstream = stream.passed
        await self._returns(scratch, number)
        judged_until, owed_until = (self._mark(consumer, number) for consumer in ("qualifier", "sla-monitor"))
        positions = Positions(controls[QUALIFICATION.name], self._hours)
        for story in stories.stories(scratch):
            try:
                scratch.put("asked", effects.asked(story, controls[QUALIFICATION.name]))
                stories.numbered(story, self.found)
                engaged(story, self.found)
                if self.quiet:
                    judged = qualified(story, controls[LEADS.name], judged_until, self.found)
                    promised = owed(story, positions, owed_until, self.found)
                    scratch.put("expected", state.expected(story, judged, promised))
                    if promised is None:
                        scratch.put("unjudged", [(story.lead,)])
                    else:
                        scratch.put("wanted", returns.wanted(story, promised, controls[QUALIFICATION.name]))
                    scratch.put("expected", models.projected(story))
            except (LookupError, TypeError, ValueError) as error:  # an event that does not say what its type says
                says = f"its story cannot be followed: {type(error).__name__} {error}"
                self.found.violated(Check.EVENTS, f"lead {story.lead}", says)
        scratch.clear("story")

    async def _promises(self, scratch: Scratch) -> None:
        place = Place(PROMISES.name, 0)
        sequence = Sequenced(str(place), self.found)
        async for batch in self._records(place):
            for record in batch:
                if sequence.first(record):
                    self._volume.judged(f"{place} offset {record.offset}", record.key, wire.decode(record.value))
        self.reached[place] = Reached(sequence.last, None)
        scratch.put("expected", self._volume.ended(self.stands, quiet=self.quiet))

    async def _returns(self, scratch: Scratch, number: int) -> None:
        place = Place(RETURNS.name, number)
        sequence = Sequenced(str(place), self.found)
        handled = self._handled(place)
        async for batch in self._records(place):
            scratch.put("returned", returns.asked(batch, place, handled, sequence, self.found))
        self.reached[place] = Reached(sequence.last, None)

    def _handled(self, place: Place) -> int:
        """The offset before which the normaliser has handled everything."""
        fence = self.stands.fence("normaliser", 0)
        position = fence.positions.get(place) if fence is not None else None
        return position.offset if position is not None else self.ends[place].start

    def _mark(self, consumer: str, slot: int) -> datetime:
        fence = self.stands.fence(consumer, slot)
        return EPOCH if fence is None else fence.mark

    async def _announced(self) -> dict[Place, dict[int, datetime]]:
        """What relays said on `marks`: by partition, the latest mark for each sequence."""
        said: dict[Place, dict[int, datetime]] = {}
        place = Place(MARKS.name, 0)
        async for batch in self._records(place):
            for record in batch:
                try:
                    told = _decode(record.value)
                except msgspec.MsgspecError as error:
                    where = f"{place} offset {record.offset}"
                    self.found.violated(Check.POSITIONS, where, f"it is no mark: {error}")
                    continue
                of = said.setdefault(Place(told.topic, told.partition), {})
                of[told.seq] = max(told.mark, of.get(told.seq, told.mark))
        return said

    async def _raw(self, scratch: Scratch) -> None:
        since = (await self.tables.known()).since
        for number in range(RAW.partitions):
            place = Place(RAW.name, number)
            handled = self._handled(place)
            async for batch in self._records(place):
                scratch.put("delivery", deliveries.accepted(batch, place, handled, since, self.found))

    async def _agreements(self) -> None:
        place = Place(AGREEMENTS.name, 0)
        sequence = Sequenced(str(place), self.found)
        async for batch in self._records(place):
            for record in batch:
                sequence.first(record)
        self.reached[place] = Reached(sequence.last, None)

    async def _ended(self, scratch: Scratch) -> None:
        async for batch in self.tables.outcomes():
            scratch.put("outcome", batch)
        whole = all(span.start == 0 for place, span in self.ends.items() if place.topic == RAW.name)
        deliveries.ended(scratch, await self.tables.known(), whole, self.found)
        feeds.silent(scratch, self.found)

    async def _compare(self, scratch: Scratch) -> None:
        async for cells in self.tables.cells():
            scratch.put("held", map(state.held, cells))
        since = {fence.slot: fence.counted_since for fence in self.stands.fences if fence.consumer == volume.COUNTER}
        for tally in await self.tables.tallies():
            scratch.put("held", volume.held(tally, since[tally.slot]))
        async for rows in self.tables.models():
            scratch.put("held", rows)
        shelves.compare(scratch, self.found)

    async def _records(self, place: Place) -> AsyncIterator[list[Kept]]:
        """A partition's records; whoever reads them may be sure that they were counted and searched."""
        async for batch in self.log.read(*place, self.ends[place]):
            self._done += len(batch)
            self.found.count("records", len(batch))
            if self.canaries:
                for record in batch:
                    self._secrets.look(f"{place} offset {record.offset}", record.key, record.value)
            self.tell(self._done, self._total)
            yield batch


class _Mark(msgspec.Struct, frozen=True):
    topic: str
    partition: int
    seq: int
    mark: datetime


_decode = msgspec.json.Decoder(_Mark).decode
