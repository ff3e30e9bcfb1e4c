"""What a store must do where time only passes: many slots at once, each under its fence (point 7)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.kit.errors import Fenced
from leadpact.kit.ports import Store
from leadpact.kit.rows import Lease, ParkedKey, Timer
from leadpact.testkit.conformance.store import MARK, claimed

LATER = MARK + timedelta(minutes=5)


async def all_claimed(store: Store) -> list[Lease]:
    """Three slots of a consumer."""
    await store.ensure("test", 3)
    return await store.claim("test", "one", (), 3)


class Passing:
    """Where that is all there is to do, and nowhere else."""

    async def test_point7_time_passes_in_many_slots_at_once_a_turn_of_each(self, store: Store) -> None:
        leases = await all_claimed(store)
        passed = await store.pass_time([(lease, LATER) for lease in leases])
        assert [(lease.slot.number, lease.turn, lease.mark) for lease in passed] == [(n, 1, LATER) for n in range(3)]
        with pytest.raises(Fenced):
            async with store.turn(leases[0]):
                pass
        async with store.turn(passed[0]) as turn:
            turn.move({}, LATER)
        await store.release(turn.lease)
        (again,) = await store.claim("test", "two", (), 1)
        assert (again.turn, again.mark) == (2, LATER)

    async def test_point7_a_slot_with_a_due_timer_takes_a_turn_of_its_own(self, store: Store) -> None:
        one, two, three = await all_claimed(store)
        async with store.turn(one) as turn:
            turn.set_timer(Timer(LATER, "lead-1", "due"))
            turn.set_timer(Timer(MARK, "lead-1", "lane", Lane.BACKFILL))
        async with store.turn(two) as second:
            second.set_timer(Timer(LATER + timedelta(microseconds=1), "lead-2", "later"))
        passed = await store.pass_time([(lease, LATER) for lease in (turn.lease, second.lease, three)])
        assert [lease.slot.number for lease in passed] == [1, 2]
        (passed_one,) = await store.pass_time([(turn.lease, LATER - timedelta(microseconds=1))])
        assert passed_one.turn == turn.lease.turn + 1

    async def test_point6_a_slot_in_which_a_parked_key_was_asked_for_takes_a_turn_of_its_own(
        self, store: Store
    ) -> None:
        lease = await claimed(store)
        async with store.turn(lease) as turn:
            turn.park(ParkedKey("lead-1", "test", "bug"))
        (passed,) = await store.pass_time([(turn.lease, LATER)])
        assert await store.ask_unpark("test", "lead-1")
        assert await store.pass_time([(passed, LATER)]) == []

    async def test_point1_whoever_was_fenced_moves_nothing_and_holds_nobody_up(
        self, store: Store, expire: Callable[[], Awaitable[None]]
    ) -> None:
        old = await all_claimed(store)
        await expire()
        await store.claim("test", "two", (), 1)
        passed = await store.pass_time([(lease, LATER) for lease in old])
        assert [lease.slot.number for lease in passed] == [1, 2]

    async def test_point11_a_slot_in_a_turn_is_not_waited_for(self, store: Store) -> None:
        one, *others = await all_claimed(store)
        async with store.turn(one):
            passed = await store.pass_time([(lease, LATER) for lease in (one, *others)])
        assert [lease.slot.number for lease in passed] == [1, 2]
        assert await store.pass_time([(one, LATER)]) == [], "its turn is over"

    async def test_point1_time_that_passes_keeps_the_lease(
        self, store: Store, expire: Callable[[], Awaitable[None]]
    ) -> None:
        lease = await claimed(store)
        await expire()
        assert await store.pass_time([(lease, LATER)])
        assert await store.claim("test", "two", (), 1) == []
