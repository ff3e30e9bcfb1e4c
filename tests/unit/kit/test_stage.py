"""Point 3 and 7 of event handling: as if one by one, time by marks only, lanes, poison."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened, ClosureDeclared
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.events.lead import Behaved, Consented, Profiled
from leadpact.kit import rows
from leadpact.kit.decider import Fact
from leadpact.kit.errors import Systemic
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.counting import TALLIED, Counting, Tally
from leadpact.testkit.facts import Facts
from leadpact.testkit.playing import Played

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def behaved(subject: str) -> Behaved:
    return Behaved(source="test", kind="page", subject=subject)


def closure(control: int, reason: str = "storm") -> ClosureDeclared:
    return ClosureDeclared(control=control, team="sales", day=START.date(), reason=reason)


def stage(decider: Counting | None = None) -> Played[Tally, int]:
    return Played[Tally, int](decider or Counting(), ManualClock(START))


SUBJECTS = ["count", "pass", "share", "tally", "bug", "in 0", "in 3", "in 40", "again 2", "again 15"]


def mild(subject: str) -> str:
    """Only one key may fail: many at once would stop the slot, which depends on how many are at once."""
    return "count" if subject == "bug" else subject


@st.composite
def histories(draw: st.DrawFn) -> list[Fact | bytes]:
    facts = Facts()
    told: list[Fact | bytes] = []
    clock = 0.0
    steps = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(SUBJECTS), st.integers(0, 9)), max_size=25)

    def live(most: int) -> None:
        nonlocal clock
        for key, subject, pause in draw(steps)[:most]:
            clock += pause
            chance = draw(st.integers(0, 19))
            if chance == 0:
                told.append(facts(closure(1), at=at(clock)))
            elif chance == 1:
                told.append(b"{")
            told.append(facts(behaved(subject if key == "a" else mild(subject)), lead=key, at=at(clock)))

    live(25)
    if draw(st.booleans()):
        told.append(facts(BackfillOpened(control=2, lane="l"), at=at(clock)))
        past = -1_000.0
        for key, subject, pause in draw(steps):
            past += pause
            lead = draw(st.sampled_from([key, key.upper()]))
            told.append(facts(behaved(mild(subject)), lead=lead, at=at(past), lane=Lane.BACKFILL))
        ends = at(past + draw(st.integers(0, 60)))  # the last fact may stand in another partition
        told.append(facts(BackfillClosed(control=3, lane="l", facts=1, until=ends), at=at(clock)))
        live(10)
    return told


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(history=histories(), cut=st.integers(1, 30))
async def test_point3_output_is_as_if_records_came_one_by_one(history: list[Fact | bytes], cut: int) -> None:
    single, batched = stage(), stage()
    await single.play(history, 1)
    await batched.play(history, cut)
    assert batched.outbox == single.outbox
    assert batched.rows.cells == single.rows.cells
    assert batched.rows.timers == single.rows.timers
    assert batched.rows.parked == single.rows.parked
    assert batched.rows.waiting == single.rows.waiting
    assert batched.rows.tallies == single.rows.tallies
    assert batched.store.rows.effects == single.store.rows.effects
    assert batched.store.rows.dead == single.store.rows.dead
    assert batched.rows.lease.mark == single.rows.lease.mark


async def test_point1_what_a_step_counts_stands_behind_the_record_it_was_counted_by() -> None:
    decider, facts = Counting(), Facts()
    played = stage(decider)
    told = [("a", "bug"), ("b", "tally"), ("a", "tally"), ("c", "tally"), ("b", "count")]
    await played.play([facts(behaved(subject), lead=lead, at=at(n)) for n, (lead, subject) in enumerate(told)])
    assert played.rows.tallies == {TALLIED: rows.Tally(2, 4, at(1))}
    decider.mended = True
    await played.store.ask_unpark("counting", "a")
    await played.play([])
    assert played.rows.tallies == {TALLIED: rows.Tally(3, 5, at(1))}, "what waited is counted behind the last record"


def rings(played: Played[Tally, int]) -> list[str]:
    return [event.text or "" for event in played.events if isinstance(event, Consented)]


async def test_point7_timers_fire_by_the_mark_before_the_record_that_carries_it() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("in 10"), at=at(0)), facts(behaved("in 5"), lead="lead-2", at=at(1))])
    assert rings(played) == []
    await played.play([facts(behaved("count"), lead="lead-3", at=at(20))])
    assert rings(played) == [at(6).isoformat(), at(10).isoformat()]
    assert [event.lead for event in played.out][-3:] == ["lead-2", "lead-1", "lead-3"]


async def test_point7_an_idle_partition_fires_by_the_marks_it_is_told() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("in 10"), at=at(0))], idle=at(9))
    assert rings(played) == []
    await played.play([], idle=at(10))
    assert rings(played) == [at(10).isoformat()]
    assert played.rows.timers == {}


async def test_point7_recorded_at_is_never_before_cause_mark_or_clock() -> None:
    played, facts = stage(), Facts()
    played.clock.step_to(at(60))
    await played.play([facts(behaved("in 5"), at=at(0), recorded=at(1))], idle=at(90))
    profiled, consented = played.out
    assert profiled.recorded_at == at(60)
    assert (consented.occurred_at, consented.recorded_at) == (at(5), at(90))


async def test_point7_more_due_timers_than_fit_take_several_turns_in_order() -> None:
    played, facts = stage(), Facts()
    for seconds in (
        9_000,
        19_000,
    ):  # a key's second timer is at hand with its first, and must wait for the others' firsts
        await played.play([facts(behaved(f"in {seconds - n}"), lead=f"lead-{n:04}", at=at(0)) for n in range(1_500)])
    turns = played.rows.lease.turn
    await played.play([], idle=at(20_000))
    rung = rings(played)
    assert len(rung) == 3_000
    assert rung == sorted(rung)
    assert played.rows.lease.turn > turns + 2


async def test_point8_effects_once_per_cause() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("in 5"), at=at(0))], idle=at(10))
    assert sorted(effect.kind for effect in played.store.rows.effects.values()) == ["chat", "mail"]


def backfill(facts: Facts, *told: Fact) -> list[Fact | bytes]:
    opened = facts(BackfillOpened(control=1, lane="l"), at=at(0))
    return [opened, *told, facts(BackfillClosed(control=2, lane="l", facts=len(told)), at=at(0))]


async def test_r43_a_lane_has_its_own_time_and_no_effects_until_it_joins() -> None:
    played, facts = stage(), Facts()
    await played.play(
        backfill(
            facts,
            facts(behaved("in 100"), at=at(-1_000), lane=Lane.BACKFILL),
            facts(behaved("again 300"), lead="lead-2", at=at(-850), lane=Lane.BACKFILL),
        )
    )
    lane_ring, joined_ring, again = (event for event in played.out if event.type == "lead.consented")
    assert (lane_ring.occurred_at, lane_ring.recorded_at, lane_ring.lane) == (at(-900), at(-900), Lane.BACKFILL)
    assert (joined_ring.occurred_at, joined_ring.recorded_at, joined_ring.lane) == (at(-550), at(0), Lane.LIVE)
    assert again.occurred_at == at(-250)
    assert played.store.rows.effects == {}
    assert {cell.lane for cell in played.rows.cells.values()} == {Lane.LIVE}


async def test_r43_a_lanes_time_runs_to_its_last_fact_though_that_stands_in_another_partition() -> None:
    played, facts = stage(), Facts()
    opened, told, _ = backfill(facts, facts(behaved("again 300"), at=at(-1_000), lane=Lane.BACKFILL))
    closed = facts(BackfillClosed(control=2, lane="l", facts=2, until=at(-500)), at=at(0))
    await played.play([opened, told, closed])
    in_lane, joined = (event for event in played.out if event.type == "lead.consented")
    assert (in_lane.occurred_at, in_lane.recorded_at, in_lane.lane) == (at(-700), at(-700), Lane.BACKFILL)
    assert (joined.occurred_at, joined.recorded_at, joined.lane) == (at(-400), at(0), Lane.LIVE)
    assert played.store.rows.effects == {}


async def test_r43_what_the_joined_lane_owes_comes_before_what_follows_the_closing() -> None:
    played, facts = stage(), Facts()
    history = backfill(facts, facts(behaved("in 500"), at=at(-900), lane=Lane.BACKFILL))
    await played.play([*history, facts(behaved("count"), lead="lead-2", at=at(1))])
    assert [event.type for event in played.out][-3:] == ["backfill.closed", "lead.consented", "lead.profiled"]


async def test_r43_after_joining_timers_due_later_make_effects() -> None:
    played, facts = stage(), Facts()
    await played.play(backfill(facts, facts(behaved("in 1000"), at=at(-990), lane=Lane.BACKFILL)), idle=at(9))
    assert played.store.rows.effects == {}
    await played.play([], idle=at(10))
    assert [effect.kind for effect in played.store.rows.effects.values()] == ["chat"]


async def test_r43_history_never_fires_live_timers_and_is_late_evidence_for_live_leads() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("in 1"), at=at(-1)), facts(behaved("in 500"), lead="lead-2", at=at(-400))])
    late = facts(behaved("pass"), at=at(-50), lane=Lane.BACKFILL)
    before = len(played.out)
    effects = len(played.store.rows.effects)
    await played.play(backfill(facts, late))
    opened, passed, profiled, _closed = played.out[before:][-4:]
    assert opened.type == "backfill.opened"
    assert (passed.lane, passed.recorded_at, passed.mark) == (Lane.BACKFILL, at(-50), at(-50))
    assert (profiled.lane, profiled.recorded_at) == (Lane.LIVE, at(0))
    assert len(played.store.rows.effects) == effects + 1  # the ring of lead-1 by the opening's mark
    assert at(100).isoformat() not in rings(played)


async def test_r43_history_outside_of_a_lane_stops_the_slot() -> None:
    with pytest.raises(Systemic, match="outside of a lane"):
        await stage().play([Facts()(behaved("count"), at=at(-5), lane=Lane.BACKFILL)])


async def test_point6_malformed_data_become_a_dead_letter_and_the_rest_goes_on() -> None:
    played, facts = stage(), Facts()
    await played.play([b"\x00", facts(behaved("count"), at=at(0)), b'{"id": 1}'])
    assert [letter.record.value for letter in played.store.rows.dead] == [b"\x00", b'{"id": 1}']
    assert played.store.rows.dead[0].reason.startswith("Malformed: ")
    assert [type(event) for event in played.events] == [Profiled]


async def test_point6_a_key_we_fail_on_is_parked_and_the_others_go_on() -> None:
    played, facts = stage(), Facts()
    await played.play(
        [
            facts(behaved("in 5"), at=at(0)),
            facts(behaved("bug"), at=at(1)),
            facts(behaved("count"), lead="lead-2", at=at(9)),  # its timer was due within this turn
            facts(behaved("count"), at=at(9)),
        ],
        idle=at(60),
    )
    assert [(event.lead, event.type) for event in played.out] == [
        ("lead-1", "lead.profiled"),
        ("lead-1", "key.parked"),
        ("lead-2", "lead.profiled"),
    ]
    assert [event.lead_version for event in played.out] == [1, 2, 1]
    (parked,) = played.rows.parked.values()
    assert parked.reason.startswith("ZeroDivisionError at counting.py:")
    assert len(played.rows.waiting["lead-1"]) == 2


async def test_point6_unpark_handles_what_waited_in_order_then_its_timers() -> None:
    decider = Counting()
    played, facts = stage(decider), Facts()
    await played.play([facts(behaved(s), at=at(n)) for n, s in enumerate(["in 5", "bug", "pass", "bug"])], idle=at(60))
    decider.mended = True
    assert await played.store.ask_unpark("counting", "lead-1")
    await played.play([facts(behaved("count"), at=at(70))])
    said = [(event.lead_version, event.type) for event in played.out][2:]
    assert said == [
        (3, "lead.profiled"),
        (4, "lead.behaved"),
        (5, "lead.profiled"),
        (6, "lead.profiled"),
        (7, "key.unparked"),
        (8, "lead.consented"),
        (9, "lead.profiled"),
    ]
    assert Unparked(consumer="counting", records=3) in played.events
    assert (played.rows.parked, played.rows.waiting["lead-1"]) == ({}, [])


async def test_point6_a_key_that_fails_again_waits_on() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved(s), at=at(n)) for n, s in enumerate(["bug", "count"])])
    assert await played.store.ask_unpark("counting", "lead-1")
    await played.play([])
    (parked,) = played.rows.parked.values()
    assert not parked.asked
    assert len(played.rows.waiting["lead-1"]) == 2
    assert [event.handled for event in played.events if isinstance(event, Parked)] == [0, 0], "each failure is said"


async def test_point6_what_was_handed_back_too_early_waits_on_and_nothing_behind_it_overtakes() -> None:
    decider = Counting()
    played, facts = stage(decider), Facts()
    await played.play([facts(behaved("bug"), at=at(0)), facts(behaved("count"), at=at(1))])
    decider.mended = True
    waiting = played.rows.waiting["lead-1"]
    last = waiting[1].value
    waiting.insert(1, msgspec.structs.replace(waiting[0], value=b"{"))
    assert await played.store.ask_unpark("counting", "lead-1")
    await played.play([])
    (parked,) = played.rows.parked.values()
    assert not parked.asked and parked.reason.startswith("Malformed")
    assert [record.value for record in played.rows.waiting["lead-1"]] == [b"{", last]
    assert Unparked not in map(type, played.events)


async def test_point6_many_keys_failing_at_once_stop_the_slot() -> None:
    played, facts = stage(), Facts()
    with pytest.raises(Systemic, match="more than 5 keys"):
        await played.play([facts(behaved("bug"), lead=f"lead-{n}", at=at(n)) for n in range(6)])
    assert (played.outbox, played.rows.cells, played.rows.parked) == ([], {}, {})


async def test_point6_a_control_record_we_fail_on_stops_the_slot() -> None:
    with pytest.raises(Systemic, match=r"closure\.declared"):
        await stage().play([Facts()(closure(1, "bug"), at=at(0))])


async def test_point6_a_version_newer_than_this_code_stops_the_slot() -> None:
    played = stage()
    raw = Facts()(behaved("count"), at=at(0)).envelope
    newer = msgspec.structs.replace(raw, version=99)
    with pytest.raises(Systemic, match="version 99"):
        await played.play([Fact(newer, behaved("count"))])


async def test_point6_a_key_parked_upstream_holds_its_timers_here_and_is_passed_on() -> None:
    played, facts = stage(), Facts()
    parked, unparked = Parked(consumer="before", reason="bug"), Unparked(consumer="before", records=1)
    await played.play([facts(behaved("in 5"), at=at(0)), facts(parked, at=at(1))], idle=at(60))
    assert [event.type for event in played.out] == ["lead.profiled", "key.parked"]
    await played.play([facts(behaved("count"), at=at(61)), facts(unparked, at=at(62))])
    assert [event.type for event in played.out][2:] == ["lead.profiled", "key.unparked", "lead.consented"]


async def test_r51_control_records_govern_what_stands_behind_them() -> None:
    played, facts = stage(), Facts()
    first, second = facts(behaved("count"), at=at(0)), facts(behaved("count"), at=at(2))
    await played.play([first, facts(closure(1), at=at(1)), second])
    profiled = [event for event in played.events if isinstance(event, Profiled)]
    assert [event.features["control"] for event in profiled] == [0, 1]
    assert [event.type for event in played.out] == ["lead.profiled", "closure.declared", "lead.profiled"]
