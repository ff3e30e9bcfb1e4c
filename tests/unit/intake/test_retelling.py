"""Point 12: topic `leads` says all that identity learned, in whatever order its partitions are read."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.intake.domain.entry import Source
from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.intake.normaliser.retelling import about, retold
from tests.unit.intake.desk import NOON, Desk

WHO = st.fixed_dictionaries(
    {},
    optional={
        "contact_id": st.sampled_from("12"),
        "email": st.sampled_from(["a@x.example", "b@x.example", "sales@x.example"]),
        "phone": st.sampled_from(["+14155550101", "+14155550102"]),
        "anonymous_id": st.sampled_from("vw"),
    },
).filter(bool)
LEAD = st.tuples(
    st.just("leads"), WHO.filter(lambda who: set(who) != {"anonymous_id"}), st.booleans(), st.integers(1, 28)
)
LOOK = st.tuples(st.just("activities"), WHO, st.just(value=False), st.integers(1, 28))


async def again(desk: Desk, dice: Random) -> tuple[MemoryBooks, set[str]]:
    """Books told by `leads` alone, piece by piece of any partition; and whose facts do not say what was learned."""
    books, older = MemoryBooks(), set[str]()
    left = {number: list(facts) for number, facts in desk.partitions.items()}
    while left:
        number = dice.choice(sorted(left))
        many = dice.randint(1, 3)
        facts, left[number] = left[number][:many], left[number][many:]
        told = retold(facts, await books.known(about(facts)))
        await books.write(told.changes, NOON)
        older |= told.older
        if not left[number]:
            del left[number]
    return books, older


def knows(books: MemoryBooks) -> tuple[Any, ...]:
    return books.bindings, books.people, books.conflicts, books.control


@given(st.lists(st.one_of(LEAD, LOOK), min_size=1, max_size=8), st.integers(0, 100))
@settings(max_examples=60)
async def test_point12_leads_say_all_that_identity_learned(items: list[Any], seed: int) -> None:
    desk = Desk()
    for door, who, test, day in items:
        told = {"type": "behaviour", "kind": "page", "subject": "/a"} if door == "activities" else {"test": test}
        await desk.deliver(door, who | told | {"occurred_at": f"2026-02-{day:02}T12:00:00Z"})
    books, older = await again(desk, Random(seed))
    assert knows(books) == knows(desk.books) and not older


async def test_point12_what_a_lane_brought_and_what_is_said_of_all_is_told_too() -> None:
    desk = Desk(Source("crm"))
    long_ago = {"occurred_at": "2025-03-02T12:00:00Z"}
    await desk.deliver(
        "leads", {"contact_id": "1", "email": "a@x.example", "anonymous_id": "v"} | long_ago, lane="2025"
    )
    await desk.deliver("commands", {"command": "backfill.close", "lane": "2025"})
    await desk.deliver("leads", {"email": "a@x.example", "anonymous_id": "w", "form": "demo"}, source="crm")
    books, _ = await again(desk, Random(1))
    assert desk.books.control == 2 and len(desk.books.bindings) == 4
    assert knows(books) == knows(desk.books)


async def test_point12_a_lead_with_facts_from_before_keys_rode_along_is_named() -> None:
    desk = Desk()
    await desk.deliver("leads", [{"email": "a@x.example"}, {"email": "b@x.example"}])
    first, second = (envelope for envelope in desk.out if envelope.lead)
    as_before = [msgspec.structs.replace(first, keys=msgspec.UNSET), second]
    desk.partitions = {number: [each] for number, each in enumerate(as_before)}
    books, older = await again(desk, Random(1))
    assert older == {first.lead} and set(books.bindings.values()) == {second.lead}
