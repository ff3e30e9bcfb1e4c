"""Points 1, 3 and 4 in whatever order: crashes, zombies, lost acknowledgements and hand-overs change nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from leadpact.kit.failpoints import Point
from leadpact.kit.migrate import migrate
from leadpact.kit.pg import connect
from tests.chaos.kit.flaky import Answer
from tests.chaos.kit.machine import Owners
from tests.chaos.kit.mutations import Break, fence_off, lease_without_epoch, position_before_state

PLAYED = settings(
    max_examples=25,
    stateful_step_count=30,
    phases=[Phase.generate],  # the others cost minutes here, and the same commit plays the same steps again
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
HAPPENS = {
    *("taken over", "fenced", "fenced while another worked", "hands over", "dies", "says that it lives"),
    *("published twice", *Answer, *Point),
} - {Point.HAND_OVER, Point.BEFORE_UNSPOOLING, Point.AFTER_UNSPOOLING}
Play = Callable[[], Counter[str]]


@pytest.fixture
def play(database: str) -> Iterator[Play]:
    """Let hypothesis play the machine; how often what happened."""
    with asyncio.Runner() as runner:
        runner.run(migrate(database, "leadpact.kit.migrations"))
        pool = runner.run(connect(database))

        def played() -> Counter[str]:
            seen: Counter[str] = Counter()
            run_state_machine_as_test(cast("type[Owners]", partial(Owners, pool, runner, seen)), settings=PLAYED)
            return seen

        yield played
        pool.terminate()


def test_point1_three_owners_of_one_slot_make_of_it_what_one_would(play: Play) -> None:
    seen = play()
    assert min(seen[each] for each in HAPPENS) > 0, seen


@pytest.mark.parametrize("planted", [fence_off, position_before_state, lease_without_epoch])
def test_point1_a_kit_that_is_broken_is_seen(planted: Break, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch)
    with pytest.raises(AssertionError):
        play()
