"""What any books must do; run on the memory ones here, on PostgreSQL's beside the integration tests."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain.draft import Outcome, Refusal
from leadpact.intake.domain.entry import Entry
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.normaliser.books import Books
from leadpact.intake.normaliser.listening import Heard, Listening, Pact
from leadpact.intake.normaliser.state import (
    SHARED,
    Asked,
    Behind,
    Changes,
    Drop,
    Ended,
    Held,
    LaneRow,
    Person,
    Staged,
    Waiting,
)
from leadpact.kit.errors import Unstorable
from leadpact.kit.ids import derive

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()
ANN, BOB = derive("ann"), derive("bob")
EMAIL, PHONE, COOKIE = "0e" * 16, "0f" * 16, "0c" * 16
ACTOR = Actor("key", ActorKind.AUTOMATION)


def entry(number: int, received: datetime = NOON) -> Entry:
    """An entry that says nothing."""
    id_ = derive("entry", number)
    return Entry(
        id=id_, delivery=derive("d"), index=number, source="api", received_at=received, claim=None, actor=ACTOR
    )


def held(number: int) -> Held:
    """An item in quarantine."""
    delivery = Delivery(id=derive("d"), door="leads", source="api", received_at=NOON, key="k", actor=ACTOR, body=b"x")
    return Held(derive("held", number), delivery, number, "no reason", "/email")


class BooksSuite:
    """`turn` opens the same books again and again; what one turn wrote the next one reads."""

    def turn(self) -> AbstractAsyncContextManager[Books]:
        raise NotImplementedError

    async def pass_(self, span: timedelta) -> None:
        """Let the world's time pass."""
        raise NotImplementedError

    async def test_r30_it_is_known_how_long_time_has_stood(self) -> None:
        async def stood() -> timedelta:
            async with self.turn() as books:
                return (await books.known(Asked())).stood

        await self.pass_(timedelta(minutes=30))
        assert await stood() == timedelta(), "it has never moved"
        async with self.turn() as books:
            await books.write(Changes(moved=True, control=7), NOON)
        assert await stood() < timedelta(minutes=1)
        await self.pass_(timedelta(days=2, minutes=30))
        async with self.turn() as books:
            await books.write(Changes(control=8), NOON)
        assert timedelta(days=2, minutes=30) <= await stood() < timedelta(days=2, minutes=31)
        async with self.turn() as books:
            await books.write(Changes(moved=True), NOON)
            assert (await books.known(Asked())).control == 8
        assert await stood() < timedelta(minutes=1)

    async def test_r30_what_is_listened_to_is_kept_with_the_instants_to_the_microsecond(self) -> None:
        spoke = NOON + timedelta(microseconds=1)
        listening = Listening(
            {"pact": Pact(2, {"dialer": 600})}, {"dialer": Heard(spoke), "crm ü\\": Heard(NOON, spoke)}
        )
        async with self.turn() as books:
            assert (await books.known(Asked())).listening == Listening()
            await books.write(Changes(listening=listening), NOON)
        async with self.turn() as books:
            await books.write(Changes(control=7, moved=True), NOON)
        async with self.turn() as books:
            assert (await books.known(Asked())).listening == listening

    async def test_r7_delivery_keys_are_known_until_their_day_and_some_for_ever(self) -> None:
        async with self.turn() as books:
            await books.write(Changes(seen={EMAIL: TODAY + timedelta(days=45), PHONE: None}), NOON)
        asked = Asked(deliveries=frozenset({EMAIL, PHONE, COOKIE}))
        async with self.turn() as books:
            assert (await books.known(asked)).seen == {EMAIL, PHONE}
            await books.expire(TODAY + timedelta(days=45))
        async with self.turn() as books:
            assert (await books.known(asked)).seen == {EMAIL, PHONE}
            await books.expire(TODAY + timedelta(days=46))
        async with self.turn() as books:
            assert (await books.known(asked)).seen == {PHONE}

    async def test_r10_a_key_leads_to_its_person_and_a_shared_one_to_nobody(self) -> None:
        ann = Person(ANN, 3, capture=(NOON, derive("captured")), test=True)
        first = Changes(bindings={EMAIL: (KeyKind.EMAIL, ANN), COOKIE: (KeyKind.ANONYMOUS, ANN)}, people={ANN: ann})
        async with self.turn() as books:
            await books.write(first, NOON)
        asked = Asked(keys=frozenset({EMAIL, COOKIE, PHONE}))
        async with self.turn() as books:
            known = await books.known(asked)
            assert known.bindings == {EMAIL: ANN, COOKIE: ANN} and known.people == {ANN: ann}
            later = Changes(
                bindings={COOKIE: (KeyKind.ANONYMOUS, SHARED)}, people={ANN: Person(ANN, 4), BOB: Person(BOB)}
            )
            await books.write(later, NOON)
        async with self.turn() as books:
            known = await books.known(Asked(keys=asked.keys, leads=frozenset({BOB})))
            assert known.bindings == {EMAIL: ANN, COOKIE: SHARED}
            assert known.people == {ANN: Person(ANN, 4), BOB: Person(BOB)}

    async def test_r11_a_conflict_is_known_from_both_sides(self) -> None:
        pair = (min(ANN, BOB), max(ANN, BOB))
        async with self.turn() as books:
            await books.write(Changes(conflicts={pair}, people={ANN: Person(ANN), BOB: Person(BOB)}), NOON)
        for lead in pair:
            async with self.turn() as books:
                assert (await books.known(Asked(leads=frozenset({lead})))).conflicts == {pair}

    async def test_r10_behaviour_waits_until_it_is_joined_or_90_days_have_passed(self) -> None:
        waits = [Waiting(COOKIE, entry(n), history=n == 0) for n in range(3)] + [Waiting(PHONE, entry(9))]
        asked = Asked(visitors=frozenset({COOKIE, PHONE}))
        async with self.turn() as books:
            await books.write(Changes(waits=waits), NOON)
        async with self.turn() as books:
            known = await books.known(asked)
            assert {wait.entry.index for wait in known.waiting[COOKIE]} == {0, 1, 2}
            assert [wait.history for wait in known.waiting[COOKIE] if wait.entry.index == 0] == [True]
            assert not any(wait.history for wait in known.waiting[PHONE])
            await books.write(Changes(joined=list(known.waiting[COOKIE][:2])), NOON)
        async with self.turn() as books:
            (left,) = (await books.known(asked)).waiting[COOKIE]
            await books.write(Changes(joined=[left]), NOON)
            await books.expire(TODAY + timedelta(days=90))
        async with self.turn() as books:
            known = await books.known(asked)
            assert not known.waiting.get(COOKIE) and len(known.waiting[PHONE]) == 1
            await books.expire(TODAY + timedelta(days=91))
        async with self.turn() as books:
            assert not (await books.known(asked)).waiting.get(PHONE)

    async def test_r43_who_waits_behind_a_lane_is_known_until_they_followed(self) -> None:
        behind = [Behind(COOKIE, ANN), Behind(PHONE, BOB)]
        async with self.turn() as books:
            assert await books.behind(9) == []
            await books.write(Changes(behind=[*behind, Behind(EMAIL, ANN)]), NOON)
        async with self.turn() as books:
            assert await books.behind(2) == [behind[0], Behind(EMAIL, ANN)]
            await books.write(Changes(followed=[COOKIE, EMAIL]), NOON)
        async with self.turn() as books:
            assert await books.behind(9) == [behind[1]]

    async def test_r8_an_item_waits_in_quarantine_until_it_is_re_driven(self) -> None:
        items = [held(1), held(2)]
        asked = Asked(redrives=frozenset(item.id for item in items) | {derive("nobody")})
        async with self.turn() as books:
            ended = Ended(items[0].delivery.id, 0, Outcome.QUARANTINED, "no reason", "/email")
            await books.write(Changes(held=items, ended=[ended]), NOON)
        async with self.turn() as books:
            assert (await books.known(asked)).quarantined == {item.id for item in items}
            again = {items[1].id: Refusal(Outcome.QUARANTINED, "still not", "")}
            await books.write(Changes(settled={items[0].id: None}, refused_again=again), NOON)
        async with self.turn() as books:
            assert (await books.known(asked)).quarantined == {items[1].id}
            await books.write(Changes(settled={items[1].id: Drop("ann", "a test")}), NOON)
        async with self.turn() as books:
            assert (await books.known(asked)).quarantined == frozenset()

    async def test_r43_a_lane_is_read_in_order_of_time_then_id_and_emptied_when_it_closes(self) -> None:
        ids = sorted(derive("staged", n) for n in range(4))
        times = [NOON, NOON - timedelta(hours=1), NOON, NOON - timedelta(hours=2)]
        rows = [Staged("h", at, id_, TODAY, b"x") for at, id_ in zip(times, ids, strict=True)]
        lane = LaneRow("h", "releasing", staged=4)
        async with self.turn() as books:
            assert await books.releasing() is None
            await books.write(
                Changes(staged=rows, lanes={"h": lane}, tallies={"h": Counter({Outcome.NORMALISED: 4})}), NOON
            )
        async with self.turn() as books:
            assert await books.releasing() == lane
            assert (await books.known(Asked(lanes=frozenset({"h", "g"})))).lanes == {"h": lane}
            found = await books.staged(lane, 3)
            assert [row.id for row in found] == [ids[3], ids[1], ids[0]] and found[0] == rows[3]
            moved = LaneRow("h", "releasing", 4, 3, (found[-1].occurred_at, found[-1].id))
            assert [row.id for row in await books.staged(moved, 3)] == [ids[2]]
            await books.write(Changes(lanes={"h": moved}), NOON)
        async with self.turn() as books:
            assert await books.releasing() == moved
            await books.write(Changes(lanes={"h": LaneRow("h", "joining", 4, 4)}), NOON)
        async with self.turn() as books:
            assert await books.releasing() == LaneRow("h", "joining", 4, 4)
            await books.write(Changes(lanes={"h": LaneRow("h", "closed", 4, 4)}), NOON)
        async with self.turn() as books:
            assert await books.releasing() is None and await books.staged(lane, 9) == []

    async def test_r8_what_cannot_be_kept_is_refused_by_every_book(self) -> None:
        ended = Ended(derive("d"), 0, Outcome.QUARANTINED, "a \0 in a reason")
        long = "".join(derive(number) for number in range(1_000))  # nothing that could be compressed
        for changes, error in (
            (Changes(people={ANN: Person(ANN, 2**64)}), OverflowError),
            (Changes(ended=[ended]), Unstorable),
            (Changes(lanes={long: LaneRow(long)}), Unstorable),
            (Changes(tallies={long: Counter({Outcome.REJECTED: 1})}), Unstorable),
        ):
            with pytest.raises(error):
                async with self.turn() as books:
                    await books.write(changes, NOON)

    async def test_r51_control_numbers_go_on_where_they_were(self) -> None:
        async with self.turn() as books:
            assert (await books.known(Asked())).control == 0
            await books.write(Changes(control=7), NOON)
        async with self.turn() as books:
            await books.write(Changes(), NOON)
            assert (await books.known(Asked())).control == 7

    async def test_the_source_api_is_there_from_the_start(self) -> None:
        async with self.turn() as books:
            source = (await books.sources())["api"]
        assert source.zone == "UTC" and "industry" in source.clear
