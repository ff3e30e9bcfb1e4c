"""Rule 30: time that stood still for more than ten minutes of the world is told before it goes on."""

from datetime import timedelta

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillOpened, IntakeStalled
from leadpact.contracts.events.lead import Captured
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.intake.normaliser.standing import LONGEST
from leadpact.intake.normaliser.state import LaneRow, Staged
from tests.unit.intake.desk import NOON, Desk

MINUTE = timedelta(minutes=1)
LEAD = {"email": "a@x.example"}


async def _started() -> Desk:
    """A desk whose time has come to noon."""
    desk = Desk()
    await desk.run()
    assert desk.mark == NOON
    return desk


def _pass(desk: Desk, span: timedelta) -> None:
    """Time passes, in the world and in business, and no turn is taken."""
    desk.books.wall += span
    desk.now += span


async def test_r30_a_stall_is_told_in_every_partition_before_anything_that_came_in_it() -> None:
    desk = await _started()
    came = NOON + 20 * MINUTE
    await desk.put("leads", LEAD, received=came)
    _pass(desk, 45 * MINUTE)
    await desk.run()
    assert desk.facts(IntakeStalled) == [IntakeStalled(control=1, from_at=NOON, to_at=NOON + 45 * MINUTE)]
    assert sorted(desk.partitions) == list(range(LEADS.partitions))
    assert all(isinstance(read(told[0]), IntakeStalled) for told in desk.partitions.values())
    (stalled,), (captured,) = desk.envelopes(IntakeStalled), desk.envelopes(Captured)
    assert (stalled.mark, stalled.recorded_at) == (NOON, NOON + 45 * MINUTE)
    assert NOON <= captured.mark <= captured.received_at == came


@pytest.mark.parametrize(("stood", "stalls"), [(LONGEST, 0), (LONGEST + timedelta(seconds=1), 1)])
async def test_r30_ten_minutes_are_no_stall_and_a_second_more_is_one(stood: timedelta, stalls: int) -> None:
    desk = await _started()
    _pass(desk, stood)
    await desk.run()
    assert len(desk.facts(IntakeStalled)) == stalls


async def test_r30_each_stall_is_told_once_and_numbered_upwards() -> None:
    desk = await _started()
    for _ in range(2):
        _pass(desk, 11 * MINUTE)
        await desk.run()
        await desk.run()
    told = [(stall.control, stall.from_at, stall.to_at) for stall in desk.facts(IntakeStalled)]
    assert told == [(1, NOON, NOON + 11 * MINUTE), (2, NOON + 11 * MINUTE, NOON + 22 * MINUTE)]


async def test_r30_turns_with_nothing_to_do_let_time_pass() -> None:
    desk = await _started()
    for _ in range(9):
        _pass(desk, 9 * MINUTE)
        await desk.run()
    assert desk.out == []


async def test_r30_turns_in_which_time_stands_do_not_end_a_stall() -> None:
    desk = await _started()
    for number in range(6):  # other partitions may hold older records that nobody has read
        _pass(desk, 4 * MINUTE)
        await desk.deliver("leads", {"email": f"{number}@x.example"})
        assert desk.mark == NOON
    await desk.run()
    told = [(stall.from_at, stall.to_at) for stall in desk.facts(IntakeStalled)]
    assert told == [(NOON, NOON + 12 * MINUTE), (NOON, NOON + 24 * MINUTE)]


async def test_r30_a_business_clock_that_is_stepped_or_runs_faster_is_no_stall() -> None:
    desk = await _started()
    desk.later(days=3)
    await desk.run()
    assert desk.mark == desk.now and desk.out == []


async def test_r30_before_time_has_begun_nothing_stands_still() -> None:
    desk = Desk()
    _pass(desk, 60 * MINUTE)
    await desk.run()
    assert desk.out == []


class _Slow(MemoryBooks):
    """Each part of a lane takes a while to read."""

    takes = timedelta()
    desk: Desk

    async def staged(self, lane: LaneRow, most: int) -> list[Staged]:
        found = await super().staged(lane, min(most, 1))
        _pass(self.desk, self.takes)
        return found


async def _released(takes: timedelta) -> Desk:
    desk = Desk()
    books = _Slow()
    books.takes, books.desk, desk.books = takes, desk, books
    await desk.run()
    history = [{"email": f"{n}@x.example", "occurred_at": f"2026-01-0{n}T09:00:00Z"} for n in range(1, 4)]
    await desk.put("leads", history, lane="h")
    await desk.put("commands", {"command": "backfill.close", "lane": "h"})
    await desk.run()
    return desk


async def test_r30_r43_while_a_lane_goes_out_live_time_waits_and_does_not_stand() -> None:
    desk = await _released(9 * MINUTE)
    assert len(desk.facts(Captured)) == 3 and desk.facts(IntakeStalled) == []


async def test_r30_r43_a_stall_within_a_lane_is_told_within_it() -> None:
    desk = await _released(11 * MINUTE)
    stalls = desk.facts(IntakeStalled)
    assert stalls and {stall.from_at for stall in stalls} == {NOON}
    assert len({envelope.id for envelope in desk.envelopes(IntakeStalled)}) == len(stalls)
    kinds = [type(read(envelope)) for envelope in desk.once()]
    assert kinds.index(BackfillOpened) < kinds.index(IntakeStalled)
    for told in desk.partitions.values():
        marks = [envelope.mark for envelope in told if envelope.lane is Lane.LIVE]
        assert marks == sorted(marks)
