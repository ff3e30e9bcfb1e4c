"""Check 7 goes red: an owner was sought whom nothing asked for, or none was, or a hand was refused for no reason."""

from typing import Any

import msgspec
import pytest

from leadpact.verify.streams import Place
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO, CRM, OPERATIONS, Person
from tests.tour.world import World, sample, when
from tests.unit.verify.planting import planted
from tests.unit.verify.recorded import Recorded, recorded

DORA = Person("Dora Lind", "dora.lind@fabrikam.example", "Chief Marketing Officer", 900)


async def _sought() -> World:
    """Ada is missed by both, and the CRM has its word; it had it of Dora before she asked. Ben's owner goes away, Cleo
    asks at night, and whoever Ann has waits when she is away too."""
    world = World()
    agreement = sample()
    passes_on = msgspec.structs.replace(agreement.first_response, reallocate=True)
    await world.agree(msgspec.structs.replace(agreement, first_response=passes_on))
    reps = [{"id": ANN, "name": "Ann Lee"}, {"id": BOB, "name": "Bob Moreau"}]
    await world.commands("Mon 09:00", OPERATIONS, command="roster", team="inbound", reps=reps, reason="our team")
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.until("Tue 12:30")
    for who, owner in ((ADA, "yves"), (ADA, ANN)):
        await world.commands(
            "Tue 12:30", ANN, command="reassign", email=who.email, owner=owner, reason="he asked for it"
        )
    await world.asks_for_a_demo("Tue 13:00", BEN)
    await world.touches("Tue 13:05", BOB, BEN, kind="call", outcome="connected", seconds=200)
    for rep, begins in ((BOB, "Wed 10:00"), (ANN, "Wed 12:00")):
        span = {"from": when(begins).isoformat(), "to": when("+Fri 12:00").isoformat()}
        await world.commands("Tue 14:00", OPERATIONS, command="leave", rep=rep, **span, reason="she marries")
    for who in (ADA, DORA):
        told = {"email": who.email, "occurred_at": when("Tue 14:10").isoformat(), "type": "owner", "owner": BOB}
        await world.post("Tue 14:10", "/v1/activities", told, {"Authorization": f"Bearer {CRM}"})
    await world.touches("Tue 14:15", BOB, BEN, kind="email", outcome="sent")
    await world.asks_for_a_demo("Tue 14:20", DORA)
    await world.asks_for_a_demo("Tue 18:10", CLEO)
    await world.until("Wed 15:00")
    return world


@pytest.fixture(scope="module")
def asked() -> Recorded:
    return recorded(_sought)


@pytest.fixture
def day(asked: Recorded) -> Recorded:
    return asked.copy()


def _clocks(day: Recorded) -> list[str]:
    return [says for check, _, says in day.violations() if check == "clocks"]


def _found(day: Recorded, type_: str, **wanted: Any) -> tuple[Place, int]:  # noqa: ANN401 - JSON
    for number in range(99):
        place, index = day.find("sla", type_, number)
        said = msgspec.json.decode(day.event(place, index).data)
        if wanted.items() <= said.items():
            return place, index
    pytest.fail(f"no {type_} says {wanted}")


def _forget(day: Recorded, place: Place, index: int) -> None:
    """Let a decision end before this event."""
    cause = day.event(place, index).causation
    for number in range(index, len(day.topics[place])):
        if day.event(place, number).causation == cause:
            day.change(place, number, type="lead.forgotten")


def test_days_on_which_everybody_is_sought_are_clean(asked: Recorded) -> None:
    assert asked.violations() == []
    for by in ("missed", "leave", "round_robin", "hand", "crm"):
        _found(asked, "lead.assigned", by=by)
    for queue in (None, "inbound-queue"):
        _found(asked, "lead.queued", queue=queue)


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("missed", "was missed, and nobody else is sought"),
        ("leave", "has been away for too long by"),
        ("hand", "gets no owner, and does not wait for one"),
    ],
)
def test_r31_whoever_has_to_give_a_lead_away_does(day: Recorded, by: str, says: str) -> None:
    _forget(day, *_found(day, "lead.assigned", by=by))
    assert any(says in each for each in _clocks(day))


