"""Check 7 goes red where the sla-monitor does not decide what the rules ask for, though all that it says is right."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from leadpact.contracts.topics import QUALIFICATION
from leadpact.sla_monitor.domain import clocks, counters, judging, routing, timers
from tests.tour.people import ADA, ANN, BEN, BOB, CLEO
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded


def _clocks(of: object, name: str, instead: Any) -> list[str]:  # noqa: ANN401 - a function of the sla-monitor
    """What verify says of the week that a broken sla-monitor made."""
    with patch.object(of, name, instead):
        week = recorded(_played)
    return [says for check, _, says in week.violations() if check == "clocks"]


async def _played() -> World:
    """Two leads: one replies, the other gets a call only, and other owners."""
    world = await World().begins()
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.asks_for_a_demo("Tue 09:20", CLEO)
    await world.touches("Tue 09:30", ADA.email, ADA, kind="email", outcome="sent", direction="in")
    await world.touches("Tue 09:40", ANN, CLEO, kind="call", outcome="no_answer")
    for at, email, owner in (("14:00", ADA.email, BOB), ("14:05", CLEO.email, ANN), ("14:10", CLEO.email, BOB)):
        await world.commands(f"Tue {at}", ANN, command="reassign", email=email, owner=owner, reason="he asked for it")
    await world.asks_for_a_demo("Tue 23:10", BEN)
    await world.until("+Wed 12:00")
    return world


def test_the_days_are_clean_unless_something_is_broken() -> None:
    assert recorded(_played).violations() == []


def _nothing(*_: object, **__: object) -> None:
    return None


def _none(*_: object) -> tuple[()]:
    return ()


@pytest.mark.parametrize(
    ("start", "kinds"),
    [
        ("start_routing", {"routing"}),
        ("start_outreach", {"first_response", "cadence"}),
        ("start_reply", {"first_response"}),
        ("hand_over", {"first_response", "cadence"}),
    ],
)
def test_r22_a_promise_that_is_owed_starts(start: str, kinds: set[str]) -> None:
    missing = [says for says in _clocks(clocks, start, _nothing) if says.endswith("did not start")]
    assert {says.split()[1] for says in missing} == kinds


def test_r22_no_promise_starts_that_nobody_asks_for() -> None:
    def twice(*of: Any) -> None:  # noqa: ANN401 - a draft and a run
        honest(*of)
        clocks.hand_over(of[0], of[0].run(of[1]))

    honest = clocks.start_outreach
    assert "nothing asks for a cadence now" in _clocks(clocks, "start_outreach", twice)


def test_r28_each_warning_is_said() -> None:
    missing = [says for says in _clocks(timers, "warnings", _none) if says.endswith("nobody was warned")]
    assert {says.split(" of ")[1].split()[0] for says in missing} == {"first_response", "cadence"}


def test_r28_each_step_is_taken_until_somebody_answers(week: Recorded) -> None:
    for number in range(QUALIFICATION.partitions):
        place, index = week.find("qualification", "agreement.in_force", number)
        agreement = msgspec.json.decode(week.event(place, index).data)["agreement"]
        agreement["first_response"]["escalate_to"].append("head-of-sales")
        week.say(place, index, agreement=agreement)
    assert any(says.startswith("step 2 of clock") for _, _, says in week.violations())


def test_r28_a_miss_is_followed_by_the_first_step_at_once(week: Recorded) -> None:
    week.change(*week.find("sla", "lead.escalated"), type="lead.forgotten")
    assert any(says.endswith("is missed, and nobody hears of it") for _, _, says in week.violations())


@pytest.mark.parametrize("field", ["calls", "emails", "socials", "last"])
def test_r24_attempts_are_counted_again(week: Recorded, field: str) -> None:
    place, index = week.find("sla", "attempt.counted")
    week.say(place, index, **{field: 77})
    assert any(says.startswith("it counts (") for _, _, says in week.violations())


def test_r24_each_count_is_said() -> None:
    assert any(says.endswith("(0, 0, 0) was said") for says in _clocks(judging, "_count", _nothing))


def test_r31_how_long_it_took_is_measured_again(week: Recorded) -> None:
    week.say(*week.find("sla", "clock.judged"), elapsed_seconds=100_001)
    assert any(says.startswith("it took 100001 s, second by second") for _, _, says in week.violations())


@pytest.mark.parametrize("kind", ["routing", "first_response"])
def test_r23_the_credit_is_whose_it_is(week: Recorded, kind: str) -> None:
    verdicts = (week.find("sla", "clock.judged", number) for number in range(20))
    told = ((found, msgspec.json.decode(week.event(*found).data)) for found in verdicts)
    week.say(*next(found for found, said in told if said["kind"] == kind and said["answered_at"]), credit="nobody")
    assert any(says.startswith("the credit is nobody's, by the rules ") for _, _, says in week.violations())


def test_r33_the_numbers_that_were_seen_choose_the_owner() -> None:
    def last(reps: Any, seen: Any) -> Any:  # noqa: ANN401 - of the sla-monitor
        return reps[-1], honest(reps, seen)[1]

    honest = counters.choose
    assert any(" by the numbers that it saw to " in says for says in _clocks(routing, "choose", last))


@pytest.mark.parametrize("numbers", [{"counters": {"bob": 99, "ann": 0}}, {"loads": {"ann": 9_000}}])
def test_r33_other_numbers_choose_another(week: Recorded, numbers: dict[str, Any]) -> None:
    assigned = (week.find("sla", "lead.assigned", number) for number in range(9))
    told = ((found, msgspec.json.decode(week.event(*found).data)) for found in assigned)
    week.say(*next(at for at, said in told if (said["by"], said["owner"]) == ("round_robin", ANN)), **numbers)
    assert any(" by the numbers that it saw to " in says for _, _, says in week.violations())


def test_r33_whoever_qualifies_gets_an_owner_or_waits() -> None:
    says = _clocks(routing, "route", _nothing)
    assert any(each.endswith("gets no owner, and does not wait for one") for each in says)


def test_r33_the_crm_makes_the_owner(week: Recorded) -> None:
    by_crm = (week.find("sla", "lead.assigned", number) for number in range(9))
    told = ((found, msgspec.json.decode(week.event(*found).data)) for found in by_crm)
    week.change(*next(at for at, said in told if said["by"] == "crm"), type="lead.forgotten")
    assert any(says.endswith("gets no owner, and does not wait for one") for _, _, says in week.violations())


def test_r33_at_night_a_lead_waits_for_the_opening() -> None:
    def at_once(draft: Any, run: Any, why: str, retry_at: Any, queue: str | None) -> None:  # noqa: ANN401 - its own
        honest(draft, run, why, draft.scope.at + timedelta(hours=9) if queue is None else retry_at, queue)

    honest = routing._queue
    assert any("by the rules at" in says for says in _clocks(routing, "_queue", at_once))
