"""Qualifier and sla-monitor read every example of their topic as bytes on a real stage: whatever it is, one answer.

A reader may take an example in, set its key aside, or bury it; which of these is said here, and never a stopped slot
but for a version newer than this code.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from leadpact.contracts.carried import CARRIED
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, InForce
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.events.qualification import Qualified
from leadpact.contracts.registry import BY_NAME
from leadpact.kit.decider import Decider, Fact
from leadpact.kit.errors import Systemic
from leadpact.qualifier.domain.decider import Qualifier
from leadpact.sla_monitor.domain.decider import SlaMonitor
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.examples import examples, files
from leadpact.testkit.facts import Facts
from leadpact.testkit.playing import Played

DECIDERS: tuple[Decider[Any, Any], ...] = (Qualifier(), SlaMonitor())
NOW = datetime(2024, 3, 4, 15, tzinfo=UTC)
"""An hour after the examples."""
EACH = [
    pytest.param(decider, fact, id=f"{decider.consumer}-{name}")
    for decider in DECIDERS
    for name, fact in zip(
        [n for n in files() if n.split(".v")[0] in CARRIED[decider.input.name]],
        examples(decider.input.name),
        strict=True,
    )
]


def behind(decider: Decider[Any, Any], *facts: Fact) -> list[Fact]:
    """The facts as their topic may hold them: behind the agreements in force, history within a lane."""
    agreements = [fact for fact in examples(decider.input.name) if isinstance(fact.event, InForce)]
    told: list[Fact] = []
    for fact in facts:
        history = fact.envelope.lane is Lane.BACKFILL and not BY_NAME[fact.envelope.type].control
        opened = Facts()(BackfillOpened(control=20, lane="l"), at=NOW)
        closed = Facts()(BackfillClosed(control=21, lane="l", facts=1), at=NOW)
        told += [opened, fact, closed] if history else [fact]
    return [*agreements, *told]


def possible(decider: Decider[Any, Any], fact: Fact) -> bool:
    """Whether a fact can stand in the input: what a decider says of its own trouble stands in its output alone."""
    event = fact.event
    return governed(fact) and not (isinstance(event, Parked | Unparked) and event.consumer == decider.consumer)


def governed(fact: Fact) -> bool:
    """Whether the agreement that a fact names is in force in front of it."""
    known = {
        (agreement.event.agreement.id, agreement.event.agreement.version)
        for agreement in examples("qualification")
        if isinstance(agreement.event, InForce)
    }
    event = fact.event
    return not isinstance(event, Qualified) or (event.agreement, event.agreement_version) in known


@pytest.mark.parametrize(("decider", "fact"), EACH)
async def test_each_example_is_taken_in_or_its_key_set_aside_with_the_reason(
    decider: Decider[Any, Any], fact: Fact
) -> None:
    played = Played(decider, ManualClock(NOW))
    await played.play(behind(decider, fact))

    assert played.store.rows.dead == []
    parked = {(aside.by, aside.reason.partition(" ")[0]) for aside in played.rows.parked.values()}
    if isinstance(fact.event, Parked):
        assert parked == {(fact.event.consumer, fact.event.reason.partition(" ")[0])}, "its timers hold here too"
    elif governed(fact):
        assert parked == set()
    else:
        # It cannot happen: in each partition the control record stands before what it governs. Should it, then the
        # log is broken for this lead, and no verdict is better than one without an agreement.
        assert parked == {(decider.consumer, "UnknownAgreement")}


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.consumer)
async def test_all_examples_in_a_row_leave_nothing_aside_but_what_cannot_happen(decider: Decider[Any, Any]) -> None:
    played = Played(decider, ManualClock(NOW))
    await played.play(behind(decider, *(fact for fact in examples(decider.input.name) if possible(decider, fact))))
    assert played.store.rows.dead == [] and played.rows.parked == {}
    assert {envelope.type for envelope in played.out} <= CARRIED[decider.output.name]


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.consumer)
async def test_what_nobody_can_read_is_buried_and_what_follows_is_handled(decider: Decider[Any, Any]) -> None:
    whole = files()["lead.captured.v1.plain"]
    half = whole[: len(whole) // 2]
    unheard_of = changed(whole, type="lead.sang")
    misshapen = changed(whole, data={"source": 7})
    naive = changed(whole, occurred_at="2024-03-04T14:00:00")
    played = Played(decider, ManualClock(NOW))
    await played.play([half, unheard_of, misshapen, naive, b"", b"\xff\xfe", whole])

    reasons = [letter.reason.partition(":")[0] for letter in played.store.rows.dead]
    assert reasons == ["Malformed", "UnknownType", "Malformed", "Malformed", "Malformed", "Malformed"]
    assert played.rows.cells.keys() == {msgspec.json.decode(whole)["lead"]}


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.consumer)
async def test_a_version_newer_than_this_code_stops_the_slot_and_loses_nothing(decider: Decider[Any, Any]) -> None:
    whole = files()["lead.captured.v1.plain"]
    played = Played(decider, ManualClock(NOW))
    with pytest.raises(Systemic, match=r"lead\.captured version 2, known up to 1"):
        await played.play([whole, changed(whole, version=2)])
    assert played.rows.cells == {} and played.store.rows.dead == [], "the turn was taken back as a whole"


def changed(raw: bytes, **parts: object) -> bytes:
    """An encoded envelope with some fields changed."""
    return msgspec.json.encode(msgspec.json.decode(raw) | parts)
