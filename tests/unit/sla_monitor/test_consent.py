"""What a lead agreed to or not: the last word stands, and nothing outward is owed against it."""

import msgspec

from leadpact.contracts.events.sla import ClockKind
from leadpact.kit.decider import Fact
from tests.unit.sla_monitor.world import DAY, HOUR, MINUTE, T, World


def test_r47_an_opt_out_cancels_the_outward_promises() -> None:
    world = World()
    world.tale.given(world.mql(T), world.opted_out(T + MINUTE)).until(T + 10 * DAY)
    assert world.verdicts() == ["cancelled"]


def test_r47_nothing_outward_is_promised_to_who_opted_out_before() -> None:
    world = World()
    world.tale.given(world.opted_out(T - DAY), world.mql(T))
    assert world.started() == []


def test_r47_r49_a_late_older_opt_in_does_not_take_a_newer_opt_out_back() -> None:
    world = World()
    world.tale.given(world.opted_out(T - HOUR), world.opted_in(T - 2 * HOUR, received=T - MINUTE), world.mql(T))
    assert world.started() == []


def test_r47_r49_a_late_older_opt_out_cancels_nothing_after_a_newer_opt_in() -> None:
    world = World()
    world.tale.given(world.mql(T), world.opted_in(T + 10 * MINUTE))
    world.tale.given(world.opted_out(T + 5 * MINUTE, received=T + 20 * MINUTE), world.touch(T + 30 * MINUTE))
    assert world.verdicts() == ["met"]


def test_r47_of_two_words_of_one_instant_the_one_with_the_later_id_stands() -> None:
    out, in_ = World().opted_out(T - HOUR), World().opted_in(T - HOUR)
    for facts in ((out, in_), (in_, out)):
        world = World()
        named = [Fact(msgspec.structs.replace(fact.envelope, id=f"{fact is in_:d}"), fact.event) for fact in facts]
        world.tale.given(*named, world.mql(T))
        assert len(world.started()) == 1


def test_r43_an_opt_out_of_history_cancels_what_runs_and_takes_no_verdict_back() -> None:
    for before, verdicts in (("answer", ["met"]), ("miss", ["missed"]), ("nothing", ["cancelled"])):
        world = World()
        world.tale.given(world.mql(T), *([world.touch(T + MINUTE)] if before == "answer" else []))
        world.tale.until(T + (2 * HOUR if before == "miss" else MINUTE))
        world.tale.given(world.opted_out(T - 200 * DAY)).until(T + 9 * DAY)
        assert world.verdicts() == verdicts
        assert world.verdicts(ClockKind.CADENCE) == ["cancelled"]


def test_r47_each_purpose_has_its_own_last_word() -> None:
    world = World()
    world.tale.given(world.opted_out(T - 2 * HOUR, purpose="calls"), world.opted_in(T - HOUR), world.mql(T))
    assert world.started() == []


def test_r47_a_reply_after_an_opt_out_opens_no_promise() -> None:
    world = World()
    world.tale.given(world.mql(T), world.touch(T + MINUTE), world.opted_out(T + HOUR), world.reply(T + 2 * HOUR))
    assert len(world.started()) == 1
