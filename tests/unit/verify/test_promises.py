"""Verdicts over many leads go red: counts, targets, moments and revisions that are not what the log says (34, 53)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from leadpact.verify.streams import Place
from tests.tour.people import ADA, BEN, CLEO, OPERATIONS
from tests.tour.test_7_history_comes_first import LANE, remembers_a_demo
from tests.tour.world import World
from tests.unit.verify.recorded import Recorded, recorded

PROMISES = Place("promises", 0)
APRIL, AGAIN, MAY, JUNE = range(4)


async def _played(until: datetime = datetime(2026, 6, 1, 4, tzinfo=UTC)) -> World:
    """Two lanes of history, each with an MQL of April, and one MQL of May, until May is over too."""
    world = await World().begins()
    await world.until("Mon 10:00")
    for at, who in (("-Tue 09:20", CLEO), ("-Tue 09:10", BEN)):
        await remembers_a_demo(world, at, who)
        await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    await world.asks_for_a_demo("Tue 09:10", ADA)
    await world.line.until(until)
    return world


@pytest.fixture(scope="session")
def two_months() -> Recorded:
    """As it was."""
    return recorded(_played)


@pytest.fixture
def played(two_months: Recorded) -> Recorded:
    """A copy to plant a fault in."""
    return two_months.copy()


def said(of: Recorded, index: int) -> dict[str, Any]:
    return dict(msgspec.json.decode(of.event(PROMISES, index).data))


def found(of: Recorded) -> list[str]:
    return [says for check, _, says in of.violations() if check == "promises"]


def test_r34_each_month_is_judged_once_and_again_where_history_brought_more(two_months: Recorded) -> None:
    verified = two_months.verified()
    assert (verified.violations, verified.figures["promises judged"]) == ([], 3)
    told = [said(two_months, index) for index in (APRIL, AGAIN, MAY)]
    assert [(each["period"], each["revision"], each["says"]) for each in told] == [
        ("2026-04", 1, "April 2026: 1 MQL of 55 promised for 3 of its 22 business days: missed."),
        ("2026-04", 2, "April 2026: 2 MQLs of 55 promised for 3 of its 22 business days: missed."),
        ("2026-05", 1, "May 2026: 1 MQL of 400 promised: missed."),
    ]


async def _with_history_of_2017() -> World:
    """Somebody from long before the agreement's calendar, which begins with 2025."""
    world = await World().begins()
    await world.until("Mon 10:00")
    await remembers_a_demo(world, datetime(2017, 7, 6, 15, tzinfo=UTC), CLEO)
    await world.commands("Mon 10:00", OPERATIONS, command="backfill.close", lane=LANE)
    return world


def test_r43_history_older_than_the_calendar_is_judged_from_the_calendars_first_month_on() -> None:
    imported = recorded(_with_history_of_2017)
    assert imported.verified().violations == []
    told = [said(imported, index) for index in range(len(imported.topics[PROMISES]))]
    assert [(each["period"], each["count"]) for each in told] == [
        *((f"2025-{month:02}", 0) for month in range(1, 13)),
        *((f"2026-{month:02}", 0) for month in range(1, 5)),
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"count": 2}, "2 is not the sum of its partitions"),
        ({"verdict": "met"}, "met with 1 of 400 after pending"),
        ({"revision": 2}, "it is revision 2 of pending, number 3, and follows as revision 1"),
        ({"agreement_version": 2}, "was asked, by the rules"),
        ({"ends": "2026-06-01T04:00:01Z"}, "it was judged at 2026-06-01 04:00:00"),
    ],
)
def test_r34_what_a_verdict_says_follows_from_the_log(played: Recorded, change: dict[str, Any], says: str) -> None:
    played.say(PROMISES, MAY, **change)
    assert any(says in each for each in found(played))


def test_r53_as_many_as_stand_in_the_log_up_to_the_sequence(played: Recorded) -> None:
    seen = said(played, AGAIN)["seen"]
    (first, *_) = [each for each in seen if each["count"]]
    first["seq"] -= 1
    played.say(PROMISES, AGAIN, seen=seen)
    assert any("the log has 0" in each for each in found(played))


def test_r53_a_person_who_is_counted_twice_is_found(played: Recorded) -> None:
    seen = said(played, MAY)["seen"]
    next(each for each in seen if each["count"])["count"] = 2
    played.say(PROMISES, MAY, seen=seen, count=2)
    assert any(says.startswith("2 up to sequence") and says.endswith("the log has 1") for says in found(played))


