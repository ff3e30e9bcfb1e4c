"""Check 4 goes red: positions, marks, counters, and what waits though nothing moves."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from leadpact.kit.board import message
from leadpact.kit.rows import StreamMark
from leadpact.verify.findings import Findings
from leadpact.verify.log import Kept
from leadpact.verify.standing import Outgoing, Position, Standing, stuck
from leadpact.verify.streams import Place
from tests.unit.verify.recorded import Recorded

HOUR = timedelta(hours=1)


def test_nobody_stands_behind_the_end(week: Recorded) -> None:
    place = Place("leads", 0)
    end = len(week.topics[place])
    week.fence("qualifier", 0, lambda fence: replace(fence, positions={place: Position(end + 1, end + 1)}))
    assert week.violations() == [
        ("positions", "qualifier/0", f"it stands at leads/0 offset {end + 1}, which ends at {end}"),
        ("positions", "qualifier/0", f"it has seen sequence {end + 1} of leads/0, which ends with {end}"),
    ]


@pytest.mark.parametrize(
    ("consumer", "topic", "type_"),
    [
        ("normaliser", "leads", "lead.captured"),
        ("qualifier", "qualification", "lead.qualified"),
        ("sla-monitor", "sla", "clock.judged"),
    ],
)
def test_nobody_stands_before_what_their_own_output_follows(
    week: Recorded, consumer: str, topic: str, type_: str
) -> None:
    place, _ = week.find(topic, type_)
    slot = 0 if consumer == "normaliser" else place.partition
    handled = max(at.offset for n in range(len(week.topics[place])) if (at := week.event(place, n).at) is not None)
    at = next(at for n in range(len(week.topics[place])) if (at := week.event(place, n).at) and at.offset == handled)
    before = Place(at.topic, at.partition)
    week.fence(
        consumer, slot, lambda fence: replace(fence, positions={**fence.positions, before: Position(handled, 0)})
    )
    says = f"it stands at offset {handled} of {before}, but {place} follows offset {handled}"
    assert ("positions", f"{consumer}/{slot}", says) in week.violations()
    week.fence(consumer, slot, lambda fence: replace(fence, positions={}))
    says = f"it stands nowhere of {before}, but {place} follows offset {handled}"
    assert ("positions", f"{consumer}/{slot}", says) in week.violations()


def test_time_comes_from_upstream(week: Recorded) -> None:
    week.fence("sla-monitor", 3, lambda fence: replace(fence, mark=fence.mark + HOUR))
    [(check, where, says)] = week.violations()
    assert (check, where) == ("positions", "sla-monitor/3")
    assert "is ahead of qualifier's" in says


def test_a_mark_in_the_log_was_reached_by_its_writer(week: Recorded) -> None:
    place, _ = week.find("sla", "clock.warned")
    week.fence("sla-monitor", place.partition, lambda fence: replace(fence, mark=fence.mark - 400 * HOUR))
    *ahead, (check, where, says) = week.violations()
    assert {each for _, each, _ in ahead} == {
        "sla-monitor.judge/0",  # counts what that slot has handled
        f"reporting.sla/{place.partition}",
    }
    assert (check, where) == ("positions", f"sla-monitor/{place.partition}")
    assert f"but {place} carries" in says


def test_marks_go_forwards_along_a_partition(week: Recorded) -> None:
    place, index = week.find("sla", "clock.judged", -1)
    event = week.event(place, index)
    week.change(place, index, mark=event.mark - 300 * HOUR)
    [(check, where, says)] = week.violations()
    assert (check, where) == ("positions", f"{place} offset {index}")
    assert says.startswith(f"its mark {event.mark - 300 * HOUR} is behind ")


def test_nothing_is_recorded_before_its_mark(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.qualified", -1)
    event = week.event(place, index)
    week.change(place, index, recorded_at=event.mark - HOUR)
    found = week.violations()
    says = f"its mark {event.mark} is later than it was recorded, {event.mark - HOUR}"
    assert ("positions", f"{place} offset {index}", says) in found


def test_what_was_announced_to_have_passed_has_passed(week: Recorded) -> None:
    place, index = week.find("qualification", "lead.accepted")
    event = week.event(place, index)
    said = message(StreamMark(*place, index, event.recorded_at + HOUR))
    marks = week.topics[Place("marks", 0)]
    marks.append(Kept(len(marks), said.key, said.value, None))
    says = f"recorded {event.recorded_at}, though {event.recorded_at + HOUR} was announced to have passed"
    assert ("positions", f"{place} offset {index}", says) in week.violations()


def test_the_counter_of_a_stream_is_that_of_the_log(week: Recorded) -> None:
    place = Place("sla", 1)
    last = len(week.topics[place])
    week.outgoing = [replace(each, last=last - 1) if each.place == place else each for each in week.outgoing]
    assert week.violations() == [
        ("positions", "counter of sla/1", f"{last} are published, {last - 1} were told"),
        ("positions", "counter of sla/1", f"it stands at {last - 1}, the log at {last}"),
    ]


def test_what_was_published_is_in_the_log(week: Recorded) -> None:
    place = Place("sla", 1)
    last = len(week.topics[place])
    ahead = Outgoing(place, last + 2, last + 2, 0)
    week.outgoing = [ahead if each.place == place else each for each in week.outgoing]
    says = f"{last + 2} are published, the log ends with {last}"
    assert week.violations() == [("positions", "counter of sla/1", says)]


def test_what_was_set_aside_is_counted(week: Recorded) -> None:
    week.aside = {"parked keys": 2, "dead letters": 1}
    found = week.verified()
    assert (found.figures["parked keys"], found.figures["dead letters"]) == (2, 1)


async def test_what_waits_though_nothing_moves_is_found(week: Recorded) -> None:
    place = Place("leads", 0)
    end = len(week.topics[place])
    week.fence("qualifier", 0, lambda fence: replace(fence, positions={place: Position(end - 2, end - 2)}))
    waiting = [replace(each, waiting=3) if each.place == Place("sla", 5) else each for each in week.outgoing]
    spans = {each: await week.span(*each) for each in week.topics}
    assert Standing(week.fences, week.outgoing).behind(spans) == {"qualifier/0 before leads/0": 2}
    behind = Standing((), waiting).behind(spans)
    assert behind == {"outbox of sla/5": 3}
    found = Findings()
    stuck(behind, found)
    assert [(each.where, each.says) for each in found.violations] == [("outbox of sla/5", "3 wait, and nothing moves")]


def test_a_mark_that_cannot_be_read_is_no_mark(week: Recorded) -> None:
    marks = week.topics[Place("marks", 0)]
    marks.append(Kept(len(marks), b"leads/0", msgspec.json.encode({"topic": 1}), None))
    [(check, where, says)] = week.violations()
    assert (check, where) == ("positions", f"marks/0 offset {len(marks) - 1}")
    assert says.startswith("it is no mark")
