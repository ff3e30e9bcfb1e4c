"""`eventually` waits as long as needed, no longer than allowed, and tells what it saw."""

from __future__ import annotations

import itertools

import pytest

from leadpact.testkit.eventually import eventually


async def test_returns_the_first_true_value() -> None:
    values = iter([None, 0, "ready"])
    assert await eventually(lambda: next(values), within=5) == "ready"


async def test_an_async_probe_is_awaited_and_its_assertions_mean_not_yet() -> None:
    counter = itertools.count()

    async def third() -> bool:
        assert next(counter) >= 2
        return True

    assert await eventually(third, within=5)


async def test_failure_tells_the_probe_and_the_last_value() -> None:
    def orders() -> list[str]:
        return []

    with pytest.raises(AssertionError, match=r"orders did not hold within 0\.05 s .* last value: \[\]"):
        await eventually(orders, within=0.05)


async def test_failure_tells_the_last_assertion() -> None:
    def wrong() -> bool:
        raise AssertionError("two of three")

    with pytest.raises(AssertionError, match="last assertion: two of three"):
        await eventually(wrong, within=0.05)


async def test_other_errors_pass_through_at_once() -> None:
    def broken() -> bool:
        raise KeyError("typo")

    with pytest.raises(KeyError):
        await eventually(broken, within=60)
