"""Rule 30: a feed that agreements in force count on, and that says nothing for longer than agreed, is told silent."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from leadpact.contracts.events.agreement import Activated, Withdrawn
from leadpact.contracts.events.control import BackfillOpened, InForce, SourceResumed, SourceSilent
from leadpact.contracts.events.lead import Touched
from leadpact.contracts.registry import read
from leadpact.contracts.topics import LEADS
from leadpact.intake.domain.draft import Outcome
from leadpact.intake.domain.entry import Source
from leadpact.testkit.facts import Facts
from tests.unit.intake.desk import NOON, Desk
from tests.unit.sla_monitor.world import AGREEMENT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CALL = {"type": "touch", "email": "a@x.example", "kind": "call", "outcome": "connected"}
FACTS = Facts()


async def _desk(**feeds: int) -> Desk:
    """A desk on which the agreement came into force at noon, counting on these feeds after so many seconds."""
    desk = Desk(Source("dialer"), Source("crm"))
    _agree(desk, feeds)
    await desk.run()
    return desk


def _agree(desk: Desk, feeds: dict[str, int], *, id_: str = "pact", version: int = 1) -> None:
    agreement = msgspec.structs.replace(AGREEMENT, id=id_, version=version, feeds=feeds)
    desk.put_agreement(FACTS(Activated(agreement=agreement, hash="h"), at=desk.now).envelope)


async def _says(desk: Desk, at: datetime, source: str = "dialer", body: Any = CALL, **how: Any) -> None:  # noqa: ANN401 - as `put`
    """A feed delivers at an instant, and everything is handled up to it."""
    desk.now = at
    await desk.put("activities", body, source=source, received=at, **how)
    await desk.run()


def _told(desk: Desk) -> list[tuple[str, str, str, str]]:
    """What was told of feeds: who, silent or back, and the hours since noon that it speaks of."""
    found = []
    for envelope in desk.once():
        match read(envelope):
            case SourceSilent(source=source, since=since, until=until):
                found.append(("silent", source, _hours(since), _hours(until)))
            case SourceResumed(source=source, from_at=from_at, to_at=to_at):
                found.append(("resumed", source, _hours(from_at), _hours(to_at)))
            case _:
                pass
    return found


def _hours(at: datetime) -> str:
    return f"{(at - NOON) / HOUR:g}"


async def test_r30_a_feed_that_says_nothing_for_longer_than_agreed_is_told_silent_before_time_passes_that() -> None:
    desk = await _desk(dialer=3_600)
    await _says(desk, NOON + 30 * MINUTE)
    desk.now = NOON + 90 * MINUTE
    await desk.run()
    assert _told(desk) == [], "exactly as long as agreed is not longer"
    desk.now += timedelta(microseconds=1)
    await desk.run()
    assert _told(desk) == [("silent", "dialer", "0.5", "2.5")]
    (silent,) = desk.envelopes(SourceSilent)
    assert silent.mark == NOON + 90 * MINUTE, "nothing of what falls due later has been judged by then"
    assert sorted(desk.partitions) == list(range(LEADS.partitions))
    numbers = [event.control for each in desk.once() if isinstance(event := read(each), InForce | SourceSilent)]
    assert numbers == [1, 2]


async def test_r30_it_is_told_again_before_time_passes_what_was_told() -> None:
    desk = await _desk(dialer=3_600)
    for minutes in (61, 120, 121, 200):
        desk.now = NOON + minutes * MINUTE
        await desk.run()
    assert _told(desk) == [
        ("silent", "dialer", "0", "2"),
        ("silent", "dialer", "0", "3"),
        ("silent", "dialer", "0", "4"),
    ]
    assert [each.mark for each in desk.envelopes(SourceSilent)] == [NOON, NOON + 2 * HOUR, NOON + 121 * MINUTE]


async def test_r30_who_goes_on_for_another_owner_knows_what_was_heard_and_told() -> None:
    desk = await _desk(dialer=3_600, crm=3_600)
    await _says(desk, NOON + 30 * MINUTE)
    desk.restart()
    desk.now = NOON + 70 * MINUTE
    await desk.run()
    desk.restart()
    desk.now = NOON + 89 * MINUTE
    await desk.run()
    assert _told(desk) == [("silent", "crm", "0", "2")]
    desk.restart()
    await _says(desk, NOON + 90 * MINUTE, "crm")
    assert _told(desk)[1:] == [("resumed", "crm", "0", "1.5")]


async def test_r30_when_it_speaks_again_that_is_told_before_what_it_says() -> None:
    desk = await _desk(dialer=3_600)
    desk.now = NOON + 61 * MINUTE
    await desk.run()
    await _says(desk, NOON + 90 * MINUTE)
    assert _told(desk)[1:] == [("resumed", "dialer", "0", "1.5")]
    home = next(told for told in desk.partitions.values() if any(isinstance(read(each), Touched) for each in told))
    kinds = [type(read(each)) for each in home]
    assert kinds.index(SourceResumed) < kinds.index(Touched)
    await _says(desk, NOON + 100 * MINUTE)
    assert len(_told(desk)) == 2, "it was back already"


async def test_r30_a_jump_of_time_is_told_under_the_old_mark_and_what_came_in_it_at_its_own_time() -> None:
    desk = await _desk(dialer=3_600)
    for hours in (5, 30):
        await desk.put("activities", CALL, source="dialer", received=NOON + hours * HOUR)
    desk.now = NOON + 48 * HOUR
    await desk.run(at_once=True)
    assert _told(desk) == [
        ("silent", "dialer", "0", "5"),
        ("resumed", "dialer", "0", "5"),
        ("silent", "dialer", "5", "30"),
        ("resumed", "dialer", "5", "30"),
        ("silent", "dialer", "30", "48"),
    ]
    for told in desk.partitions.values():
        marks = [each.mark for each in told]
        assert marks == sorted(marks)
        for each in told:
            event = read(each)
            assert not isinstance(event, SourceSilent) or each.mark <= event.since + HOUR


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({**CALL, "id": "call-1"}, Outcome.DUPLICATE),
        ({**CALL, "occurred_at": "long ago"}, Outcome.QUARANTINED),
        ([], Outcome.REJECTED),
    ],
    ids=["duplicate", "quarantined", "rejected"],
)
async def test_r30_a_feed_speaks_by_what_becomes_no_fact_too(body: object, outcome: Outcome) -> None:
    desk = await _desk(dialer=3_600)
    await _says(desk, NOON + MINUTE, body={**CALL, "id": "call-1"})
    desk.now = NOON + 50 * MINUTE
    delivery = await desk.put("activities", body, source="dialer", received=desk.now)
    await desk.run()
    assert desk.outcomes(delivery) == [outcome]
    desk.now = NOON + 110 * MINUTE
    await desk.run()
    assert _told(desk) == []


async def test_r30_neither_history_nor_a_second_try_nor_a_command_is_a_word_of_the_feed() -> None:
    desk = await _desk(dialer=3_600)
    await _says(desk, NOON + MINUTE, body={**CALL, "occurred_at": "long ago"})
    desk.now = NOON + 50 * MINUTE
    (held,) = desk.books.quarantine
    await desk.redrive(held)
    await desk.put("activities", {**CALL, "occurred_at": "2026-01-05T10:00:00Z"}, source="dialer", lane="h")
    await desk.put("commands", {"command": "backfill.close", "lane": "h"}, source="dialer")
    await desk.run()
    assert desk.facts(BackfillOpened)
    desk.now = NOON + 62 * MINUTE
    await desk.run()
    assert [told[:3] for told in _told(desk)] == [("silent", "dialer", _hours(NOON + MINUTE))]


async def test_r30_r43_while_a_lane_goes_out_nobody_falls_silent() -> None:
    desk = await _desk(dialer=3_600)
    await desk.put("leads", {"email": "a@x.example", "occurred_at": "2026-01-05T10:00:00Z"}, lane="h")
    await desk.put("commands", {"command": "backfill.close", "lane": "h"})
    desk.now = NOON + 3 * HOUR
    for number in (1, 2, 3):
        await desk.put("activities", {**CALL, "id": number}, source="dialer", received=NOON + number * 50 * MINUTE)
    await desk.run(at_once=True)
    assert len(desk.envelopes(Touched)) == 3
    assert _told(desk) == [], "it had spoken, and its words had waited for us"


async def test_r30_a_feed_that_never_spoke_is_heard_of_from_when_the_agreement_came_into_force() -> None:
    desk = Desk(Source("dialer"))
    await desk.run()
    desk.now = NOON + 5 * HOUR
    _agree(desk, {"dialer": 3_600})
    await desk.run()
    desk.now += 61 * MINUTE
    await desk.run()
    assert _told(desk) == [("silent", "dialer", "5", "7")]


async def test_r30_without_feeds_in_force_nothing_is_told_or_kept() -> None:
    desk = await _desk()
    await _says(desk, NOON + MINUTE)
    desk.now = NOON + 99 * HOUR
    await desk.run()
    assert _told(desk) == [] and b"dialer" not in desk.books.listening


async def test_r30_of_several_agreements_the_shortest_time_decides_what_is_told() -> None:
    desk = await _desk(dialer=4 * 3_600)
    _agree(desk, {"dialer": 3_600, "crm": 86_400}, id_="other")
    await desk.run()
    desk.now = NOON + 61 * MINUTE
    await desk.run()
    assert _told(desk) == [("silent", "dialer", "0", "2")]


async def test_r30_nobody_listens_to_a_feed_that_no_agreement_in_force_counts_on_any_more() -> None:
    desk = await _desk(dialer=3_600, crm=3_600)
    desk.now = NOON + 30 * MINUTE
    _agree(desk, {"crm": 3_600}, version=2)
    await desk.run()
    desk.put_agreement(FACTS(Withdrawn(agreement="pact", version=1), at=desk.now).envelope)
    await desk.run()
    desk.now = NOON + 61 * MINUTE
    await desk.run()
    assert _told(desk) == [("silent", "crm", "0", "2")], "an older version that goes takes nothing with it"
    desk.put_agreement(FACTS(Withdrawn(agreement="pact", version=2), at=desk.now).envelope)
    desk.now = NOON + 9 * HOUR
    await desk.run()
    assert len(_told(desk)) == 1


async def test_r30_what_came_before_a_feed_was_last_heard_does_not_bring_it_back() -> None:
    desk = await _desk(dialer=3_600)
    await _says(desk, NOON + 20 * MINUTE)
    desk.now = NOON + 81 * MINUTE
    await desk.run()
    await desk.put("activities", CALL, source="dialer", received=NOON + 10 * MINUTE)
    await desk.run()
    assert [told[0] for told in _told(desk)] == ["silent"]
