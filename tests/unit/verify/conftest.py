"""The week of the tour, played once; each test plants its fault in a copy."""

import pytest

from tests.unit.verify.recorded import Recorded, recorded


@pytest.fixture(scope="session")
def healthy() -> Recorded:
    """As it was."""
    return recorded()


@pytest.fixture
def week(healthy: Recorded) -> Recorded:
    """A copy to plant a fault in."""
    return healthy.copy()
