"""The world of the tour as it stands when each story begins, and what must hold when it ends."""

from collections.abc import AsyncIterator

import pytest

from tests.tour.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A fresh world on a Monday morning; nothing may have been set aside in it."""
    made = await World().begins()
    yield made
    assert made.troubles() == []
