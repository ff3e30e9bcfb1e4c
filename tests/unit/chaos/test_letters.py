"""What chaos sends: of every kind of poison one, the same for a seed, and each to be what intake makes of it."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from random import Random

import pytest

from leadpact.chaos.letters import HOOK, LEADS, SOURCE, End, Letter, Maker, Told, letters
from leadpact.chaos.poison import POISON
from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.delivery import Delivery
from leadpact.intake.domain import read
from leadpact.intake.domain.draft import Refusal, body_key
from leadpact.intake.domain.entry import Source
from leadpact.intake.door import proof
from leadpact.intake.door.http import MOST_BYTES
from leadpact.intake.errors import Misshapen, Unproven, Unreadable
from leadpact.kit.access import Scope
from leadpact.kit.errors import Unauthenticated
from leadpact.testkit.memory import MemoryAuthority

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENDER = Actor("x", ActorKind.AUTOMATION)
DOORS = {LEADS: "leads", "/v1/activities": "activities", HOOK: "typeform"}


def sent(seed: int, number: int) -> list[Letter]:
    return list(islice(letters(Random(seed), 50, lambda: AT, POISON, every=10), number))


async def intake(letter: Letter) -> tuple[int, End]:
    """What the door answers and the log says, to a sender who has the run's key unless the letter has another."""
    status = 200 if letter.path == HOOK else 202
    authority = MemoryAuthority()
    authority.issue("ours", SENDER, scopes=[Scope.INGEST])
    try:
        if letter.path != HOOK:
            await authority.authenticate(letter.headers.get("Authorization", "Bearer ours"))
    except Unauthenticated:
        return 401, End.UNKEPT
    if len(letter.body) > MOST_BYTES:
        return 413, End.UNKEPT
    door = DOORS[letter.path]
    key = body_key(letter.body)
    delivery = Delivery(
        id="00000000-0000-7000-8000-000000000001",
        door=door,
        source="chaos",
        received_at=AT,
        key=key,
        actor=SENDER,
        body=b"",
    )
    source = Source("chaos")
    try:
        if door == "typeform":
            proof.typeform(SOURCE["secrets"], letter.headers["Typeform-Signature"], letter.body)
        (draft,) = read.drafts(delivery, source, letter.body)
    except Unproven:
        return 401, End.UNKEPT
    except Unreadable as error:
        return 422 if isinstance(error, Misshapen) else 400, End.REJECTED
    ((_, meant),) = read.understood(delivery, source, lambda kind, value: f"{kind} {value}", [draft])
    if isinstance(draft.said, Refusal) and door != "typeform":
        return 422, End.REJECTED
    return status, End(meant.outcome) if isinstance(meant, Refusal) else End.NORMALISED


def test_the_same_seed_sends_the_same() -> None:
    assert sent(7, 500) == sent(7, 500)
    assert sent(7, 500) != sent(8, 500)


def test_each_kind_of_poison_comes_once_before_any_comes_twice() -> None:
    chosen: Counter[str] = Counter()

    def counted(name: str) -> Maker:
        def made(told: Told) -> Letter:
            chosen[name] += 1
            return POISON[name](told)

        return made

    kinds = {name: counted(name) for name in POISON}
    list(islice(letters(Random(7), 50, lambda: AT, kinds, every=10), 10 * len(POISON)))
    assert chosen == dict.fromkeys(POISON, 1)


def test_r7_a_letter_is_known_by_the_hash_of_its_bytes() -> None:
    found = sent(7, 300)
    assert all(letter.key == body_key(letter.body) for letter in found)
    assert len({letter.key for letter in found}) == len(found)


@pytest.mark.parametrize("name", POISON)
async def test_r8_poison_is_answered_and_ends_as_it_says(name: str) -> None:
    letter = POISON[name](Told(1, 2, AT))
    assert await intake(letter) == (letter.status, letter.end)


async def test_r8_what_is_of_use_becomes_a_fact() -> None:
    usable = [letter for letter in sent(7, 300) if letter.end is End.NORMALISED]
    assert {letter.path for letter in usable} == set(DOORS)
    for letter in usable:
        assert await intake(letter) == (letter.status, End.NORMALISED)
