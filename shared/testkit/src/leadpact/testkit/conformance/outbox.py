"""What a store must do about the outbox; subclass it with a fixture `store`."""

import asyncio

import pytest

from leadpact.kit.ports import Store
from leadpact.kit.rows import StreamMark
from leadpact.testkit.conformance.store import MARK, OTHER, OUT, claimed, emit, message


class Outbox:
    """Point 4: gap-free sequences in the order of commits."""

    async def test_point4_each_stream_counts_from_one_without_gaps(self, store: Store) -> None:
        lease = await claimed(store)
        lease = await emit(store, lease, b"a", b"b")
        async with store.turn(lease) as turn:
            turn.emit(OTHER, [message(b"x")])
            turn.emit(OUT, [message(b"c")])
            turn.move({}, MARK)
        found = await store.outbox({OUT: 0, OTHER: 0}, 10)
        assert [(m.seq, m.value) for m in found[OUT]] == [(1, b"a"), (2, b"b"), (3, b"c")]
        assert [(m.seq, m.value) for m in found[OTHER]] == [(1, b"x")]
        assert [m.seq for m in (await store.outbox({OUT: 1}, 1))[OUT]] == [2]

    async def test_point4_a_turn_taken_back_leaves_no_gap(self, store: Store) -> None:
        lease = await claimed(store)
        with pytest.raises(ZeroDivisionError):
            async with store.turn(lease) as turn:
                turn.emit(OUT, [message(b"lost")])
                raise ZeroDivisionError
        await emit(store, lease, b"a")
        assert [m.seq for m in (await store.outbox({OUT: 0}, 10))[OUT]] == [1]

    async def test_point4_what_is_published_is_deleted_and_remembered(self, store: Store) -> None:
        await emit(store, await claimed(store), b"a", b"b", b"c")
        assert await store.published([OUT, OTHER]) == {OUT: 0, OTHER: 0}
        await store.record_published({OUT: 2})
        await store.record_published({OUT: 1})
        assert await store.published([OUT]) == {OUT: 2}
        assert [m.seq for m in (await store.outbox({OUT: 2}, 10))[OUT]] == [3]
        await store.record_published({OUT: 3})
        assert await store.outbox({OUT: 0}, 10) == {}

    async def test_point4_appending_outside_a_turn_counts_on_and_wakes(self, store: Store) -> None:
        woken = asyncio.Event()
        listening = asyncio.create_task(store.listen(woken.set))
        try:
            async with asyncio.timeout(10):
                while not woken.is_set():
                    await store.append(OUT, [message(b"a")])
                    await asyncio.sleep(0.05)
        finally:
            listening.cancel()
            await asyncio.wait({listening})
        seqs = [m.seq for m in (await store.outbox({OUT: 0}, 1_000))[OUT]]
        assert seqs == list(range(1, len(seqs) + 1))

    async def test_point7_a_streams_mark_goes_with_its_sequence(self, store: Store) -> None:
        lease = await claimed(store)
        outputs = {lease.slot: [OUT, OTHER]}
        assert await store.stream_marks(outputs) == []
        await emit(store, lease, b"a")
        marks = await store.stream_marks(outputs)
        assert sorted(marks, key=str) == [StreamMark("other", 3, 0, MARK), StreamMark("out", 0, 1, MARK)]
        assert await store.stream_marks({}) == []
