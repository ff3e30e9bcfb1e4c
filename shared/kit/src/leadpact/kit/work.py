"""One turn of a stage, in memory: time passes, timers fire, facts are decided, keys that fail are set aside.

`desk` holds what was read and what will be written; nothing here waits for anything.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from leadpact.contracts.envelope import At, Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.kit.decider import Control, Decider, Fact, Ring, Scope, State
from leadpact.kit.desk import Desk
from leadpact.kit.errors import DeciderError, Systemic
from leadpact.kit.machine import Machine, Step, forward
from leadpact.kit.parking import notice, reason
from leadpact.kit.rows import BEGINNING, ParkedKey, Record, Timer

_RINGS = 500
"""How many timers fire in a turn at most."""
_HANDFUL = 5
"""How many keys may be parked in a turn before it is no longer their own fault."""


class Work(Generic[State, Control]):
    """Steps over the cells of a desk; `advance` says no where the turn must end."""

    def __init__(
        self, decider: Decider[State, Control], consumer: str, desk: Desk[State, Control], now: datetime
    ) -> None:
        self._decider = decider
        self._machine = Machine(decider)
        self._consumer = consumer
        self._desk = desk
        self._now = now
        self._rings = 0
        self._parked = 0
        self.live = desk.lease.mark
        self.lane_mark = desk.lease.lane_mark
        self.joined = desk.lease.joined
        self.at = desk.at
        self._seq = desk.seq

    def advance(self, lane: Lane, until: datetime) -> bool:
        """Let time pass: fire what is due, in order; whether time has passed to `until`."""
        desk = self._desk
        if lane is Lane.LIVE:
            until = max(until, self.live)
        elif self.lane_mark is None:
            message = "history outside of a lane"
            raise Systemic(message)
        else:
            until = max(until, self.lane_mark)
        while (timer := desk.agenda.due(lane, until)) is not None:
            if self._rings >= _RINGS or not self._may_ring(timer):
                return False
            self._rings += 1
            self._ring(timer, until)
        if desk.agenda.walled(lane, until):
            return False
        if lane is Lane.LIVE:
            self.live = until
        else:
            self.lane_mark = until
        return True

    def end_lane(self, fact: Fact) -> bool:
        """Where this record closes a lane, let history's time pass to its end first, however early the partition's own
        last fact stood (rule 43); whether it has."""
        ends = lane_ends(fact)
        return ends is None or self.lane_mark is None or self.advance(Lane.BACKFILL, ends)

    def settle(self) -> bool:
        """Fire what is due by now, on both lanes; whether nothing is left that is."""
        return self.advance(Lane.LIVE, self.live) and (
            self.lane_mark is None or self.advance(Lane.BACKFILL, self.lane_mark)
        )

    def bury(self, record: Record, reason: str) -> None:
        """Set aside for good what nobody can read."""
        self._stand_at(record)
        self._desk.turn.bury(record, reason)

    def take(self, record: Record, fact: Fact) -> None:
        """Handle a fact of a key; a key that fails is parked, and what follows for it waits."""
        desk, key = self._desk, fact.envelope.lead
        self._stand_at(record)
        if key in desk.parked:
            desk.turn.wait(key, record)
            return
        try:
            self.decide(fact)
        except Exception as error:  # noqa: BLE001 - the edge where our own bug stays one key's trouble
            desk.turn.wait(key, record)
            self._park(key, error, fact.envelope.id, fact.envelope.lane)

    def decide(self, fact: Fact) -> None:
        """Handle a fact of a key at the present position; whatever goes wrong is raised and leaves no trace."""
        desk, envelope, at = self._desk, fact.envelope, self.at
        in_lane = envelope.lane is Lane.BACKFILL and self.lane_mark is not None
        cell = desk.cell(envelope.lead, Lane.BACKFILL if in_lane else Lane.LIVE)
        if in_lane and cell.lane is Lane.BACKFILL:
            scope = self._lane_scope(envelope.recorded_at)
        else:
            scope = self._live_scope(envelope.recorded_at)
        if isinstance(fact.event, Parked | Unparked):
            self._hold(scope, fact)
            return
        assert at is not None  # noqa: S101 - a fact stands somewhere
        step = self._machine.take(scope, desk.control, cell, fact, at)
        self._keep(step, quiet=envelope.lane is Lane.BACKFILL or cell.lane is Lane.BACKFILL)

    def take_control(self, record: Record, fact: Fact) -> None:
        """Handle a control record; a failure here is everybody's."""
        desk = self._desk
        at = self._stand_at(record)
        desk.take_control(record, fact)
        try:
            desk.control = self._decider.evolve_control(desk.control, fact)
        except Exception as error:
            message = f"control record {fact.envelope.type} {fact.envelope.id}: {reason(error)}"
            raise Systemic(message) from error
        lane_moves = isinstance(fact.event, BackfillOpened | BackfillClosed)
        if lane_moves or self._decider.forwards(fact):
            desk.out.append(forward(fact.envelope, self._live_scope(fact.envelope.recorded_at), 0, at))
        if isinstance(fact.event, BackfillOpened):
            self.lane_mark = BEGINNING
        elif isinstance(fact.event, BackfillClosed):
            self.lane_mark, self.joined = None, self.live
            desk.join_lane()

    def take_up(self, key: str, facts: Sequence[Fact], unread: str | None = None) -> None:
        """Handle what waited behind a parked key, in order; if it fails again, or if the next is `unread` for this
        reason, the rest waits on."""
        desk = self._desk
        desk.parked.discard(key)
        for number, fact in enumerate(facts):
            try:
                self.decide(fact)
            except Exception as error:  # noqa: BLE001 - see `take`
                self._wait_on(key, facts[:number], reason(error), fact.envelope.id)
                return
        if unread is not None:
            self._wait_on(key, facts, unread, key)
            return
        desk.turn.unwait(key, len(facts))
        desk.turn.unpark(key, self._consumer)
        scope = self._live_scope(self.live)
        event = Unparked(consumer=self._consumer, records=len(facts))
        cause = facts[0].envelope.id if facts else key
        desk.out.append(notice(self._consumer, scope, key, desk.bump(key, Lane.LIVE), event, cause, self.at))

    def _wait_on(self, key: str, handled: Sequence[Fact], why: str, cause: str) -> None:
        """A key that was asked for fails again behind so many of its facts: that is said, so that downstream and a
        rebuild know how far it got."""
        desk = self._desk
        desk.turn.unwait(key, len(handled))
        desk.turn.park(ParkedKey(key, self._consumer, why))
        event = Parked(consumer=self._consumer, reason=why, handled=len(handled))
        scope, version = self._live_scope(self.live), desk.bump(key, Lane.LIVE)
        desk.out.append(notice(self._consumer, scope, key, version, event, cause, self.at))

    def _stand_at(self, record: Record) -> At:
        self.at, self._seq = At(record.topic, record.partition, record.offset), record.seq or self._seq
        return self.at

    def _ring(self, timer: Timer, until: datetime) -> None:
        desk = self._desk
        if timer.lane is Lane.BACKFILL:
            scope = self._lane_scope(timer.due)
        else:
            scope = Scope(max(until, self._now), until, Lane.LIVE, desk.shared)
        try:
            cell = desk.cell(timer.key, timer.lane)
            step = self._machine.ring(scope, desk.control, cell, Ring(timer.name, timer.due), self.at)
            self._keep(step, quiet=timer.lane is Lane.BACKFILL or timer.due <= self.joined, rang=timer)
        except Exception as error:  # noqa: BLE001 - see `take`
            self._park(timer.key, error, f"{timer.key} {timer.name} {timer.due.isoformat()}", timer.lane)

    def _keep(self, step: Step[State], *, quiet: bool, rang: Timer | None = None) -> None:
        desk = self._desk
        wanted = self._decider.timers(desk.control, step.cell.state)
        if not desk.locked.issuperset(step.shared):
            raise DeciderError("a shared row was changed that nobody asked for")
        if step.back and self._decider.back is None:
            raise DeciderError("something goes round again, and no topic is named for it")
        if rang is not None:
            if wanted.get(rang.name) == rang.due:
                raise DeciderError("a timer that has rung is asked for again")
            desk.agenda.rang(rang)
        desk.keep(step, wanted, quiet=quiet)
        desk.count(step.counts, self._seq)

    def _may_ring(self, timer: Timer) -> bool:
        """Whether the shared rows this timer may need are locked; if not, it fires at the start of the next turn."""
        desk = self._desk
        if timer in desk.expected:
            return True
        return desk.locked.issuperset(self._decider.shares(desk.control, [], [Ring(timer.name, timer.due)]))

    def _park(self, key: str, error: Exception, cause: str, lane: Lane) -> None:
        desk, why = self._desk, reason(error)
        self._parked += 1
        if self._parked > _HANDFUL:
            message = f"more than {_HANDFUL} keys failed at once, the last with {why}"
            raise Systemic(message) from error
        desk.parked.add(key)
        desk.agenda.block(key)
        desk.turn.park(ParkedKey(key, self._consumer, why))
        in_lane = lane is Lane.BACKFILL and self.lane_mark is not None
        scope = self._lane_scope(BEGINNING) if in_lane else self._live_scope(self.live)
        event = Parked(consumer=self._consumer, reason=why)
        version = desk.bump(key, Lane.BACKFILL if in_lane else Lane.LIVE)
        desk.out.append(notice(self._consumer, scope, key, version, event, cause, self.at))

    def _hold(self, scope: Scope, fact: Fact) -> None:
        """A consumer upstream set this key aside or took it up: its timers hold here too."""
        desk, key, at = self._desk, fact.envelope.lead, self.at
        assert at is not None  # noqa: S101 - a fact stands somewhere
        if isinstance(fact.event, Parked):
            desk.turn.park(ParkedKey(key, fact.event.consumer, fact.event.reason))
            desk.agenda.block(key)
        elif isinstance(fact.event, Unparked):
            desk.turn.unpark(key, fact.event.consumer)
            desk.agenda.unblock(key)
        desk.out.append(forward(fact.envelope, scope, desk.bump(key, scope.lane), at))

    def _live_scope(self, recorded_at: datetime) -> Scope:
        return Scope(max(recorded_at, self.live, self._now), self.live, Lane.LIVE, self._desk.shared)

    def _lane_scope(self, at: datetime) -> Scope:
        assert self.lane_mark is not None  # noqa: S101 - only called within a lane
        at = max(at, self.lane_mark)
        return Scope(at, at, Lane.BACKFILL, self._desk.shared)


def lane_ends(fact: Fact) -> datetime | None:
    """When the last fact of a lane occurred, if this record closes one."""
    return fact.event.until if isinstance(fact.event, BackfillClosed) else None
