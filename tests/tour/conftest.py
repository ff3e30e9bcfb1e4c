"""The world of the tour as it stands when each story begins."""

import pytest

from tests.tour.world import World


@pytest.fixture
async def world() -> World:
    """A fresh world on a Monday morning."""
    return await World().begins()
