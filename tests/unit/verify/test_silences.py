"""Check 7 knows of silent feeds (rule 30): unverified while one is, nothing missed before it has spoken for long."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.contracts.envelope import Actor, ActorKind
from leadpact.intake.delivery import Chunk, Delivery, encode
from leadpact.verify.deliveries import Delivery as Read
from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.stalls import Doubt, Silence, Stall, doubt
from leadpact.verify.streams import Place
from leadpact.verify.wire import micros
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO
from tests.tour.test_10_a_feed_falls_silent import listening
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
HOUR = 3_600 * SECOND


async def _silent() -> World:
    """The CRM says nothing while two leads run out: of one it tells an answer when it is back, of the other none. In
    the night it is silent again, and a third lead is still in doubt at the end."""
    world = await World().begins()
    await world.agree(listening())
    await world.touches("Tue 07:30", BOB, CLEO, kind="email", outcome="sent")
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:12", BEN)
    await world.until("Tue 10:30")
    await world.touches("Tue 09:35", ANN, ADA, told="Tue 13:10", kind="call", outcome="connected", seconds=180)
    await world.until("Tue 15:30")
    await world.asks_for_a_demo("Tue 16:00", CLEO)
    await world.until("Wed 09:30")
    return world


@pytest.fixture(scope="module")
def as_it_was() -> Recorded:
    return recorded(_silent)


@pytest.fixture
def silent(as_it_was: Recorded) -> Recorded:
    """A copy to plant a fault in."""
    return as_it_was.copy()


def _clocks(silent: Recorded) -> list[str]:
    return [says for check, _, says in silent.violations() if check == "clocks"]


def _events(silent: Recorded, topic: str, type_: str, **wanted: str) -> list[tuple[Place, int]]:
    """Where the events stand that say this."""
    found = []
    for place, records in silent.topics.items():
        for index in range(len(records)) if place.topic == topic else ():
            event = silent.event(place, index)
            if event.type == type_ and wanted.items() <= _said(silent, place, index).items():
                found.append((place, index))
    return found


def _said(silent: Recorded, place: Place, index: int) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(silent.event(place, index).data)
    return said


def _verdicts(silent: Recorded, **wanted: str) -> list[tuple[Place, int]]:
    return _events(silent, "sla", "clock.judged", **wanted)


def test_silences_as_the_services_judge_them_are_clean(silent: Recorded) -> None:
    assert silent.violations() == []
    assert len(_verdicts(silent, verdict="unverified", kind="first_response")) == 3
    assert len(_verdicts(silent, verdict="missed", previous="unverified")) == 1
    assert len(_verdicts(silent, verdict="met", previous="unverified")) == 1
    assert len(_events(silent, "qualification", "source.silent", since="2026-05-05T17:10:00Z")) > 8


def test_r30_nothing_is_missed_that_ran_out_while_a_feed_was_silent(silent: Recorded) -> None:
    for place, index in _verdicts(silent, verdict="unverified", kind="first_response"):
        silent.say(place, index, verdict="missed")
    says = _clocks(silent)
    assert sum("missed at" in each and "by one in doubt until" in each for each in says) == 3


def test_r30_where_no_feed_is_silent_there_is_nothing_unverified(silent: Recorded) -> None:
    for place, index in _events(silent, "qualification", "source.silent"):
        silent.say(place, index, source="another")
    assert any("by nothing that we could not hear" in each for each in _clocks(silent))


def test_r30_it_is_judged_once_the_feed_has_spoken_for_its_freshness(silent: Recorded) -> None:
    ((place, index),) = _verdicts(silent, verdict="missed", previous="unverified")
    said, event = _said(silent, place, index), silent.event(place, index)
    silent.change(place, index, mark=event.mark - MINUTE)
    assert any(each.startswith("missed at 2026-05-05") for each in _clocks(silent))
    silent.change(place, index, type="lead.forgotten", mark=event.mark)
    due = datetime.fromisoformat(said["due"])
    wanted = f"it stands as unverified (not answered), by the rules as missed (not answered); due {due}"
    assert wanted in _clocks(silent)


def test_r30_an_unverified_promise_names_the_record_that_said_first_that_a_feed_is_silent(silent: Recorded) -> None:
    place, index = _verdicts(silent, verdict="unverified", kind="first_response")[0]
    silent.say(place, index, evidence=["another"])
    assert any(each.startswith("it rests on ('another',), by the rules on") for each in _clocks(silent))


def test_r30_a_feed_is_told_silent_before_time_passes_what_it_is_told_of(silent: Recorded) -> None:
    place, index = silent.find("leads", "source.silent")
    until = datetime.fromisoformat(_said(silent, place, index)["until"])
    silent.change(place, index, mark=until + timedelta(microseconds=1))
    says = [says for check, _, says in silent.violations() if check == "events"]
    assert any(each.startswith(f"a feed is told silent until {until.isoformat()[:16]}") for each in says)


def test_r30_a_feed_that_had_delivered_is_not_told_silent(silent: Recorded) -> None:
    told = [
        at for at in _events(silent, "leads", "source.silent", since="2026-05-05T11:30:00Z") if at[0].partition == 0
    ]
    for place, index in told:
        silent.say(place, index, since="2026-05-05T11:29:59Z")
    says = [says for check, _, says in silent.violations() if check == "events"]
    assert says.count("the feed api is told silent, but 1 deliveries of it had been received since") == len(told) == 2


@pytest.mark.parametrize(
    ("changed", "speaks"),
    [
        ({}, True),
        ({"chunk": Chunk("i", "f", ["a"], 1, "m"), "door": "csv"}, False),
        ({"lane": "h"}, False),
        ({"redrives": "q"}, False),
        ({"door": "commands"}, False),
    ],
    ids=["a delivery", "a file", "history", "a second try", "a command"],
)
def test_r30_verify_reads_whether_a_feed_said_it(changed: dict[str, Any], *, speaks: bool) -> None:
    sent = Delivery(
        id="d",
        door="leads",
        source="crm",
        received_at=NOON,
        key="k",
        actor=Actor("crm", ActorKind.AUTOMATION),
        body=b"x",
    )
    raw = encode(msgspec.structs.replace(sent, **changed))
    assert msgspec.msgpack.decode(raw, type=Read).spoken_at == (micros(NOON) if speaks else None)


def _doubt(due: int, *silences: Silence, feeds: Mapping[str, int], kind: str = "cadence") -> Doubt | None:
    return doubt({"feeds": feeds}, kind, [Stall(9 * HOUR, 10 * HOUR, "stall")], silences, due)


def test_r30_the_first_reason_that_still_stands_is_named_and_a_stall_prolongs_each() -> None:
    first = Silence(0, "crm", 5 * HOUR, "first", open=False)
    second = Silence(0, "dialer", 8 * HOUR, "second", open=False)
    feeds = {"crm": 3_600, "dialer": 2 * 3_600}
    found = _doubt(3 * HOUR, second, first, feeds=feeds)
    assert found is not None
    assert (found.until, found.fact(6 * HOUR), found.fact(6 * HOUR + 1)) == (11 * HOUR, "first", "second")
    assert _doubt(3 * HOUR, second, first, feeds={}) is None
    assert _doubt(3 * HOUR, second, first, feeds=feeds, kind="routing") is None
