"""Point 12 of event handling: input and own output come to the same bytes and timers, and nothing is decided again."""

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Lane
from leadpact.contracts.events.control import BackfillClosed, BackfillOpened
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.events.lead import Behaved
from leadpact.kit.decider import Decision, Fact, Ring, Scope
from leadpact.kit.errors import Gap, Unbuildable
from leadpact.kit.rebuild import building as module
from leadpact.kit.rebuild.building import Switched, building
from leadpact.kit.rebuild.ports import Differences, Handed
from leadpact.kit.rows import ParkedKey, Position, Record
from leadpact.testkit.clock import ManualClock
from leadpact.testkit.counting import Counting, Tally
from leadpact.testkit.facts import Facts
from leadpact.testkit.memory import MemoryLog
from leadpact.testkit.memory.beside import MemoryBeside
from leadpact.testkit.playing import Played
from tests.unit.kit.test_stage import START, at, behaved, closure, histories


class Shifting(Counting):
    """A rule of the whole partition moves timers that are set, with each control record by `shift`; a key hears of it
    when something touches it. One that rings at its old time is set anew, and says nothing.

    Facts whose kind is in `fails` fail. Its state tells in which order things came.
    """

    shift = timedelta(seconds=7)

    def __init__(self) -> None:
        super().__init__()
        self.fails: set[str] = set()

    def timers(self, control: int, state: Tally) -> Mapping[str, datetime]:
        return {name: due + self.shift * control for name, due in state.timers.items()}

    def decide(self, scope: Scope, control: int, state: Tally, fact: Fact) -> Decision:
        if isinstance(fact.event, Behaved) and fact.event.kind in self.fails:
            raise ZeroDivisionError
        decision = super().decide(scope, control, state, fact)
        quiet = isinstance(fact.event, Behaved) and fact.event.subject == "count"
        return Decision() if quiet and state.facts % 2 else decision

    def ring(self, scope: Scope, control: int, state: Tally, ring: Ring) -> Decision:
        stands = self.timers(control, state)[ring.name]
        return super().ring(scope, control, state, ring) if stands == ring.due else Decision()

    def evolve(self, state: Tally, fact: Fact) -> Tally:
        order = zlib.crc32(fact.envelope.id.encode(), state.rings)
        return msgspec.structs.replace(super().evolve(state, fact), rings=order)


class OnlyEvolves(Shifting):
    """Nobody may ask it to decide."""

    def decide(self, scope: Scope, control: int, state: Tally, fact: Fact) -> Decision:
        raise AssertionError(scope, control, state, fact)

    def ring(self, scope: Scope, control: int, state: Tally, ring: Ring) -> Decision:
        raise AssertionError(scope, control, state, ring)


class FarShifting(OnlyEvolves):
    """Timers move out of sight."""

    shift = timedelta(days=150)


def stage(decider: Counting | None = None) -> Played[Tally, int]:
    return Played[Tally, int](decider or Shifting(), ManualClock(START))


def beside(played: Played[Tally, int]) -> MemoryBeside:
    return MemoryBeside(played.store.rows, played.slot, played.input, played.output)


def logged(played: Played[Tally, int]) -> MemoryLog:
    """The input; the output is not published yet, it stands in the outbox."""
    log = MemoryLog()
    log.records[played.input] = list(played.read)
    return log


async def checked(played: Played[Tally, int], decider: Counting | None = None) -> Differences:
    async with building(
        decider or OnlyEvolves(), played.slot, logged(played), beside(played), lambda _, __: None
    ) as slot:
        await slot.catch_up()
        return await slot.check()


async def same(played: Played[Tally, int], decider: Counting | None = None) -> None:
    found = await checked(played, decider)
    assert (found.differing_cells, found.differing_timers) == (0, 0), found.first
    assert found.cells == len(played.rows.cells)


def page(subject: str, kind: str = "page") -> Behaved:
    return Behaved(source="test", kind=kind, subject=subject)


