"""What the tables of a rebuild must do; subclass it with fixtures `store` and `beside`, of its only slot."""

from datetime import timedelta

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.kit.errors import Fenced
from leadpact.kit.ports import Store
from leadpact.kit.rebuild.ports import Aside, Beside
from leadpact.kit.rows import ParkedKey, Position, StoredCell, Timer
from leadpact.testkit.conformance.store import CELL, IN, MARK, OUT, claimed, message, record

LATER = MARK + timedelta(hours=1)
BORN = StoredCell("lead-2", 1, Lane.BACKFILL, b"old")
TIMER, IN_LANE = Timer(LATER, "lead-1", "reply", Lane.LIVE), Timer(MARK, "lead-2", "reply", Lane.BACKFILL)


class BesideConformance:
    """Point 12: a state is built beside the one that lives, compared with it, and put in its place."""

    async def test_point12_what_was_built_is_read_again_replaced_and_forgotten(
        self, store: Store, beside: Beside
    ) -> None:
        await claimed(store)
        await beside.begin()
        await beside.write([CELL, BORN], {"lead-1": [TIMER]})
        assert await beside.cells(["lead-1", "lead-3"]) == {"lead-1": CELL}
        newer = StoredCell("lead-1", 4, Lane.LIVE, b"newer")
        await beside.write([newer], {})
        assert await beside.cells(["lead-1", "lead-2"]) == {"lead-1": newer, "lead-2": BORN}
        await beside.begin()
        assert await beside.cells(["lead-1", "lead-2"]) == {}

    async def test_point12_timers_of_a_key_are_replaced_as_a_whole(self, store: Store, beside: Beside) -> None:
        await claimed(store)
        await beside.write([CELL], {"lead-1": [TIMER, Timer(MARK, "lead-1", "call", Lane.LIVE)]})
        assert await beside.due(MARK, None) == ["lead-1"]
        await beside.write([CELL], {"lead-1": [TIMER]})
        assert await beside.due(MARK, None) == []
        await beside.write([CELL], {"lead-1": []})
        assert await beside.due(LATER, None) == []

    async def test_r43_a_timer_is_due_by_the_time_of_its_lane_until_the_lane_joins(
        self, store: Store, beside: Beside
    ) -> None:
        await claimed(store)
        await beside.write([CELL, BORN], {"lead-1": [TIMER], "lead-2": [IN_LANE]})
        assert await beside.due(LATER, None) == ["lead-1"]
        assert sorted(await beside.due(LATER, MARK)) == ["lead-1", "lead-2"]
        assert await beside.due(MARK, MARK) == ["lead-2"]
        await beside.join()
        assert await beside.due(MARK, None) == ["lead-2"]
        assert (await beside.cells(["lead-2"]))["lead-2"].lane is Lane.LIVE

    async def test_point12_it_says_how_far_the_living_slot_is_and_what_waits_there(
        self, store: Store, beside: Beside
    ) -> None:
        async with store.turn(await claimed(store)) as turn:
            turn.emit(OUT, [message(b"a"), message(b"b")])
            turn.bury(record(4), "nobody can read it")
            turn.park(ParkedKey("lead-1", "test", "our own bug"))
            turn.wait("lead-1", record(5))
            turn.park(ParkedKey("lead-2", "upstream", "theirs"))
            turn.move({IN: Position(6, 6)}, MARK)
        found = await beside.stands()
        assert (found.lease.epoch, found.lease.turn, found.lease.mark) == (1, 1, MARK)
        assert found.lease.positions == {IN: Position(6, 6)}
        assert (found.last, dict(found.buried)) == (2, {4: None})
        assert found.aside == Aside({"lead-1": [5]}, {"lead-2": {"upstream"}})
        assert [m.value for m in await beside.outbox(1, 10)] == [b"b"]

    async def test_point12_whatever_differs_is_counted_and_nothing_of_it_is_told(
        self, store: Store, beside: Beside
    ) -> None:
        async with store.turn(await claimed(store)) as turn:
            turn.save(CELL)
            turn.set_timer(TIMER)
            turn.move({}, MARK)
        await beside.write([CELL], {"lead-1": [TIMER]})
        async with beside.looking():
            assert await beside.compare() == (same := await beside.compare())
            assert (same.cells, same.differing_cells, same.differing_timers, same.first) == (1, 0, 0, ())
        moved = Timer(MARK, "lead-1", "reply", Lane.LIVE)
        await beside.write([StoredCell("lead-1", 3, Lane.LIVE, b"secret"), BORN], {"lead-1": [moved]})
        async with beside.looking():
            found = await beside.compare()
        assert (found.cells, found.differing_cells, found.differing_timers) == (2, 2, 1)
        assert not any(word in " ".join(found.first) for word in ("secret", "state'"))

    async def test_point12_what_was_built_lives_after_the_switch_and_the_owner_is_fenced(
        self, store: Store, beside: Beside
    ) -> None:
        lease = await claimed(store)
        async with store.turn(lease) as turn:
            turn.save(StoredCell("lead-9", 1, Lane.LIVE, b"spoilt"))
            turn.set_timer(Timer(MARK, "lead-9", "reply", Lane.LIVE))
            turn.move({IN: Position(6, 6)}, MARK)
        await beside.write([CELL], {"lead-1": [TIMER]})
        async with beside.halted() as stood:
            assert stood.lease.positions == {IN: Position(6, 6)}
            assert await beside.switch(1) == (2, 2)
        with pytest.raises(Fenced):
            async with store.turn(turn.lease):
                pass
        (new,) = await store.claim("test", "two", (), 1)
        async with store.turn(new) as turn:
            assert await turn.cells(["lead-1", "lead-9"]) == {"lead-1": CELL}
            assert await turn.timers(["lead-1", "lead-9"]) == {"lead-1": [TIMER]}
            assert turn.lease.positions == {IN: Position(6, 6)}

    async def test_point12_another_shape_is_for_code_that_reads_it(self, store: Store, beside: Beside) -> None:
        await claimed(store)
        async with beside.halted():
            await beside.switch(2)
        assert await store.claim("test", "old", (), 1, 1) == []
        assert [lease.owner for lease in await store.claim("test", "new", (), 1, 2)] == ["new"]
