"""Control records are counted: one that is missing, or comes again, or cannot be read, stops the slot (rule 51)."""

from datetime import UTC, datetime

import msgspec
import pytest

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import Numbered
from leadpact.contracts.registry import BY_NAME
from leadpact.contracts.topics import CONTROL_KEY
from leadpact.kit.errors import Gap, Systemic
from leadpact.kit.numbering import following
from leadpact.kit.reading import read_fact
from leadpact.kit.rows import Record, StoredCell
from leadpact.testkit.facts import Facts
from tests.unit.kit.test_stage import at, behaved, closure, stage

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def control(number: int) -> bytes:
    """A control record as it stands in the log."""
    return wire.encode(Facts()(closure(number), at=at(number)).envelope)


async def test_numbers_that_follow_one_another_are_taken_and_kept_with_the_control_state() -> None:
    played = stage()
    await played.play([control(1), control(2)])
    await played.play([control(3)])
    assert played.rows.cells[CONTROL_KEY].version == 3
    assert len(played.out) == 3


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ([2], "qualification/0 offset 0: control record 2 after 0"),
        ([1, 3], "qualification/0 offset 1: control record 3 after 1"),
        ([1, 2, 2], "qualification/0 offset 2: control record 2 after 2"),
        ([1, 2, 1], "qualification/0 offset 2: control record 1 after 2"),
    ],
    ids=["the first is missing", "one is missing", "one comes again", "backwards"],
)
async def test_a_number_that_does_not_follow_stops_the_slot_and_changes_nothing(numbers: list[int], says: str) -> None:
    played, facts = stage(), Facts()
    told = [control(number) for number in numbers]
    with pytest.raises(Gap, match=says.replace("qualification", "leads")):
        await played.play([*told, facts(behaved("count"), at=at(9))])
    assert "lead-1" not in played.rows.cells, "nothing behind it is judged by a state that lacks it"
    kept = played.rows.cells.get(CONTROL_KEY)
    assert (kept.version if kept else 0) == len(numbers) - 1


async def test_a_slot_from_before_numbers_were_kept_begins_with_the_next_one() -> None:
    played = stage()
    await played.play([control(1)])
    played.rows.cells[CONTROL_KEY] = StoredCell(CONTROL_KEY, 0, Lane.LIVE, b"17")
    await played.play([control(18)])
    with pytest.raises(Gap, match="control record 20 after 18"):
        await played.play([control(20)])


def test_a_topic_that_carries_only_some_counts_upwards() -> None:
    facts = Facts()
    record = Record("sla", 3, 41, b"", b"")
    seventh = facts(closure(7), at=NOW)
    assert following(4, record, seventh, first=False, all_of_them=False) == 7
    with pytest.raises(Gap, match="sla/3 offset 41: control record 7 after 7"):
        following(7, record, seventh, first=False, all_of_them=False)


@pytest.mark.parametrize("change", [{"type": "roster.sung"}, {"data": {"control": 1}}], ids=["unknown", "malformed"])
async def test_point6_a_control_record_that_nobody_can_read_stops_the_slot(change: dict[str, object]) -> None:
    told = msgspec.json.encode(msgspec.json.decode(control(1)) | change)
    with pytest.raises(Systemic, match="offset 0"):
        read_fact(Record("leads", 0, 0, b"", told))
    played = stage()
    with pytest.raises(Systemic):
        await played.play([told])
    assert played.store.rows.dead == []


def test_all_control_events_and_no_others_have_a_number() -> None:
    assert {each.name for each in BY_NAME.values() if each.control} == {
        each.name for each in BY_NAME.values() if issubclass(each.kind, Numbered)
    }
