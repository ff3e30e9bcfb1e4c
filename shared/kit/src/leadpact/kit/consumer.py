"""The loop of one slot: read, drop what was seen, hand a batch to the handler within a turn, move on."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from leadpact.kit.board import Board
from leadpact.kit.errors import Gap
from leadpact.kit.failpoints import Point
from leadpact.kit.handling import Batch, Duty, Handler
from leadpact.kit.passage import Passage
from leadpact.kit.plumbing import Plumbing
from leadpact.kit.probe import Probe
from leadpact.kit.rows import Lease, Message, Position, Record, Stream

if TYPE_CHECKING:
    from datetime import datetime

_POLL = 0.1  # seconds: how soon an idle slot sees that marks have moved; all slots look at the same moments
_BREATH = 1.0  # seconds: an idle slot takes a turn at least so often, so that what people asked for is seen


class Consumer:
    """Handles a slot from where its lease says, for as long as nothing is in the way.

    `run` ends when asked to stop, and raises `Fenced`, `Unavailable` (whether the last turn was committed is then
    unknown: claim the slot anew) or `Stopped`. `committed` is called after each turn, with what it put into the outbox.
    """

    def __init__(
        self,
        duty: Duty,
        handler: Handler,
        lease: Lease,
        plumbing: Plumbing,
        board: Board,
        passage: Passage,
        committed: Callable[[Mapping[Stream, list[Message]]], None],
    ) -> None:
        self.lease = lease
        self._duty = duty
        self._handler = handler
        self._plumbing = plumbing
        self._board = board
        self._passage = passage
        self._committed = committed
        self._read: dict[Stream, Position] = {}
        self._pending: list[Record] = []
        self._more = True
        self._told: Mapping[Stream, datetime] = {}
        self._probe = Probe(plumbing.log, plumbing.clock, duty.probed, duty.idle_seconds) if duty.probed else None
        self._last_turn = 0.0
        self._busy = True
        self._went_round = plumbing.clock.monotonic()

    @property
    def quiet(self) -> float:
        """Seconds since it last went round its loop, which it does many times a second."""
        return self._plumbing.clock.monotonic() - self._went_round

    async def run(self, stopping: asyncio.Event) -> None:
        """Handle batches until `stopping`; the batch in hand is finished."""
        self._read = await self._positions()
        reader = await self._plumbing.log.reader({stream: at.offset for stream, at in self._read.items()})
        try:
            while not stopping.is_set():
                self._went_round = self._plumbing.clock.monotonic()
                if not self._pending:
                    if self._probe is not None:
                        await self._probe.ask(busy=self._busy)
                    wait = 0 if self._more else _POLL - self._plumbing.clock.monotonic() % _POLL
                    self._accept(await reader.fetch(self._duty.batch, wait))
                if (batch := self._batch()) is not None and not await self._pass_time(batch):
                    await self._turn(batch)
        finally:
            await reader.close()

    async def _positions(self) -> dict[Stream, Position]:
        """Where to begin: where the last owner ended, else at the first record the log holds."""
        inputs = self._duty.inputs[self.lease.slot.number]
        new = [stream for stream in inputs if stream not in self.lease.positions]
        starts = await self._plumbing.log.starts(new) if new else {}
        return {stream: self.lease.positions.get(stream) or Position(starts[stream]) for stream in inputs}

    def _accept(self, records: list[Record]) -> None:
        """Keep what is next in its sequence, drop what was seen, stop on a gap."""
        read = self._read
        duplicates = 0
        for record in records:
            stream, seq = record.stream, record.seq
            last = read[stream].seq
            if seq > last + 1:
                raise Gap(f"{record.topic}/{record.partition} offset {record.offset}: sequence {seq} after {last}")
            read[stream] = Position(record.offset + 1, max(seq, last))
            if 0 < seq <= last:
                duplicates += 1
            else:  # one of somebody else's has no sequence
                self._pending.append(record)
        if duplicates:
            self._plumbing.meter.happened(self.lease.slot, "duplicate", duplicates)

    def _batch(self) -> Batch | None:
        """What the next turn is about; nothing while nothing has changed."""
        clock = self._plumbing.clock
        idle = self._board.idle(self._read)
        since = clock.monotonic() - self._last_turn
        drained_at = self._probe.answer(self._read) if self._probe is not None else None
        if not self._pending and not self._more:
            moved = drained_at is not None or idle != self._told
            if since < (self._duty.idle_seconds if moved else _BREATH):
                return None
        self._told = idle
        return Batch(self._pending, idle, drained_at, clock.business())

    async def _pass_time(self, batch: Batch) -> bool:
        """Whether nothing was to be done but to let time pass, and it has."""
        if not self._duty.passes or self._more or batch.records or self.lease.lane_mark is not None:
            return False
        if self._read != self.lease.positions:
            return False
        (stream,) = self._read
        mark = max(self.lease.mark, batch.idle.get(stream, self.lease.mark))
        lease = await self._passage.pass_time(self.lease, mark)
        if lease is None:
            return False
        self.lease = lease
        self._last_turn = self._plumbing.clock.monotonic()
        self._committed({})
        self._plumbing.meter.stands(lease.slot, mark, batch.now - mark)
        return True

    async def _turn(self, batch: Batch) -> None:
        plumbing, slot = self._plumbing, self.lease.slot
        plumbing.failpoints.passed(Point.BEFORE_FENCE)
        async with AsyncExitStack() as hand:
            await hand.enter_async_context(plumbing.hands)
            async with plumbing.store.turn(self.lease) as turn:
                plumbing.failpoints.passed(Point.AFTER_FENCE)
                began = plumbing.clock.monotonic()
                progress = await self._handler.handle(turn, batch)
                moved = {**self._behind(batch, progress.taken), **progress.seen}
                turn.move(moved, progress.mark, progress.lane_mark, progress.joined)
                plumbing.failpoints.passed(Point.BEFORE_COMMIT)
                await hand.aclose()  # what is left is the database's work
        plumbing.failpoints.passed(Point.AFTER_COMMIT)
        self.lease = turn.lease
        self._pending = self._pending[progress.taken :]
        self._busy = bool(batch.records)
        if batch.drained_at is not None and self._probe is not None and not self._pending:
            self._probe.used()
        self._more = progress.more
        self._last_turn = plumbing.clock.monotonic()
        self._committed(turn.numbered())
        for what, times in turn.rare().items():
            if times:
                plumbing.meter.happened(slot, what, times)
        plumbing.meter.handled(slot, progress.taken, turn.emitted(), self._last_turn - began)
        plumbing.meter.stands(slot, progress.mark, batch.now - progress.mark)

    def _behind(self, batch: Batch, taken: int) -> dict[Stream, Position]:
        """Where the slot stands with so many records handled; with all of them, behind duplicates after them too."""
        if taken == len(batch.records):
            return dict(self._read)
        return _after(self.lease.positions, batch.records[:taken])


def _after(before: Mapping[Stream, Position], records: Sequence[Record]) -> dict[Stream, Position]:
    """The positions behind these records, of their streams; one without a sequence leaves that of the stream."""
    positions: dict[Stream, Position] = {}
    for record in records:
        stream = record.stream
        known = positions.get(stream) or before.get(stream)
        positions[stream] = Position(record.offset + 1, record.seq or (known.seq if known is not None else 0))
    return positions
