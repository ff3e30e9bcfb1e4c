"""What a consumer is made of: its duty (slots, inputs, outputs) and the handler that takes a batch within a turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from leadpact.kit.ports import Turn
from leadpact.kit.rows import Position, Record, Slot, Stream


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be handled in a turn: next records, in order per stream, each once.

    `idle` says, for inputs that are read to the end of what their writer committed, how far time has passed there after
    the last of these records. `drained_at` is a business instant: nothing that was appended to the inputs before it
    stands behind these records; only duties that ask to probe have it. `now` is the business clock.
    """

    records: Sequence[Record]
    idle: Mapping[Stream, datetime]
    drained_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What a handler did: the first `taken` records are handled (the rest come again), time has passed to `mark`.

    `more`: there is something left to do even if no record comes; the next turn follows at once. `lane_mark` and
    `joined` are those of `Turn.move`. `seen` is how far it has looked into streams that others handle: from then on its
    own positions there.
    """

    taken: int
    mark: datetime
    more: bool = False
    lane_mark: datetime | None = None
    joined: datetime | None = None
    seen: Mapping[Stream, Position] = field(default_factory=dict)


class Handler(Protocol):
    """Handles the batches of one slot."""

    async def handle(self, turn: Turn, batch: Batch) -> Progress:
        """Handle records and passing time; writes go through the turn, `Turn.move` is the caller's.

        An exception takes the whole turn back; `Stopped` stops the slot, `Fenced` and `Unavailable` mean try again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Duty:
    """One consumer and how its work is cut into slots.

    `inputs` and `outputs` list the streams of each slot; outputs are written by that slot alone, unless `handler` is
    absent: then the slots only relay what others `append`. `probed`: the inputs that `Batch.drained_at` is about.
    `idle_seconds` pass at least between probes, and between turns that only let time pass. `passes`: the handler has
    nothing to do in a turn without records but to move the mark of its one input and to fire what is due. `shape`: of
    the state that the handler keeps; slots whose cells are of another one are left alone.
    """

    consumer: str
    inputs: Sequence[Sequence[Stream]]
    outputs: Sequence[Sequence[Stream]]
    handler: Callable[[Slot], Handler] | None = None
    probed: Sequence[Stream] = ()
    passes: bool = False
    batch: int = 500
    idle_seconds: float = 0.25
    shape: int = 1

    def slots(self) -> int:
        """How many slots there are."""
        return len(self.inputs)
