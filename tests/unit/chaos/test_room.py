"""Disks are as large as a run needs, and there are none where memory has no room for what it writes."""

import pytest

from leadpact.chaos.errors import NoDisk
from leadpact.chaos.room import room

SMALL, USUAL = 4_000, 23_000
NIGHT = 8 * 3_600


@pytest.mark.parametrize(
    ("deliveries", "brokers", "free"),
    [
        pytest.param(60 * 20, 3, SMALL, id="CI"),
        pytest.param(80 * 500, 3, USUAL, id="make chaos"),
    ],
)
def test_short_runs_have_the_least(deliveries: int, brokers: int, free: int) -> None:
    assert room(deliveries, brokers, free) == 3_000


def test_a_night_has_disks_at_a_rate_whose_data_fit_into_half_the_memory() -> None:
    assert room(NIGHT * 20, 1, USUAL) > 2 * 20 * NIGHT * 0.01
    with pytest.raises(NoDisk, match=r"writes some 204\.1 GB, more than half of the 23\.0 GB of memory"):
        room(NIGHT * 500, 1, USUAL)


def test_every_broker_of_a_cluster_takes_its_own() -> None:
    room(NIGHT * 20, 1, USUAL)
    with pytest.raises(NoDisk):
        room(NIGHT * 20, 3, USUAL)
