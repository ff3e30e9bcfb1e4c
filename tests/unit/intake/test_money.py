"""Money as senders say it: whole minor units of one currency; anything else becomes no fact."""

from typing import Any

import pytest

from leadpact.contracts.events.lead import Dealt, Money
from leadpact.intake.domain.draft import Outcome
from tests.unit.intake.desk import Desk

DEAL = {"type": "deal", "email": "ann@acme.example", "opportunity": "O-1", "status": "won"}


async def test_r46_an_amount_keeps_its_minor_units_and_its_currency() -> None:
    desk = Desk()
    for number, amount in enumerate(({"minor": 123_456, "currency": "EUR"}, {"minor": 500, "currency": "JPY"})):
        assert desk.outcomes(await desk.deliver("activities", DEAL | {"id": str(number), "amount": amount})) == [
            Outcome.NORMALISED
        ]
    assert [deal.amount for deal in desk.facts(Dealt)] == [Money(123_456, "EUR"), Money(500, "JPY")]


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [
        ({"minor": 1234.56, "currency": "EUR"}, Outcome.REJECTED),
        ({"minor": "123456", "currency": "EUR"}, Outcome.REJECTED),
        ({"minor": 123_456}, Outcome.REJECTED),
        ({"minor": 123_456, "currency": "eur"}, Outcome.QUARANTINED),
        ({"minor": 123_456, "currency": "€"}, Outcome.QUARANTINED),
        ({"minor": 2**53 + 1, "currency": "EUR"}, Outcome.QUARANTINED),
    ],
    ids=str,
)
async def test_r46_what_is_no_whole_amount_of_one_currency_becomes_no_fact(
    amount: dict[str, Any], outcome: Outcome
) -> None:
    desk = Desk()
    assert desk.outcomes(await desk.deliver("activities", DEAL | {"amount": amount})) == [outcome]
    assert desk.facts(Dealt) == []
