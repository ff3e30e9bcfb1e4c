"""What any spool must do, and the books that look into it; run on the memory ones here, on PostgreSQL's beside the
integration tests."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from leadpact.contracts.topics import RAW
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.normaliser.books import Books
from leadpact.intake.normaliser.state import Changes, Ended
from leadpact.intake.normaliser.state import Spooled as Found
from leadpact.intake.spool.spool import CLAIMED, Spool, Spooled
from leadpact.kit.ids import derive
from leadpact.kit.rows import Stream

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A, B, C = (derive("spooled", name) for name in "abc")
NOTHING = frozenset[str]()


def row(delivery: str, seconds: int = 0, partition: int = 0) -> Spooled:
    """A delivery received so many seconds after noon."""
    return Spooled(delivery, Stream(RAW.name, partition), NOON + timedelta(seconds=seconds), delivery.encode())


class SpoolSuite:
    """`spool` is empty; `turn` opens the books beside it."""

    spool: Spool

    def turn(self) -> AbstractAsyncContextManager[Books]:
        raise NotImplementedError

    async def test_what_is_put_is_claimed_in_its_order_by_one_at_a_time(self) -> None:
        rows = [row(A, 2, 1), row(B, 0, 2), row(C, 1, 1)]
        for each in rows:
            await self.spool.put(each)
        await self.spool.put(rows[0])
        assert await self.spool.claim(2, NOON) == rows[:2]
        assert await self.spool.claim(5, NOON + CLAIMED) == rows[2:]
        assert await self.spool.claim(5, NOON + CLAIMED) == []

    async def test_what_a_relay_claimed_and_did_not_publish_is_claimed_again(self) -> None:
        await self.spool.put(row(A))
        assert await self.spool.claim(1, NOON) == [row(A)]
        later = NOON + CLAIMED + timedelta(seconds=1)
        assert await self.spool.claim(1, later) == [row(A)]

    async def test_a_claim_by_a_clock_that_was_ahead_holds_nobody_up(self) -> None:
        await self.spool.put(row(A))
        assert await self.spool.claim(1, NOON + timedelta(minutes=10)) == [row(A)]
        assert await self.spool.claim(1, NOON) == [row(A)]
        assert await self.spool.claim(1, NOON - timedelta(seconds=1)) == []

    async def test_what_is_published_waits_for_the_normaliser_alone(self) -> None:
        await self.spool.put(row(A, partition=3))
        assert await self.spool.holds(Stream(RAW.name, 3)) and not await self.spool.holds(Stream(RAW.name, 4))
        await self.spool.claim(1, NOON)
        await self.spool.published([A])
        assert await self.spool.claim(1, NOON + timedelta(days=1)) == []
        assert not await self.spool.holds(Stream(RAW.name, 3))
        assert await self.spool.waiting() == 1
        async with self.turn() as books:
            assert await books.spooled(NOTHING) == Found(NOON)

    async def test_the_books_know_what_waits_and_what_came_before(self) -> None:
        for each in (row(A, 5), row(B, 3), row(C, 9)):
            await self.spool.put(each)
        async with self.turn() as books:
            assert await books.spooled(frozenset({B, derive("another")})) == Found(
                NOON + timedelta(seconds=5), frozenset({B})
            )
            await books.write(Changes(unspooled=frozenset({B})), NOON)
        async with self.turn() as books:
            found = Found(NOON + timedelta(seconds=5), frozenset({B}), frozenset({B}))
            assert await books.spooled(frozenset({B})) == found
        assert await self.spool.waiting() == 2
        assert [each.delivery for each in await self.spool.claim(5, NOON)] == [A, C]

    async def test_a_delivery_that_ended_before_it_was_spooled_is_known_by_its_outcome(self) -> None:
        async with self.turn() as books:
            await books.write(Changes(ended=[Ended(A, 0, Outcome.NORMALISED)]), NOON)
        await self.spool.put(row(A))
        async with self.turn() as books:
            assert await books.spooled(frozenset({A})) == Found(None, frozenset({A}), frozenset({A}))

    async def test_an_empty_spool_holds_nothing_back(self) -> None:
        async with self.turn() as books:
            assert await books.spooled(frozenset({A})) == Found()
        assert await self.spool.waiting() == 0