@settings(max_examples=120, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    history=histories(),
    cut=st.integers(1, 30),
    chunk=st.integers(1, 7),
    idle=st.none() | st.integers(0, 90),
    asks=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=3),
)
async def test_point12_what_is_rebuilt_is_what_lives_to_the_byte(
    history: list[Fact | bytes], cut: int, chunk: int, idle: int | None, asks: list[tuple[bool, int]]
) -> None:
    decider = Shifting()
    played = stage(decider)
    parts = len(asks) + 1
    for number in range(parts):
        if number:
            decider.mended, _ = asks[number - 1]
            for key in {key for key, _ in played.rows.parked}:
                await played.store.ask_unpark("counting", key)
        part = history[number * len(history) // parts : (number + 1) * len(history) // parts]
        await played.play(part, cut)
    if idle is not None:
        await played.play([], idle=max(at(idle), played.rows.lease.mark))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        patch.setattr(module, "AT_HAND", 1)
        await same(played)


async def test_point12_a_timer_that_rang_without_a_word_is_known_by_time_alone() -> None:
    played, facts = stage(), Facts()
    await played.play(
        [
            facts(behaved("in 10"), at=at(0)),
            facts(closure(1), at=at(8)),  # it rings at 10 all the same, and is set for 17
            facts(closure(2), at=at(12)),  # so that it rings at 17, and is set for 24
            facts(closure(3), at=at(20)),
        ]
    )
    (timer,) = played.rows.timers.values()
    assert timer.due == at(24)
    await same(played)


async def test_point12_timers_of_a_key_that_waits_have_not_rung() -> None:
    decider = Shifting()
    decider.fails = {"form"}
    played, facts = stage(decider), Facts()
    told = [facts(behaved("in 10"), at=at(0)), facts(page("count", "form"), at=at(1)), facts(closure(1), at=at(30))]
    await played.play(told)
    (timer,) = played.rows.timers.values()
    assert timer.due == at(10)
    await same(played)


async def test_point12_timers_that_somebody_upstream_holds_have_not_rung() -> None:
    played, facts = stage(), Facts()
    held = Parked(consumer="upstream", reason="a bug")
    await played.play([facts(behaved("in 10"), at=at(0)), facts(held, at=at(1)), facts(closure(1), at=at(30))])
    assert [timer.due for timer in played.rows.timers.values()] == [at(10)]
    await same(played)
    await played.play([facts(Unparked(consumer="upstream", records=1), at=at(31))])
    await same(played)


async def test_point12_a_key_that_got_on_a_little_waits_where_it_waits() -> None:
    decider = Shifting()
    decider.fails = {"form", "mail"}
    played, facts = stage(decider), Facts()
    kinds = ["form", "page", "mail", "page"]  # the second is taken in without a word
    await played.play([facts(page("count", kind), at=at(n)) for n, kind in enumerate(kinds)])
    await same(played)
    for fails, left in (({"mail"}, 2), ({"mail"}, 2), (set[str](), 0)):
        decider.fails = fails
        assert await played.store.ask_unpark("counting", "lead-1")
        await played.play([])
        assert len(played.rows.waiting["lead-1"]) == left
        await same(played)
    await played.play([facts(page("count"), at=at(9))])
    await same(played)


async def test_r43_keys_of_an_open_lane_are_of_the_lane() -> None:
    played, facts = stage(), Facts()
    told = [facts(BackfillOpened(control=1, lane="l"), at=at(0))]
    told += [facts(behaved("in 10"), lead=key, at=at(n - 90), lane=Lane.BACKFILL) for n, key in enumerate("ab")]
    await played.play(told)
    assert {cell.lane for cell in played.rows.cells.values()} == {Lane.LIVE, Lane.BACKFILL}
    await same(played)


async def test_r43_the_end_of_a_lane_is_heard_before_its_closing_changes_anything() -> None:
    decider = Shifting()
    decider.shift = FarShifting.shift
    played, facts = stage(decider), Facts()
    past = START - timedelta(days=200)
    set_ = facts(behaved("in 10"), at=past, lane=Lane.BACKFILL)
    ends = past + timedelta(days=160)
    closed = BackfillClosed(control=3, lane="l", facts=1, until=ends)
    await played.play([facts(BackfillOpened(control=1, lane="l"), at=START), set_])
    await played.play([facts(closure(2), at=START), facts(closed, at=START)])
    assert [timer.due for timer in played.rows.timers.values()] == [past + timedelta(days=300, seconds=10)]
    await same(played, FarShifting())


async def test_point12_what_was_unreadable_is_passed_over_though_this_code_can_read_it() -> None:
    played, facts = stage(), Facts()
    first, unread, last = (facts(behaved("count"), at=at(n)) for n in range(3))
    await played.play([first, wire.encode(unread.envelope).replace(b"lead.behaved", b"lead.flew"), last])
    mended = played.read[1]
    value = mended.value.replace(b"lead.flew", b"lead.behaved")
    played.read[1] = Record(*played.input, mended.offset, b"", value, mended.seq)
    await same(played)


async def test_point12_a_letter_that_was_handed_back_is_taken_where_it_was() -> None:
    played, facts = stage(), Facts()
    told = [facts(behaved("count"), at=at(n)) for n in range(4)]
    bad = wire.encode(told[1].envelope).replace(b"lead.behaved", b"lead.flew")
    await played.play([told[0], bad, told[2]])
    record = played.read[1]
    played.read[1] = mended = Record(*played.input, 1, b"", wire.encode(told[1].envelope), record.seq)
    played.rows.waiting["lead-1"].append(mended)  # as `letters.redrive` does
    played.rows.parked["lead-1", "counting"] = ParkedKey("lead-1", "counting", "handed back", asked=True)
    await played.play([told[3]])
    assert [event.records for event in played.events if isinstance(event, Unparked)] == [1]

    there = beside(played)
    there.handed = {1: Handed(behind=3, number=1)}
    async with building(OnlyEvolves(), played.slot, logged(played), there, lambda _, __: None) as slot:
        await slot.catch_up()
        found = await slot.check()
    assert (found.differing_cells, found.differing_timers) == (0, 0), found.first
    with pytest.raises(Unbuildable, match="so many do not wait"):
        await checked(played)  # where nobody had noted that it was


async def test_point12_a_foreign_record_that_the_slot_was_led_past_is_passed_over() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("count"), at=at(n)) for n in range(3)])
    played.read.append(Record(*played.input, 3, b"", played.read[0].value, 99))
    lease = played.rows.lease
    played.rows.lease = msgspec.structs.replace(lease, positions={played.input: Position(4, 3)})
    there = beside(played)
    there.handed = {3: None}
    async with building(OnlyEvolves(), played.slot, logged(played), there, lambda _, __: None) as slot:
        await slot.catch_up()
        found = await slot.check()
    assert (found.differing_cells, found.differing_timers) == (0, 0), found.first
    with pytest.raises(Gap, match="sequence 99 after 3"):
        await checked(played)


