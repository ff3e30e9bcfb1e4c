"""What a store must do where turns count: numbers and positions agree, and all slots are read at one instant."""

from datetime import timedelta

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.ports import Store
from leadpact.kit.rows import BEGINNING, Lease, Position, SlotTallies, StoredCell, Tallied, Tally
from leadpact.testkit.conformance.store import IN, MARK, claimed

EARLIER = MARK - timedelta(days=1)


async def look(store: Store, lease: Lease, consumer: str = "test") -> tuple[Lease, Tallied]:
    """What a turn sees of a consumer's counting."""
    async with store.turn(lease) as turn:
        found = await turn.tallied(consumer)
        turn.move({}, MARK)
    return turn.lease, found


class Tallying:
    """Point 1: what is counted is counted with the position, or not at all."""

    async def test_point1_a_turn_counts_with_its_position(self, store: Store) -> None:
        lease = await claimed(store)
        for seq, at in ((3, MARK), (5, EARLIER)):
            async with store.turn(lease) as turn:
                turn.tally("b", Tally(1, seq - 1, MARK))
                turn.tally("b", Tally(1, seq, at))
                turn.tally("a", Tally(1, seq, MARK))
                turn.move({IN: Position(seq, seq)}, MARK)
            lease = turn.lease
        _, found = await look(store, lease)
        assert found.slots == (
            SlotTallies(
                slot=0,
                positions={IN: Position(5, 5)},
                mark=MARK,
                in_lane=False,
                since=BEGINNING,
                controls=0,
                tallies={"a": Tally(2, 5, MARK), "b": Tally(4, 5, EARLIER)},
            ),
        )

    async def test_point1_a_turn_taken_back_has_counted_nothing(self, store: Store) -> None:
        lease = await claimed(store)
        with pytest.raises(ZeroDivisionError):
            async with store.turn(lease) as turn:
                turn.tally("a", Tally(1, 1, MARK))
                raise ZeroDivisionError
        _, found = await look(store, lease)
        assert found.slots[0].tallies == {}

    async def test_point1_all_slots_of_another_consumer_are_read_with_their_control_state(self, store: Store) -> None:
        await store.ensure("counting", 2)
        for lease in await store.claim("counting", "one", (), 2):
            async with store.turn(lease) as turn:
                turn.tally("a", Tally(1, 7, MARK))
                turn.save(StoredCell(CONTROL_KEY, 4, Lane.LIVE, b"rules of %d" % lease.slot.number))
                turn.move({IN: Position(7, 7)}, MARK, MARK if lease.slot.number else None)
        lease, found = await look(store, await claimed(store), "counting")
        assert [(each.slot, each.in_lane, each.controls) for each in found.slots] == [(0, False, 4), (1, True, 4)]
        assert [each.tallies for each in found.slots] == [{"a": Tally(1, 7, MARK)}] * 2
        assert found.control == b"rules of 0"
        assert (await look(store, lease, "nobody"))[1] == Tallied((), None)
