"""Two weeks come in while a seed kills, stalls and cuts off whatever runs; afterwards `leadpact verify` is clean."""

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from functools import cache

import msgspec
import pytest

from leadpact.intake.normaliser.memory import MemoryBooks
from leadpact.kit.failpoints import Point
from leadpact.kit.rows import Lease
from leadpact.testkit.memory import MemoryStore
from leadpact.testkit.memory.turn import MemoryTurn
from leadpact.verify.findings import Check, Findings
from tests.chaos.kit.mutations import Break, position_before_state, timer_without_mark
from tests.chaos.service.plain import without_chance
from tests.chaos.service.week import ENDS, WHO, Weeks, weeks
from tests.chaos.whole.installation import PLACES, Installation
from tests.chaos.whole.simulated import SimulatedClock, SimulatedLoop
from tests.tour.world import when
from tests.unit.verify.recorded import left_by

SEEDS = (1, 2, 3)
SPEED = 7_200.0  # two hours in a second: leases run out in six, and time passes over all that waits
HAPPENS = {
    *("killed", "stalled", "restarted", "a server was down", "lost on its way", "delivered twice"),
    *("fenced", "duplicate", "retried"),
    *(f"{what} {point}" for what in ("died", "stalled") for point in (*PLACES, Point.HAND_OVER)),
}


def fence_off(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks may write, whoever has the slot."""
    whole = MemoryStore.turn

    def anybodys(store: MemoryStore, lease: Lease) -> AbstractAsyncContextManager[MemoryTurn]:
        now = store.rows.slots[lease.slot].lease
        return whole(store, msgspec.structs.replace(lease, epoch=now.epoch, turn=now.turn))

    patch.setattr(MemoryStore, "turn", anybodys)


def test_whatever_a_seed_breaks_nothing_is_wrong_afterwards() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        installation = played(seed)
        found = verified(installation)
        assert found.violations == []
        assert (found.figures["leads"], found.figures["engagements"]) == (len(WHO), len(WHO)), "all of it was looked at"
        seen += installation.seen
    assert {what for what in HAPPENS if not seen[what]} == set()


def test_one_seed_is_one_run() -> None:
    first, again = played(1), played(1)
    assert first.log.records == again.log.records, "with all that stands there twice"
    assert first.seen == again.seen


@pytest.mark.parametrize(
    ("planted", "seen_by"),
    [
        (position_before_state, Check.STATE),
        (timer_without_mark, Check.POSITIONS),
        (fence_off, Check.EVENTS),
    ],
)
def test_what_is_broken_is_seen(planted: Break, seen_by: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch)
    assert seen_by in {violation.check for violation in verified(played(2)).violations}


@cache
def fortnight() -> Weeks:
    """What comes in."""
    with pytest.MonkeyPatch.context() as patch:
        without_chance(patch)
        return asyncio.run(weeks())


def played(seed: int) -> Installation:
    """What the seed makes of it."""
    world, came = fortnight().world, fortnight().came

    async def play() -> Installation:
        clock = SimulatedClock(came[0].at, SPEED)
        installation = Installation(seed, clock, MemoryBooks(dict(world.books.registered)), world._safe)
        await installation.play(came, when(ENDS))
        return installation

    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        without_chance(patch)
        return runner.run(play())


def verified(installation: Installation) -> Findings:
    """What `leadpact verify` says of what it has left."""
    database = installation.database
    return left_by(installation.log, database.rows, database.books, database.models).verified()