async def test_point12_what_differs_is_said_and_switched() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("in 50"), lead=key, at=at(0)) for key in "abc"])
    right_cells, right_timers = dict(played.rows.cells), dict(played.rows.timers)
    played.rows.cells["a"] = msgspec.structs.replace(played.rows.cells["a"], data=right_cells["b"].data + b"x")
    del played.rows.cells["b"], played.rows.timers["c", "in 50"]
    before = played.rows.lease
    async with building(OnlyEvolves(), played.slot, logged(played), beside(played), lambda _, __: None) as slot:
        await slot.catch_up()
        found = await slot.check()
        assert (found.cells, found.differing_cells, found.differing_timers) == (3, 2, 1)
        assert found.first == ("cell a", "cell b", "timer c in 50")
        assert played.rows.cells.keys() == {"a", "c"}, "a check switches nothing"
        assert await slot.switch() == Switched(cells=2, timers=1)
    assert (played.rows.cells, played.rows.timers) == (right_cells, right_timers)
    after = played.rows.lease
    assert after == msgspec.structs.replace(before, owner="", epoch=before.epoch + 1), "positions and marks stay"


async def test_point12_other_keys_waiting_than_the_log_says_stops_the_switch() -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("count"), at=at(0))])
    played.rows.parked["lead-1", "counting"] = ParkedKey("lead-1", "counting", "by hand")
    with pytest.raises(Unbuildable, match="other keys wait than the log says"):
        await checked(played)


async def test_point12_a_log_whose_beginning_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    played, facts = stage(), Facts()
    await played.play([facts(behaved("count"), at=at(0))])

    async def starts(_: MemoryLog, streams: list[object]) -> dict[object, int]:
        return dict.fromkeys(streams, 1)

    monkeypatch.setattr(MemoryLog, "starts", starts)
    with pytest.raises(Unbuildable, match="what stood before is gone"):
        await checked(played)


async def test_point6_how_far_a_key_got_before_it_failed_again_is_said() -> None:
    decider = Counting()
    played, facts = stage(decider), Facts()
    await played.play([facts(behaved(s), at=at(n)) for n, s in enumerate(["bug", "count", "bug", "count"])])
    played.rows.waiting["lead-1"].pop(0)  # as if the first of them had been mended alone
    assert await played.store.ask_unpark("counting", "lead-1")
    await played.play([])
    assert [event.handled for event in played.events if isinstance(event, Parked)] == [0, 1]
    assert len(played.rows.waiting["lead-1"]) == 2
