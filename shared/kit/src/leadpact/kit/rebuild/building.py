"""One slot's state built beside the one that lives, while that goes on; then compared with it, or put in its place."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, NamedTuple

from leadpact.contracts.envelope import Envelope
from leadpact.contracts.errors import ContractError
from leadpact.kit.decider import Control, Decider, Fact, State
from leadpact.kit.errors import Unbuildable
from leadpact.kit.ports import Log
from leadpact.kit.reading import is_control
from leadpact.kit.rebuild.fold import Fold
from leadpact.kit.rebuild.listening import Heard, Told, from_the_start, single, taken
from leadpact.kit.rebuild.ports import Beside, Differences, Handed, Stands
from leadpact.kit.rows import Position, Record, Slot, Stream

CHUNK = 2_000
"""Records, or events between two of them, that are folded at once."""
AT_HAND = 50_000
"""Cells that are kept in memory between chunks; all others are in the table."""
_NEAR = 1_000
"""So few records and events are folded while the living slot stands still."""
Tell = Callable[[int, int], None]
"""Hears how many records and events of how many are folded."""


@dataclass(frozen=True, slots=True)
class Switched:
    """How many cells and timers are others than they were."""

    cells: int
    timers: int


class _Step(NamedTuple):
    """A record with what it says, if anybody took that in; `before` and `behind` is what the owner said there."""

    record: Record
    fact: Fact | None
    before: list[Envelope]
    behind: list[Envelope]


@asynccontextmanager
async def building(
    decider: Decider[State, Control], slot: Slot, log: Log, beside: Beside, tell: Tell
) -> AsyncIterator["Building[State, Control]"]:
    """The building of one slot; what it reads is let go of at the end. Raises `Unbuildable`, `Unavailable`."""
    input_, output = Stream(decider.input.name, slot.number), Stream(decider.output.name, slot.number)
    facts, events = await from_the_start(log, input_), await from_the_start(log, output)
    try:
        yield Building(decider, input_, log, beside, tell, Heard(facts, input_), Told(events, beside, output))
    finally:
        await facts.close()
        await events.close()


class Building(Generic[State, Control]):
    """Made by `building`; `folded` counts records and events."""

    def __init__(
        self,
        decider: Decider[State, Control],
        input_: Stream,
        log: Log,
        beside: Beside,
        tell: Tell,
        heard: Heard,
        told: Told,
    ) -> None:
        self._decider = decider
        self._input = input_
        self._log = log
        self._beside = beside
        self._tell = tell
        self._heard = heard
        self._told = told
        self._fold = Fold(decider)
        self.folded = 0
        self._letters_left: deque[tuple[Handed, int]] = deque()
        self._handed: set[Handed] = set()

    async def catch_up(self) -> None:
        """Fold from the beginning until little is left."""
        await self._beside.begin()
        while True:
            stands = await self._beside.stands()
            near = self._whole(stands) - self.folded <= _NEAR
            await self._upto(stands)
            if near:
                return

    async def check(self) -> Differences:
        """Where the living state is not what was built, at one moment; what lives goes on meanwhile."""
        async with self._beside.looking() as stands:
            await self._finish(stands)
            return await self._beside.compare()

    async def switch(self) -> Switched:
        """Put what was built in the place of what lives; whoever owns the slot is fenced and claims it anew."""
        async with self._beside.halted() as stands:
            await self._finish(stands)
            return Switched(*await self._beside.switch(self._decider.shape))

    async def _finish(self, stands: Stands) -> None:
        await self._upto(stands)
        if self._fold.aside() != stands.aside:
            message = f"{self._input.topic}/{self._input.partition}: other keys wait than the log says"
            raise Unbuildable(message)

    async def _upto(self, stands: Stands) -> None:
        """Fold to where the living slot stood."""
        end = self._end(stands)
        handed = ((each, offset) for offset, each in stands.buried.items() if each is not None)
        self._letters_left = deque(sorted(each for each in handed if each[0] not in self._handed))
        while records := await self._heard.next(CHUNK, end, stands.buried):
            steps: list[_Step] = []
            for record in records:
                before = await self._said_before(record.offset, steps, stands)
                behind = await self._told.before(record.offset + 1, stands.last, CHUNK)
                steps.append(_Step(record, self._read(record, stands), before, behind))
            await self._run(steps, stands)
        rest = await self._said_before(end, [], stands)
        await self._letters(end)
        await self._follow(rest, None)
        self.folded = self._whole(stands)
        self._tell(self.folded, self.folded)
        fold, lease = self._fold, stands.lease
        fold.live = max(fold.live, lease.mark)
        if fold.lane_mark is not None and lease.lane_mark is not None:
            fold.lane_mark = max(fold.lane_mark, lease.lane_mark)
        await self._rest()

    async def _said_before(self, offset: int, steps: list[_Step], stands: Stands) -> list[Envelope]:
        """The last events in front of a record; where there are many, the steps so far and they are folded here."""
        while len(part := await self._told.before(offset, stands.last, CHUNK)) == CHUNK:
            await self._run(steps, stands)
            steps.clear()
            await self._letters(offset)
            await self._follow(part, None)
            await self._put_away()
            self.folded += len(part)
        return part

    async def _run(self, steps: list[_Step], stands: Stands) -> None:
        await self._load(_keys(steps))
        for step in steps:
            await self._take(step)
        await self._put_away()
        self.folded += sum(1 + len(step.before) + len(step.behind) for step in steps)
        self._tell(self.folded, self._whole(stands))

    async def _take(self, step: _Step) -> None:
        fold, record, fact = self._fold, step.record, step.fact
        await self._letters(record.offset)
        await self._follow(step.before, None)
        if fact is None:
            await self._letters(record.offset + 1)
            await self._follow(step.behind, None)
            return
        control = is_control(fact)
        fold.passes(fact, control=control)
        if control:
            await self._rest()
            if fold.take_control(record, fact):
                await self._beside.join()
        else:
            fold.take(record.offset, fact, step.behind)
        await self._letters(record.offset + 1)
        await self._follow(step.behind, None if control else fact)

    async def _follow(self, said: list[Envelope], fact: Fact | None) -> None:
        await self._load(envelope.lead for envelope in said)
        try:
            self._fold.follow(said, fact)
        except ContractError as error:
            message = f"an own event cannot be read: {type(error).__name__}: {error}"
            raise Unbuildable(message) from error

    async def _letters(self, stood: int) -> None:
        """What was handed back by the time that the slot stood before this offset waits from there on."""
        while self._letters_left and self._letters_left[0][0].behind <= stood:
            handed, offset = self._letters_left.popleft()
            self._handed.add(handed)
            record = await single(self._log, self._input, offset)
            self._fold.hand_back(offset, taken(record))

    async def _rest(self) -> None:
        """All that is due by now has rung: write what was touched, and what rang without a word."""
        await self._flush()
        silent = await self._beside.due(self._fold.live, self._fold.lane_mark)
        for start in range(0, len(silent), CHUNK):
            part = silent[start : start + CHUNK]
            await self._load(part)
            self._fold.silent(part)
            await self._flush()

    async def _put_away(self) -> None:
        """Write what changed where it is too much for memory; it is read again when it is needed."""
        if self._fold.at_hand() > AT_HAND:
            await self._flush()
            self._fold.forget()

    async def _flush(self) -> None:
        cells, timers = self._fold.changed()
        control = self._fold.control()
        await self._beside.write([*cells, control] if control is not None else cells, timers)

    async def _load(self, keys: Iterable[str]) -> None:
        if missing := self._fold.missing(keys):
            self._fold.hand(await self._beside.cells(missing))

    def _read(self, record: Record, stands: Stands) -> Fact | None:
        """What a record says; nothing where nobody could read it when it came, even if this code can."""
        if record.offset in stands.buried:
            return None
        return taken(record)

    def _whole(self, stands: Stands) -> int:
        return self._end(stands) + stands.last

    def _end(self, stands: Stands) -> int:
        position = stands.lease.positions.get(self._input, Position(0))
        return position.offset


def _keys(steps: Iterable[_Step]) -> set[str]:
    """The keys that a chunk is about."""
    keys = {step.fact.envelope.lead for step in steps if step.fact is not None}
    keys.update(envelope.lead for step in steps for said in (step.before, step.behind) for envelope in said)
    return keys
