"""What a vault must do; subclass it with fixtures `safe`, `elsewhere`, `minute`, `readings` and `away`.

`elsewhere` is another process's view of the same vault, `minute` lets a minute pass, `readings` tells who opened whose
data and what for, `away` takes away what the vault stands on.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from leadpact.kit.errors import Unavailable, VaultError
from leadpact.kit.vault import Safe

ANN = {"email": "ann@example.com", "name": "Ann Ünal"}
BOB = {"email": "bob@example.com"}
DAY = date(2024, 3, 4)
NEXT = DAY + timedelta(days=1)
Reading = tuple[str, str, str]
Minute = Callable[[], None]
Readings = Callable[[], Awaitable[list[Reading]]]
Away = Callable[[], Awaitable[None]]


async def opened(safe: Safe, *sealed: tuple[str, str]) -> list[dict[str, str] | None]:
    """What Kim sees."""
    return await safe.open(sealed, reader="kim", purpose="test")


class People:
    """Contact data, sealed per person."""

    async def test_r13_what_was_sealed_opens_everywhere_in_the_order_asked_for(
        self, safe: Safe, elsewhere: Safe
    ) -> None:
        ann, bob, nothing = await safe.seal([("ann", ANN), ("bob", BOB), ("cy", {})])
        assert nothing == ""
        assert await opened(elsewhere, ("bob", bob), ("ann", ann), ("cy", nothing)) == [BOB, ANN, {}]
        assert await safe.seal([]) == []
        assert await opened(safe) == []

    async def test_r13_sealed_text_shows_nothing_and_never_repeats(self, safe: Safe) -> None:
        once, again = await safe.seal([("ann", ANN), ("ann", ANN)])
        assert once != again
        assert "ann" not in once
        assert await opened(safe, ("ann", once), ("ann", again)) == [ANN, ANN]

    async def test_r13_a_forgotten_person_is_unreadable_everywhere_within_a_minute(
        self, safe: Safe, elsewhere: Safe, minute: Minute
    ) -> None:
        ann, bob = await safe.seal([("ann", ANN), ("bob", BOB)])
        assert await opened(elsewhere, ("ann", ann)) == [ANN]
        await safe.forget("ann")
        assert await opened(safe, ("ann", ann), ("bob", bob), ("ann", "")) == [None, BOB, {}]
        minute()
        assert await opened(elsewhere, ("ann", ann), ("bob", bob)) == [None, BOB]

    async def test_r13_nothing_is_kept_of_a_person_after_they_were_forgotten(
        self, safe: Safe, elsewhere: Safe, minute: Minute
    ) -> None:
        await elsewhere.seal([("ann", ANN)])
        await safe.forget("ann")
        await safe.forget("never seen")
        minute()
        people = [("ann", ANN), ("never seen", ANN), ("bob", BOB)]
        for each in (safe, elsewhere):
            *forgotten, bob = await each.seal(people)
            assert forgotten == ["", ""]
            assert await opened(safe, ("bob", bob)) == [BOB]

    async def test_r13_a_person_nobody_sealed_for_is_told_like_a_forgotten_one(self, safe: Safe) -> None:
        assert await opened(safe, ("ann", "text of another vault")) == [None]

    async def test_a_text_moved_to_another_person_does_not_open(self, safe: Safe) -> None:
        ann, _ = await safe.seal([("ann", ANN), ("bob", BOB)])
        with pytest.raises(VaultError):
            await opened(safe, ("bob", ann))

    @pytest.mark.parametrize("text", ["!", "AAAA", "Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2Vk"])
    async def test_a_forged_text_does_not_open(self, safe: Safe, text: str) -> None:
        await safe.seal([("ann", ANN)])
        with pytest.raises(VaultError):
            await opened(safe, ("ann", text))

    async def test_every_reading_is_written_down_also_the_second_and_one_that_shows_nothing(
        self, safe: Safe, readings: Readings
    ) -> None:
        ann, bob = await safe.seal([("ann", ANN), ("bob", BOB)])
        await safe.forget("bob")
        await safe.open([("ann", ann)], reader="kim", purpose="lead page")
        await safe.open([("bob", bob), ("ann", ann), ("ann", ann), ("cy", "")], reader="lee", purpose="mail")
        assert sorted(await readings()) == [
            ("kim", "lead page", "ann"),
            ("lee", "mail", "ann"),
            ("lee", "mail", "bob"),
        ]


class Days:
    """Raw deliveries, sealed per day."""

    async def test_r13_raw_deliveries_are_readable_until_their_day_is_forgotten(
        self, safe: Safe, elsewhere: Safe, minute: Minute
    ) -> None:
        old, new = await safe.seal_raw(DAY, b"\x00old"), await safe.seal_raw(NEXT, b"")
        assert await elsewhere.open_raw(DAY, old) == b"\x00old"
        await safe.forget_raw(DAY)
        assert await safe.open_raw(DAY, old) == b"\x00old", "that day itself is not before it"
        await safe.forget_raw(NEXT)
        assert await safe.open_raw(DAY, old) is None
        minute()
        assert await elsewhere.open_raw(DAY, old) is None
        assert await elsewhere.open_raw(NEXT, new) == b""

    async def test_r13_nothing_is_sealed_for_a_day_that_was_forgotten(self, safe: Safe) -> None:
        await safe.seal_raw(DAY, b"x")
        await safe.forget_raw(DAY + timedelta(days=30))
        with pytest.raises(VaultError, match="2024-03-04"):
            await safe.seal_raw(DAY, b"y")

    async def test_bytes_of_another_day_or_of_nobody_do_not_open(self, safe: Safe) -> None:
        old = await safe.seal_raw(DAY, b"old")
        assert await safe.open_raw(NEXT, old) is None, "nothing was sealed on that day"
        await safe.seal_raw(NEXT, b"new")
        for wrong in (old, b"", b"\xff" * 40):
            with pytest.raises(VaultError):
                await safe.open_raw(NEXT, wrong)

    async def test_r13_days_and_people_are_kept_apart(self, safe: Safe) -> None:
        named = DAY.isoformat()
        (text,) = await safe.seal([(named, ANN)])
        raw = await safe.seal_raw(DAY, b"raw")
        await safe.forget_raw(NEXT)
        assert await opened(safe, (named, text)) == [ANN]
        assert await safe.open_raw(DAY, raw) is None


class SafeConformance(People, Days):
    """Rule 13, and that a vault which is away says so."""

    async def test_a_vault_that_is_away_is_told_as_such(self, safe: Safe, away: Away) -> None:
        (ann,) = await safe.seal([("ann", ANN)])
        await away()
        for asked in (
            safe.seal([("bob", BOB)]),
            opened(safe, ("ann", ann)),
            safe.forget("ann"),
            safe.seal_raw(DAY, b"x"),
            safe.open_raw(DAY, b"x"),
            safe.forget_raw(DAY),
        ):
            with pytest.raises(Unavailable):
                await asked