def test_r53_the_target_is_that_of_the_days_in_force(played: Recorded) -> None:
    shares = said(played, APRIL)["shares"]
    for index in (APRIL, AGAIN):
        played.say(PROMISES, index, shares=[{**shares[0], "business_days": 4}], target=73)
    (says,) = found(played)
    assert "was asked, by the rules" in says and "(1, 400, 3, 22)" in says


def test_r34_never_before_all_marks_had_passed(played: Recorded) -> None:
    event = played.event(PROMISES, MAY)
    played.change(PROMISES, MAY, mark=event.mark - timedelta(microseconds=1))
    (says,) = found(played)
    assert says.startswith("it was judged at 2026-06-01 03:59:59.999999")


def test_r34_time_of_the_judge_is_not_ahead_of_what_it_counts(played: Recorded) -> None:
    played.fence("sla-monitor.judge", 0, lambda fence: replace(fence, mark=fence.mark + timedelta(seconds=1)))
    assert ("positions", "sla-monitor.judge/0") in [(check, where) for check, where, _ in played.violations()]


def test_r34_a_month_that_nobody_judged_is_found(played: Recorded) -> None:
    del played.topics[PROMISES][MAY:]
    assert "it is over, and nobody has judged it" in found(played)


def test_r34_an_mql_behind_the_last_verdict_wants_a_revision(played: Recorded) -> None:
    del played.topics[PROMISES][AGAIN]
    assert any(says.endswith("stands at 0, the log has 1") for says in found(played))


def test_r34_a_revision_of_nothing_is_found(played: Recorded) -> None:
    played.say(PROMISES, AGAIN, **{name: said(played, APRIL)[name] for name in ("seen", "count", "says")})
    assert "it revises what has not changed" in found(played)


def test_r34_ids_follow_from_promise_period_and_sequences(played: Recorded) -> None:
    played.change(PROMISES, MAY, id=played.event(PROMISES, APRIL).id)
    assert found(played) == ["its id does not follow from promise, period and sequences"]


def test_point4_the_sequence_of_promises_has_no_gap(played: Recorded) -> None:
    played.topics[PROMISES][MAY] = played.topics[PROMISES][MAY]._replace(seq=4)
    assert ("sequences", "promises/0 offset 2", "sequence 4 follows 2") in played.violations()


def test_point1_what_a_slot_has_counted_is_what_the_log_says(played: Recorded) -> None:
    index = next(n for n, tally in enumerate(played.counted) if tally.name.endswith("2026-05"))
    tally = played.counted[index]
    played.counted[index] = tally._replace(number=2)
    assert played.violations() == [
        (
            "state",
            f"state of tallies {tally.slot}/{tally.name}",
            f"it holds [2,{tally.seq}], the log says [1,{tally.seq}]",
        )
    ]


def test_point5_what_the_judge_keeps_is_what_it_said(played: Recorded) -> None:
    index = next(n for n, cell in enumerate(played.kept) if cell.consumer == "sla-monitor.judge")
    told = msgspec.msgpack.decode(played.kept[index].data)
    told["2026-04"]["count"] = 9
    played.kept[index] = played.kept[index]._replace(data=msgspec.msgpack.encode(told))
    assert [(check, where) for check, where, _ in played.violations()] == [
        ("state", "state of sla-monitor.judge sample/mql_volume")
    ]


def test_r34_slots_from_before_there_were_tallies_are_judged_from_the_next_month_on(played: Recorded) -> None:
    since = played.event(PROMISES, APRIL).recorded_at
    for number in range(8):
        played.fence("sla-monitor", number, lambda fence: replace(fence, counted_since=since))
    assert found(played) == ["it is judged, though nothing was asked that could be counted"] * 2


def test_r34_a_version_from_before_there_were_tallies_is_judged_once_a_rebuild_has_noted_it() -> None:
    june = recorded(partial(_played, datetime(2026, 7, 1, 4, tzinfo=UTC)))
    assert said(june, JUNE)["says"] == "June 2026: 0 MQLs of 400 promised: missed."
    since = datetime(2026, 6, 1, 4, tzinfo=UTC)
    for number in range(8):
        june.fence("sla-monitor", number, lambda fence: replace(fence, counted_since=since))
    too_early = "it is judged, though nothing was asked that could be counted"
    assert found(june) == [too_early] * 2, "April and May, and not June"
    june.say(PROMISES, JUNE, target=401)
    assert sum("was asked, by the rules" in says for says in found(june)) == 1
    del june.topics[PROMISES][JUNE]
    assert found(june) == [too_early] * 2, "before a rebuild nobody judges it"
