"""What a store must do about ownership and turns; subclass it with a fixture `store`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from leadpact.contracts.envelope import Lane
from leadpact.kit.errors import Fenced
from leadpact.kit.ports import Store
from leadpact.kit.rows import (
    Lease,
    Message,
    ParkedKey,
    Position,
    Record,
    Slot,
    StoredCell,
    Stream,
    Timer,
)

IN, OUT, OTHER = Stream("in", 0), Stream("out", 0), Stream("other", 3)
MARK = datetime(2026, 3, 2, 9, tzinfo=UTC)
CELL = StoredCell("lead-1", 3, Lane.LIVE, b"\x00state")
Expire = Callable[[], Awaitable[None]]


def message(value: bytes) -> Message:
    """A message whose own sequence must not count."""
    return Message(b"k", value, 99)


def record(offset: int, value: bytes = b"v") -> Record:
    """A record of the input."""
    return Record(*IN, offset, b"k", value, offset + 1)


async def claimed(store: Store, owner: str = "one") -> Lease:
    """The only slot of a consumer."""
    await store.ensure("test", 1)
    (lease,) = await store.claim("test", owner, (), 1)
    return lease


async def emit(store: Store, lease: Lease, *values: bytes) -> Lease:
    """A turn that only sends."""
    async with store.turn(lease) as turn:
        turn.emit(OUT, [message(value) for value in values])
        turn.move({}, MARK)
    return turn.lease


class Ownership:
    """Point 1: leases are for liveness, the fence is for safety. `expire` lets every lease run out."""

    async def test_point1_a_claimed_slot_is_nobody_elses(self, store: Store) -> None:
        lease = await claimed(store)
        assert (lease.slot, lease.epoch, lease.turn, lease.positions) == (Slot("test", 0), 1, 0, {})
        assert await store.claim("test", "two", (), 1) == []

    async def test_point1_a_released_slot_goes_on_where_it_was(self, store: Store) -> None:
        lease = await claimed(store)
        async with store.turn(lease) as turn:
            turn.move({IN: Position(7, 5)}, MARK, MARK, MARK)
        await store.release(turn.lease)
        (second,) = await store.claim("test", "two", (), 1)
        assert (second.epoch, second.turn, second.positions) == (2, 1, {IN: Position(7, 5)})
        assert (second.mark, second.lane_mark, second.joined) == (MARK, MARK, MARK)

    async def test_point1_a_dead_owners_slot_is_taken_over(self, store: Store, expire: Expire) -> None:
        await claimed(store)
        await expire()
        (lease,) = await store.claim("test", "two", (), 1)
        assert (lease.owner, lease.epoch) == ("two", 2)

    async def test_point1_attending_keeps_a_lease_alive_and_tells_of_a_lost_one(
        self, store: Store, expire: Expire
    ) -> None:
        lease = await claimed(store)
        await expire()
        assert await store.attend("test", "one", {0: lease.epoch}) == ({0}, 1, 0)
        assert await store.claim("test", "two", (), 1) == []
        await expire()
        await store.claim("test", "two", (), 1)
        kept, *_ = await store.attend("test", "one", {0: lease.epoch})
        assert kept == set()

    async def test_point1_a_claim_whose_answer_was_lost_runs_out_though_its_owner_lives(
        self, store: Store, expire: Expire
    ) -> None:
        await claimed(store)  # and "one" never heard of it
        await expire()
        assert await store.attend("test", "one", {}) == (set(), 1, 0)
        (lease,) = await store.claim("test", "two", (), 1)
        assert (lease.owner, lease.epoch) == ("two", 2)

    async def test_point1_slots_are_shared_fairly_among_live_owners(self, store: Store, expire: Expire) -> None:
        await store.ensure("test", 5)
        assert await store.attend("test", "one", {}) == (set(), 5, 0)
        assert await store.attend("test", "two", {}) == (set(), 3, 0)
        await store.leave("test", "one")
        assert await store.attend("test", "two", {}) == (set(), 5, 0)
        await expire()
        assert await store.attend("test", "three", {}) == (set(), 5, 0)

    async def test_point12_slots_whose_cells_are_of_another_shape_are_left_to_those_who_read_it(
        self, store: Store, expire: Expire
    ) -> None:
        await store.ensure("test", 3, 1)
        await store.ensure("test", 4, 2)  # as code that came later would: the three that stand keep theirs
        assert await store.attend("test", "old", {}, 1) == (set(), 3, 1)
        assert await store.attend("test", "new", {}, 2) == (set(), 1, 3)
        assert [lease.slot.number for lease in await store.claim("test", "new", (), 9, 2)] == [3]
        assert [lease.slot.number for lease in await store.claim("test", "old", (), 9, 1)] == [0, 1, 2]
        await expire()
        assert [lease.slot.number for lease in await store.claim("test", "newer", (), 9, 2)] == [3]

    async def test_point1_what_an_owner_let_go_without_releasing_it_may_claim_again(self, store: Store) -> None:
        lease = await claimed(store)
        assert await store.claim("test", "one", {0}, 1) == []
        (again,) = await store.claim("test", "one", (), 1)
        assert again.epoch == lease.epoch + 1

    async def test_point1_of_two_owners_the_older_is_fenced_and_nothing_of_it_remains(
        self, store: Store, expire: Expire
    ) -> None:
        old = await claimed(store)
        await expire()
        (new,) = await store.claim("test", "two", (), 1)
        with pytest.raises(Fenced):
            async with store.turn(old) as turn:
                turn.save(CELL)
                turn.emit(OUT, [message(b"old")])
                turn.move({IN: Position(9)}, MARK)
        async with store.turn(new) as turn:
            assert await turn.cells(["lead-1"]) == {}
            assert turn.lease.positions == {}
        assert await store.outbox({OUT: 0}, 10) == {}

    async def test_point1_a_turn_taken_twice_is_fenced(self, store: Store) -> None:
        lease = await claimed(store)
        await emit(store, lease, b"a")
        with pytest.raises(Fenced):
            await emit(store, lease, b"again")
        assert await store.outbox({OUT: 0}, 10) == {OUT: [Message(b"k", b"a", 1)]}

    async def test_point1_a_slot_with_a_turn_under_way_is_left_alone(self, store: Store, expire: Expire) -> None:
        lease = await claimed(store)
        async with store.turn(lease) as turn:
            await expire()
            assert await store.claim("test", "two", (), 1) == []
            turn.move({}, MARK)


class Turns:
    """Points 1, 5, 6, 7, 8: one transaction holds everything."""

    async def test_point1_everything_of_a_turn_is_there_after_it(self, store: Store) -> None:
        lease = await claimed(store)
        timer = Timer(MARK, "lead-1", "n")
        async with store.turn(lease) as turn:
            turn.save(CELL)
            turn.set_timer(timer)
            assert await turn.lock(["row"]) == {}
            turn.share("row", b"1")
            turn.effect("e", "mail", {"to": "x"})
            turn.bury(record(1, b"\x00"), "bad \x00")
            turn.emit(OUT, [message(b"a")])
            turn.move({IN: Position(2, 2)}, MARK)
        async with store.turn(turn.lease) as turn:
            assert await turn.cells(["lead-1", "lead-2"]) == {"lead-1": CELL}
            assert await turn.timers(["lead-1", "lead-2"]) == {"lead-1": [timer]}
            assert await turn.lock(["row", "other"]) == {"row": b"1"}
            assert turn.lease.mark == MARK

    async def test_point1_an_exception_takes_the_whole_turn_back(self, store: Store) -> None:
        lease = await claimed(store)
        with pytest.raises(ZeroDivisionError):
            async with store.turn(lease) as turn:
                turn.save(CELL)
                turn.emit(OUT, [message(b"a")])
                raise ZeroDivisionError
        async with store.turn(lease) as turn:
            assert await turn.cells(["lead-1"]) == {}
            turn.move({}, MARK)
        assert await store.outbox({OUT: 0}, 10) == {}

    async def test_point5_state_is_written_over(self, store: Store) -> None:
        lease = await claimed(store)
        for version in (1, 2):
            async with store.turn(lease) as turn:
                turn.save(StoredCell("lead-1", version, Lane.LIVE, b"%d" % version))
                turn.move({}, MARK)
            lease = turn.lease
        async with store.turn(lease) as turn:
            assert await turn.cells(["lead-1"]) == {"lead-1": StoredCell("lead-1", 2, Lane.LIVE, b"2")}

    async def test_point7_due_timers_come_in_order_by_lane_and_moved_ones_once(self, store: Store) -> None:
        lease = await claimed(store)
        later = MARK.replace(hour=10)
        async with store.turn(lease) as turn:
            for timer in (Timer(MARK, "b", "x"), Timer(MARK, "a", "y"), Timer(MARK, "a", "Z"), Timer(later, "c", "x")):
                turn.set_timer(timer)
            turn.set_timer(Timer(MARK, "lane", "x", Lane.BACKFILL))
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            due = await turn.due(Lane.LIVE, MARK, 10)
            assert [(timer.key, timer.name) for timer in due] == [("a", "Z"), ("a", "y"), ("b", "x")]
            assert await turn.due(Lane.LIVE, MARK, 1) == due[:1]
            assert [timer.key for timer in await turn.due(Lane.BACKFILL, later, 10)] == ["lane"]
            turn.set_timer(Timer(later, "a", "Z"))
            turn.drop_timer("b", "x")
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            assert [timer.name for timer in await turn.due(Lane.LIVE, MARK, 10)] == ["y"]
            assert [(t.key, t.name) for t in await turn.due(Lane.LIVE, later, 10)] == [
                ("a", "y"),
                ("a", "Z"),
                ("c", "x"),
            ]

    async def test_r43_joining_makes_cells_and_timers_of_a_lane_live(self, store: Store) -> None:
        lease = await claimed(store)
        async with store.turn(lease) as turn:
            turn.save(StoredCell("a", 1, Lane.BACKFILL, b"a"))
            turn.set_timer(Timer(MARK, "a", "x", Lane.BACKFILL))
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            turn.join_lane()
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            assert (await turn.cells(["a"]))["a"].lane is Lane.LIVE
            assert await turn.due(Lane.LIVE, MARK, 10) == [Timer(MARK, "a", "x")]

    async def test_point6_records_wait_in_order_behind_a_parked_key(self, store: Store) -> None:
        lease = await claimed(store)
        parked = ParkedKey("a", "test", "bug")
        async with store.turn(lease) as turn:
            turn.set_timer(Timer(MARK, "a", "x"))
            turn.park(parked)
            for offset in range(5):
                turn.wait("a", record(offset))
            turn.move({}, MARK)
        assert await store.parked("test") == [parked]
        assert await store.ask_unpark("test", "a")
        assert not await store.ask_unpark("test", "b")
        async with store.turn(turn.lease) as turn:
            assert [known.asked for known in await turn.parked()] == [True]
            assert await turn.due(Lane.LIVE, MARK, 10) == []
            assert [waiting.offset for waiting in await turn.waiting("a", 3)] == [0, 1, 2]
            turn.unwait("a", 2)
            turn.park(parked)
            turn.wait("a", record(5))
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            assert await turn.parked() == [parked]
            assert await turn.waiting("a", 10) == [record(offset) for offset in (2, 3, 4, 5)]
            turn.unwait("a", 4)
            turn.unpark("a", "test")
            turn.move({}, MARK)
        async with store.turn(turn.lease) as turn:
            assert (await turn.parked(), await turn.waiting("a", 10)) == ([], [])
            assert len(await turn.due(Lane.LIVE, MARK, 10)) == 1

    async def test_point4_shared_rows_are_locked_to_the_commit(self, store: Store) -> None:
        await store.ensure("test", 2)
        first, second = await store.claim("test", "one", (), 2)

        async def add(lease: Lease, meanwhile: asyncio.Event, locked: asyncio.Event) -> None:
            async with store.turn(lease) as turn:
                total = int((await turn.lock(["total"])).get("total", b"0"))
                locked.set()
                await meanwhile.wait()
                turn.share("total", b"%d" % (total + 1))
                turn.move({}, MARK)

        go, free, locked, ignored = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()
        free.set()
        early = asyncio.create_task(add(first, go, locked))
        await locked.wait()
        late = asyncio.create_task(add(second, free, ignored))
        done, _ = await asyncio.wait({late}, timeout=0.2)
        assert not done
        go.set()
        await asyncio.gather(early, late)
        await store.release(first)
        (lease,) = await store.claim("test", "two", (1,), 1)
        async with store.turn(lease) as turn:
            assert await turn.lock(["total"]) == {"total": b"2"}


class StoreConformance(Ownership, Turns):
    """Both; the outbox, time that passes and tallies have classes of their own."""
