"""Point 12 for the qualifier and the sla-monitor: whatever a seed did, their log comes to their state, to the byte."""

from typing import Any

import pytest

from leadpact.kit.decider import Decider, Decision
from leadpact.kit.rebuild.building import building
from leadpact.kit.rows import Slot, Stream
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.memory import MemoryLog
from leadpact.testkit.memory.beside import MemoryBeside
from leadpact.testkit.memory.state import Rows
from tests.chaos.service.test_seeds import played
from tests.chaos.service.week import weeks
from tests.contract.consumers.test_trouble import FaultyQualifier, FaultySlaMonitor, morning
from tests.tour.people import ADA
from tests.tour.world import World

SEEDS = range(6, 9)


async def rebuilt(log: MemoryLog, rows: Rows, forbids: pytest.MonkeyPatch) -> int:
    """Compare every slot of both; returns how many cells there are."""
    cells = 0
    deciders: tuple[Decider[Any, Any], ...] = (Qualifier(), SlaMonitor())
    with forbids.context() as never:
        for decider in deciders:
            never.setattr(type(decider), "decide", _decided)
            never.setattr(type(decider), "ring", _decided)
            for number in range(decider.input.partitions):
                slot = Slot(decider.consumer, number)
                input_, output = Stream(decider.input.name, number), Stream(decider.output.name, number)
                beside = MemoryBeside(rows, slot, input_, output)
                async with building(decider, slot, log, beside, lambda _, __: None) as built:
                    await built.catch_up()
                    found = await built.check()
                assert (found.differing_cells, found.differing_timers) == (0, 0), (slot, found.first)
                cells += found.cells
    return cells


def _decided(*_: object) -> Decision:
    raise AssertionError("a rebuild decides nothing")


async def test_point12_two_weeks_undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    line = (await weeks()).world.line
    assert await rebuilt(line.log, line.store.rows, monkeypatch) > 16  # leads, and the control state of each slot


@pytest.mark.parametrize("seed", SEEDS)
async def test_point12_two_weeks_as_a_seed_had_them(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shaken = await played(seed, await weeks())
    assert await rebuilt(shaken.log, shaken.store.rows, monkeypatch) > 16


@pytest.mark.parametrize("faulty", [FaultyQualifier, FaultySlaMonitor])
async def test_point12_a_lead_that_was_set_aside(
    faulty: type[FaultyQualifier | FaultySlaMonitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    decider = faulty()
    stages = (decider, SlaMonitor()) if isinstance(decider, FaultyQualifier) else (Qualifier(), decider)
    world = await morning(World(*stages))
    store = world.line.store
    await rebuilt(world.line.log, store.rows, monkeypatch)
    for mended in (False, True):
        decider.mended = mended
        assert await store.ask_unpark(decider.consumer, world.lead(ADA))
        await world.line.settle()
        await rebuilt(world.line.log, store.rows, monkeypatch)
