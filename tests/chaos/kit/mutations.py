"""Seven ways to break the kit by a line or two, put in by a test for as long as a story lasts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from leadpact.contracts.events.lead import Behaved
from leadpact.kit.consumer import Consumer, _after
from leadpact.kit.decider import Effect, Fact, Scope
from leadpact.kit.desk import Desk
from leadpact.kit.handling import Batch
from leadpact.kit.ids import derive
from leadpact.kit.machine import Step
from leadpact.kit.pg import leases, outbox, store, writes
from leadpact.kit.pg.beside import PgBeside
from leadpact.kit.rebuild.fold import Fold
from tests.chaos.kit import stories
from tests.chaos.kit.judge import Check
from tests.chaos.kit.stories import Story

_ASK = "insert into effect (id, kind, payload) values ($1, $2, $3::text::jsonb) on conflict do nothing"
Break = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is broken, the story in which it shows, and the checks that see it: these and no others."""

    name: str
    planted: Break
    story: Story
    seen_by: frozenset[Check]


def fence_off(patch: pytest.MonkeyPatch) -> None:
    """The fence's row is locked, but whoever asks may have it."""
    _change(patch, store, "_FENCE", "epoch = $3 and turn = $4", "$3::bigint >= 0 and $4::bigint >= 0")


def sequence_by_a_serial(patch: pytest.MonkeyPatch) -> None:
    """Numbers come from a sequence object instead of the stream's row, which is locked to the commit."""
    row = outbox.NUMBERED[outbox.NUMBERED.index("insert into stream") : outbox.NUMBERED.index("),\nsent")]
    numbers = "select max(nextval('dead_letter_id_seq')) from generate_series(1, messages)"  # one that stands there
    for module, name in ((outbox, "_EMIT"), (writes, "_MOVE")):
        serial = f"select topic, partition, ({numbers}) as last from told"  # noqa: S608 - words of ours
        _change(patch, module, name, row, serial)


def position_before_state(patch: pytest.MonkeyPatch) -> None:
    """A turn that only moves on comes before the one that does the work."""
    whole = Consumer._turn

    async def hasty(self: Consumer, batch: Batch) -> None:
        async with self._plumbing.store.turn(self.lease) as turn:
            turn.move(_after(self.lease.positions, batch.records), turn.lease.mark)
        self.lease = turn.lease
        await whole(self, batch)

    patch.setattr(Consumer, "_turn", hasty)


def effect_inside_backfill(patch: pytest.MonkeyPatch) -> None:
    """What history decides asks for mails as what happens now does."""
    keep = Desk.keep

    def loud(self: Desk[Any, Any], step: Step[Any], wanted: Mapping[str, datetime], *, quiet: bool) -> None:
        del quiet
        keep(self, step, wanted, quiet=False)

    patch.setattr(Desk, "keep", loud)


def effect_inside_rebuild(patch: pytest.MonkeyPatch) -> None:
    """Who rebuilds takes each decision again and asks for what comes of it, in a database that lets it."""
    evolve, switch = Fold._evolve, PgBeside.switch
    asked: list[tuple[str, Effect]] = []

    def deciding(self: Fold[Any, Any], fact: Fact) -> None:
        if isinstance(fact.event, Behaved):
            envelope, cell = fact.envelope, self._born(fact.envelope.lead, fact.envelope.lane)
            scope = Scope(envelope.recorded_at, envelope.mark, envelope.lane)
            effects = self._decider.decide(scope, self._control, cell.state, fact).effects
            ids = (derive(self._decider.consumer, envelope.id, each.kind, index) for index, each in enumerate(effects))
            asked.extend(zip(ids, effects, strict=True))
        evolve(self, fact)

    async def loud(self: PgBeside, shape: int) -> tuple[int, int]:
        for id_, effect in asked:
            told = msgspec.json.encode(effect.payload).decode()
            await self._connection.execute(_ASK, id_, effect.kind, told)
        return await switch(self, shape)

    patch.setattr(Fold, "_evolve", deciding)
    patch.setattr(PgBeside, "switch", loud)


def timer_without_mark(patch: pytest.MonkeyPatch) -> None:
    """Time passes by the clock of the machine, whatever is still on its way."""
    make = Consumer._batch

    def by_the_clock(self: Consumer) -> Batch | None:
        batch = make(self)
        return batch and replace(batch, idle=dict.fromkeys(self._read, batch.now))

    patch.setattr(Consumer, "_batch", by_the_clock)


def lease_without_epoch(patch: pytest.MonkeyPatch) -> None:
    """Whoever takes a slot over takes it under the same epoch."""
    _change(patch, leases, "_CLAIM", "epoch = epoch + 1, ", "")


MUTATIONS = [
    Mutation(
        "fence off",
        fence_off,
        stories.a_stalled_owner_wakes_up_late,
        frozenset({Check.ORDER, Check.STATE, Check.POSITIONS, Check.OWNERSHIP}),
    ),
    Mutation(
        "sequence by a serial",
        sequence_by_a_serial,
        stories.two_writers_append_at_once,
        frozenset({Check.ORDER, Check.STANDSTILL}),
    ),
    Mutation(
        "position before state",
        position_before_state,
        stories.an_owner_dies_before_its_commit,
        frozenset({Check.ORDER, Check.STATE, Check.EFFECTS}),
    ),
    Mutation("effect inside backfill", effect_inside_backfill, stories.history_is_loaded, frozenset({Check.EFFECTS})),
    Mutation("effect inside rebuild", effect_inside_rebuild, stories.state_is_rebuilt, frozenset({Check.EFFECTS})),
    Mutation(
        "timer without mark",
        timer_without_mark,
        stories.evidence_is_on_its_way_while_time_is_up,
        frozenset({Check.ORDER, Check.TIME}),
    ),
    Mutation(
        "lease without epoch",
        lease_without_epoch,
        stories.a_stalled_owner_wakes_up_early,
        frozenset({Check.OWNERSHIP}),
    ),
]


def _change(patch: pytest.MonkeyPatch, module: object, name: str, words: str, others: str) -> None:
    """Other words in a statement of the kit; raises `AssertionError` when it no longer has these."""
    before: str = getattr(module, name)
    assert before.count(words) == 1, f"{name} does not say {words!r} once: the mutation needs to be written anew"
    patch.setattr(module, name, before.replace(words, others))
