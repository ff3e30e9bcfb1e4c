"""Owners here live a step at a time: nobody else's time is there to pass in the same statement."""

import pytest

from leadpact.kit import passage


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lets time pass does not wait for others to join in."""
    monkeypatch.setattr(passage, "_GATHER", 0.0)
