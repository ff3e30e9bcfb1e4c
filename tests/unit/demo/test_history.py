"""The made-up past: the same for the same seed, and in the shapes that intake takes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from leadpact.contracts.events.control import Rep
from leadpact.demo.crowd import REASONS
from leadpact.demo.history import Item, Simulator, numbered
from leadpact.demo.past import BATCH, batches
from leadpact.intake.domain.shapes import KINDS, Dispose
from leadpact.qualifier import starters

UNTIL = datetime(2026, 5, 5, 12, tzinfo=UTC)
REPS = (Rep("ann", "Ann Lee", 2), Rep("bob", "Bob Moreau"))


def past(seed: int = 7, days: int = 10, first: int = 0) -> list[Item]:
    simulator = Simulator(seed, ZoneInfo("America/New_York"), REPS, first)
    return numbered(list(simulator.days(UNTIL, days)), seed)


def test_the_same_seed_gives_the_same_items_and_another_one_others() -> None:
    assert past() == past()
    assert past() != past(seed=8)


def test_nothing_happens_later_than_the_past_ends() -> None:
    items = past()
    assert items
    assert all(item.at < UNTIL for item in items)
    assert [item.at for item in items] == sorted(item.at for item in items)


def test_every_item_has_an_id_of_its_own_and_says_when_it_occurred() -> None:
    items = past()
    assert len({item.body["id"] for item in items}) == len(items)
    assert all(datetime.fromisoformat(item.body["occurred_at"]) == item.at for item in items)


def test_people_of_two_worlds_share_neither_mail_nor_phone() -> None:
    def known_by(items: list[Item]) -> set[str]:
        return {str(item.body[key]) for item in items for key in ("email", "phone") if item.body.get(key)}

    assert not known_by(past()) & known_by(past(seed=8, first=50_000))


def test_every_item_has_a_shape_that_intake_takes() -> None:
    for item in past():
        kind = KINDS[item.path.rpartition("/")[2]]
        msgspec.convert(item.body, kind)


def test_reps_reject_for_reasons_of_the_agreement() -> None:
    sample = starters.text("sample").decode()
    assert all(f"id: {reason}," in sample for reason in REASONS)
    commands = [msgspec.convert(item.body, Dispose) for item in past() if item.path == "/v1/commands"]
    assert {command.verdict.value for command in commands} == {"accepted", "rejected", "recycled"}


def test_reps_come_to_an_end_with_nearly_everybody_whom_they_took_on() -> None:
    items = past(days=40)
    called = {item.body["email"] for item in items if item.body.get("type") == "touch"}
    ended = {item.body["email"] for item in items if item.path == "/v1/commands"}
    early = {item.body["email"] for item in items if item.path == "/v1/leads" and item.at < UNTIL - timedelta(days=15)}
    assert len(early & called) > 200
    assert early & called <= ended


@pytest.mark.parametrize("days", [1, 30])
def test_batches_hold_every_item_once_and_no_more_than_a_delivery_may(days: int) -> None:
    items = past(days=days)
    found = list(batches(items))
    assert all(len(bodies) <= BATCH for _, bodies in found)
    ids = [body["id"] for _, bodies in found for body in bodies]
    assert sorted(ids) == sorted(item.body["id"] for item in items)


def test_workdays_are_busier_than_weekends() -> None:
    forms = [item.at.weekday() for item in past(days=28) if item.path == "/v1/leads"]
    monday, sunday = forms.count(0), forms.count(6)
    assert monday > 2 * sunday
    assert timedelta(days=28) > UNTIL - min(item.at for item in past(days=21))
