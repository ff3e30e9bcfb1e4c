"""Check 7 knows of stalls (rule 30): unverified while nobody can tell, and nothing missed before somebody can."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.verify.streams import Place
from tests.tour.people import ADA, ANN, BEN, CLEO
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded

SECOND = timedelta(seconds=1)


async def _stood() -> World:
    """Intake stands while two leads run out: of one an answer comes, of the other none. And again before an opening,
    so that a third gets an owner too late; the last stall is not over for long enough."""
    world = await World().begins()
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:12", BEN)
    await world.until("Tue 09:25")
    await world.resumes("Tue 10:30")
    await world.touches("Tue 09:35", ANN, ADA, told="Tue 11:10", kind="call", outcome="connected", seconds=180)
    await world.asks_for_a_demo("Tue 20:00", CLEO)
    await world.until("Wed 08:55")
    await world.resumes("Wed 09:40")
    await world.until("Wed 10:20")
    await world.resumes("Wed 10:50")
    await world.until("Wed 11:15")
    return world


@pytest.fixture(scope="module")
def as_it_was() -> Recorded:
    return recorded(_stood)


@pytest.fixture
def stood(as_it_was: Recorded) -> Recorded:
    """A copy to plant a fault in."""
    return as_it_was.copy()


def _clocks(stood: Recorded) -> list[str]:
    return [says for check, _, says in stood.violations() if check == "clocks"]


def _verdicts(stood: Recorded, **wanted: str) -> list[tuple[Place, int]]:
    """Where the verdicts stand that say this."""
    found = []
    for place, records in stood.topics.items():
        for index in range(len(records)) if place.topic == "sla" else ():
            event = stood.event(place, index)
            if event.type == "clock.judged" and wanted.items() <= _said(stood, place, index).items():
                found.append((place, index))
    return found


def _said(stood: Recorded, place: Place, index: int) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(stood.event(place, index).data)
    return said


def test_stalls_as_the_services_judge_them_are_clean(stood: Recorded) -> None:
    assert stood.violations() == []
    assert len(_verdicts(stood, verdict="unverified", kind="first_response")) == 3
    assert len(_verdicts(stood, verdict="unverified", kind="routing")) == 1
    assert len(_verdicts(stood, verdict="missed", previous="unverified")) == 1
    assert len(_verdicts(stood, verdict="met", previous="unverified")) == 1


def test_r30_nothing_is_missed_that_ran_out_while_intake_stood(stood: Recorded) -> None:
    for place, index in _verdicts(stood, verdict="unverified", kind="first_response"):
        stood.say(place, index, verdict="missed")
    says = _clocks(stood)
    assert sum("missed at" in each and "by one in doubt until" in each for each in says) == 3


def test_r30_an_owner_whom_our_stall_delayed_is_nobodys_miss(stood: Recorded) -> None:
    ((place, index),) = _verdicts(stood, verdict="unverified", kind="routing")
    stood.say(place, index, verdict="missed")
    assert any(each.startswith("missed at") for each in _clocks(stood))


@pytest.mark.parametrize("last", [False, True])
def test_r30_without_a_stall_there_is_nothing_unverified(stood: Recorded, *, last: bool) -> None:
    told = [
        (place, index)
        for place, records in stood.topics.items()
        for index in range(len(records))
        if place.topic == "qualification" and stood.event(place, index).type == "intake.stalled"
    ]
    for place, index in told:
        said = _said(stood, place, index)
        if (said["from_at"] == "2026-05-06T14:20:00Z") == last:
            stood.say(place, index, from_at=said["to_at"])
    says = _clocks(stood)
    assert any(each.startswith("unverified at") for each in says)


def test_r30_what_is_unverified_is_judged_once_intake_has_spoken_for_the_agreed_freshness(stood: Recorded) -> None:
    ((place, index),) = _verdicts(stood, verdict="missed", previous="unverified")
    said, event = _said(stood, place, index), stood.event(place, index)
    stood.change(place, index, mark=event.mark - timedelta(minutes=1))
    assert any(each.startswith("missed at 2026-05-05") for each in _clocks(stood))
    stood.change(place, index, type="lead.forgotten", mark=event.mark)
    due = datetime.fromisoformat(said["due"])
    wanted = f"it stands as unverified (not answered), by the rules as missed (not answered); due {due}"
    assert wanted in _clocks(stood)


def test_r30_a_stall_begins_where_time_had_come_to(stood: Recorded) -> None:
    place, index = stood.find("leads", "intake.stalled")
    since = datetime.fromisoformat(_said(stood, place, index)["from_at"])
    stood.change(place, index, mark=since + SECOND)
    says = [says for check, _, says in stood.violations() if check == "events"]
    assert any(each.startswith("intake stood from 2026-05-05T13:25:00Z, but time had passed to") for each in says)


def test_r30_an_unverified_promise_names_the_stall(stood: Recorded) -> None:
    (place, index) = _verdicts(stood, verdict="unverified", kind="routing")[0]
    stood.say(place, index, evidence=_said(stood, place, index)["evidence"][:-1])
    assert any("by the rules as unverified" in each for each in _clocks(stood))
