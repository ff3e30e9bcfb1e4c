"""The world of the tour as it stands when each story begins: one agreement in force, two reps, Monday morning."""

import pytest

from tests.tour.people import ANN, BOB, OPERATIONS
from tests.tour.world import World, sample


@pytest.fixture
async def world() -> World:
    """A fresh world: the sample agreement is in force, Ann and Bob are on the roster of the team it routes to."""
    made = World()
    await made.agree(sample())
    reps = [
        {"id": ANN, "name": "Ann Lee", "mail": "ann@us.example"},
        {"id": BOB, "name": "Bob Moreau", "mail": "bob@us.example"},
    ]
    answer = await made.commands(
        "Mon 09:00", OPERATIONS, command="roster", team="inbound", reps=reps, reason="our team"
    )
    assert answer.status_code == 202
    return made