@pytest.mark.parametrize(("by", "other"), [("missed", "leave"), ("leave", "missed"), ("round_robin", "leave")])
def test_r31_nobody_gives_a_lead_away_for_nothing(day: Recorded, by: str, other: str) -> None:
    day.say(*_found(day, "lead.assigned", by=by), by=other)
    assert f"nothing asks for another owner now by {other}" in _clocks(day)


def test_r04_no_hand_gives_a_lead_to_nobody(day: Recorded) -> None:
    day.say(*_found(day, "lead.assigned", by="hand"), owner="zoe")
    assert "no hand may give it to zoe" in _clocks(day)


def test_r31_a_lead_goes_on_only_where_that_is_agreed(day: Recorded) -> None:
    for place, records in day.topics.items():
        for index, record in enumerate(records):
            event = day.event(place, index) if b"agreement.in_force" in record.value else None
            if event is not None and place.topic == "qualification":
                said = msgspec.json.decode(event.data)["agreement"]
                said["first_response"]["reallocate"] = False
                day.say(place, index, agreement=said)
    assert "nothing asks for another owner now by missed" in _clocks(day)


def test_r33_who_waits_is_tried_again(day: Recorded) -> None:
    place, index = _found(day, "lead.queued", queue=None)
    lead = day.event(place, index).lead
    after = (n for n in range(index + 1, len(day.topics[place])) if day.event(place, n).lead == lead)
    _forget(day, place, next(n for n in after if day.event(place, n).type == "lead.assigned"))
    assert any("and was not tried again" in each for each in _clocks(day))


@pytest.mark.parametrize("queue", [None, "inbound-queue"])
@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("since", "it waits since"),
        ("retry_at", "it is tried again at"),
        ("why", "nothing asks for another owner now by "),
    ],
)
def test_r33_who_waits_waits_as_long_as_agreed(day: Recorded, queue: str | None, what: str, says: str) -> None:
    why = "round_robin" if queue else "leave"
    said: dict[str, Any] = {what: why if what == "why" else when("Tue 07:00").isoformat()}
    day.say(*_found(day, "lead.queued", queue=queue), **said)
    assert any(each.startswith(says) for each in _clocks(day))


def test_r33_the_crm_is_heard_before_the_round_robin(day: Recorded) -> None:
    day.say(*_found(day, "lead.assigned", by="crm", previous=None), by="round_robin")
    assert "it is given away by round_robin, by the rules by crm" in _clocks(day)


@pytest.mark.parametrize("name", ["why", "since", "retry_at", "queue"])
def test_r33_the_state_knows_who_waits(day: Recorded, name: str) -> None:
    def of(told: Any) -> Any:  # noqa: ANN401 - decoded without its type
        return next((run["waiting"] for run in told["engagements"] if run["waiting"]), None)

    value = when("Tue 07:00") if name in {"since", "retry_at"} else "x"
    planted(day, "sla-monitor", lambda told: of(told).__setitem__(name, value), of)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reason": "unfit"}, "it refuses "),
        ({"says": "Because."}, "it refuses "),
        ({"command": "another"}, "it refuses "),
    ],
)
def test_r50_a_refusal_says_why(day: Recorded, change: dict[str, Any], says: str) -> None:
    day.say(*day.find("sla", "command.refused"), **change)
    [told] = _clocks(day)
    assert told.startswith(says) and "by the rules: yves is in no team." in told


def test_r50_what_cannot_be_is_refused(day: Recorded) -> None:
    day.change(*day.find("sla", "command.refused"), type="lead.forgotten")
    assert any(each.startswith("yves cannot get the lead, and nobody says so") for each in _clocks(day))


def test_r50_nothing_else_is_refused(day: Recorded) -> None:
    day.change(*_found(day, "lead.assigned", by="missed"), type="command.refused")
    assert "nothing is to be refused" in _clocks(day)
