"""The whole line comes to the same, byte by byte, whichever way a seed interleaves it and whatever it lets fail."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.events.sla import ClockKind
from leadpact.contracts.topics import LEADS, PROMISES, QUALIFICATION, RETURNS, SLA
from leadpact.intake.normaliser import handler as normaliser
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.errors import Stopped
from leadpact.kit.ports import Turn
from leadpact.kit.rows import BEGINNING, Record, Stream
from leadpact.kit.stage import duty
from leadpact.kit.vault import Hasher
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.reporting import handlers as reporting
from leadpact.reporting.domain.tables import TABLES, Intake
from leadpact.sla_monitor import judge
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.memory import MemoryLog
from leadpact.testkit.memory.state import Rows
from tests.chaos.kit.mutations import position_before_state
from tests.chaos.service.database import Database
from tests.chaos.service.plain import without_chance
from tests.chaos.service.shaken import Shaken
from tests.chaos.service.week import ENDS, WHO, Weeks, weeks
from tests.doubles.models import MemoryModels
from tests.tour.world import when

SEEDS = range(1, 6)
HOURS = 100
HAPPENS = ["before_fence", "after_fence", "before_commit", "after_commit", "before_send", "after_send"]
HAPPENS += ["handed over", "fenced"]
REPORTING = [projection.consumer for projection in reporting.MODELS.projections]
CONSUMERS = {normaliser.CONSUMER, Qualifier.consumer, SlaMonitor.consumer, judge.CONSUMER, *REPORTING}
UNUSED = {"test_lead", "deal_move", "retirement", "acceptance", "trouble"}
UNUSED |= {"refused_by_qualifier", "refused_by_sla_monitor"}
"""The read models of what nobody does in these weeks."""
RESPONSES = [
    ["met"],
    ["missed"],
    ["missed", "missed"],  # by silence, and again when a call came too late
    ["missed", "withdrawn"],
    ["met"],
    ["cancelled"],
    ["met"],
    ["missed"],
]
"""What becomes of the promise to answer each lead, as the plan has it."""


@pytest.fixture
async def undisturbed(monkeypatch: pytest.MonkeyPatch) -> Weeks:
    without_chance(monkeypatch)
    return await weeks()


def test_the_weeks_are_what_they_say(undisturbed: Weeks) -> None:
    world, came = undisturbed.world, undisturbed.came
    assert [world.verdicts(lead, ClockKind.FIRST_RESPONSE) for lead in WHO] == RESPONSES
    assert when(ENDS) - came[0].at > timedelta(hours=HOURS)
    assert len(world.line.records(RETURNS.name)) == 1, "who was tried in vain is recycled (rule 27)"
    facts = [wire.decode(record.value) for record in world.line.records(LEADS.name)]
    counted = [row.facts for row in world.models.tables["intake"].values() if isinstance(row, Intake)]
    assert sum(counted) == sum(bool(fact.lead) for fact in facts), "each fact about a lead counts once"
    assert {table.name for table in TABLES if not world.models.tables[table.name]} == UNUSED
    assert len(world.line.records(PROMISES.name)) == 1, "history brought an MQL of April, which is over (rule 34)"


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_seed_comes_to_the_same(seed: int, undisturbed: Weeks) -> None:
    shaken = await played(seed, undisturbed)
    assert differing(shaken, undisturbed) == []
    assert min(shaken.seen[each] for each in HAPPENS) > 0, shaken.seen


async def test_one_seed_is_one_run() -> None:
    first, again = await from_the_beginning(1), await from_the_beginning(1)
    assert first.log.records == again.log.records, "with all that stands there twice"
    assert first.seen == again.seen


async def test_rows_that_count_before_the_commit_are_seen(undisturbed: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(store: Database, turn: Turn, rows: Iterable[NamedTuple]) -> None:
        await store.models.write_in_turn(turn, rows)

    monkeypatch.setattr(Database, "write", at_once)
    assert differing(await played(1, undisturbed), undisturbed) == ["models"]


async def test_a_line_that_is_broken_is_seen(undisturbed: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    position_before_state(monkeypatch)
    with suppress(Stopped):  # the slot stops where the rest stands on what was lost
        assert differing(await played(1, undisturbed), undisturbed) != []


async def from_the_beginning(seed: int) -> Shaken:
    """As a process of its own would have it."""
    with pytest.MonkeyPatch.context() as patch:
        without_chance(patch)
        return await played(seed, await weeks())


async def played(seed: int, weeks: Weeks) -> Shaken:
    """The same weeks again, as the seed would have them."""
    world, clock = weeks.world, ManualClock(weeks.came[0].at)
    store = Database(clock, MemoryBooks(dict(world.books.registered)))
    first = normaliser.duty(
        lambda _: normaliser.Normaliser(store.draft, world._safe, Hasher(bytes(32)), lambda _, __: None)
    )
    stages = [duty(Qualifier()), duty(SlaMonitor()), judge.duty()]
    shaken = Shaken(seed, clock, store, [first, *stages, *reporting.duties(store.write)])
    await shaken.begin()
    for at, stream, messages in weeks.came:
        await shaken.until(at)
        await shaken.comes(stream, messages)
    await shaken.until(when(ENDS))
    return shaken


def differing(shaken: Shaken, weeks: Weeks) -> list[str]:
    """What is not as it came to be where nothing failed."""
    world, store = weeks.world, shaken.store
    wanted = outcome(world.line.log, world.line.store.rows, world.models)
    found = outcome(shaken.log, store.rows, store.models)
    return [what for what, said in wanted.items() if found[what] != said]


def outcome(log: MemoryLog, rows: Rows, models: MemoryModels) -> dict[str, object]:
    """All that is told and kept, but for where in the log things stand: what comes twice moves what is behind it.

    No row of a read model says where anything stands, or when it was written: they are compared as they are.
    """
    told = {
        f"{topic.name}/{number}": _once(log.records[Stream(topic.name, number)])
        for topic in (LEADS, QUALIFICATION, SLA, RETURNS)
        for number in range(topic.partitions)
    }
    judged = _once(log.records[judge.STREAM])
    slots = {slot: kept for slot, kept in rows.slots.items() if slot.consumer in CONSUMERS}
    return {
        **told,
        # when the judge looks is its own affair
        "promises": [msgspec.structs.replace(each, recorded_at=BEGINNING, mark=BEGINNING) for each in judged],
        "cells": {slot: kept.cells for slot, kept in slots.items()},
        "tallies": {slot: kept.tallies for slot, kept in slots.items()},
        "timers": {slot: kept.timers for slot, kept in slots.items()},
        "marks": {slot: kept.lease.mark for slot, kept in slots.items() if slot.consumer != judge.CONSUMER},
        "shared": rows.shared,
        "effects": rows.effects,
        "models": models.tables,
        "aside": [rows.dead, *(kept.parked for kept in slots.values())],
    }


def _once(records: list[Record]) -> list[wire.Envelope]:
    """What a reader takes."""
    first: dict[int, Record] = {}
    for record in records:
        assert record.seq <= len(first) + 1
        first.setdefault(record.seq, record)
    return [msgspec.structs.replace(wire.decode(record.value), at=None) for record in first.values()]
