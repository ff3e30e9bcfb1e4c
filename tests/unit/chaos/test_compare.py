"""Rules 7 and 8: what was accepted ended somewhere, and was taken up once, however often it was sent."""

import pytest

from leadpact.chaos.compare import differences
from leadpact.chaos.load import Ledger


def ledger(*given: str, without_answer: int = 0) -> Ledger:
    made = Ledger()
    made.accepted["d1"] += given
    made.without_answer["d1"] = without_answer
    return made


@pytest.mark.parametrize(
    ("made", "became"),
    [
        (ledger("a"), {"a": "normalised"}),
        (ledger("a"), {"a": "quarantined"}),
        (ledger("a", "b"), {"a": "duplicate", "b": "normalised"}),
        (ledger("a", without_answer=1), {"a": "duplicate"}),
    ],
)
def test_r7_what_was_taken_up_once_is_right(made: Ledger, became: dict[str, str]) -> None:
    assert differences(made, became) == []


@pytest.mark.parametrize(
    ("made", "became"),
    [
        (ledger("a"), {}),
        (ledger("a"), {"a": "duplicate"}),
        (ledger("a", "b"), {"a": "normalised", "b": "normalised"}),
        (ledger("a", without_answer=1), {}),
        (ledger("a", "b"), {"a": "normalised"}),
        (ledger("a"), {"a": "rejected"}),
    ],
)
def test_r8_what_was_lost_or_doubled_is_named(made: Ledger, became: dict[str, str]) -> None:
    (found,) = differences(made, became)
    assert found.startswith("d1: ")
