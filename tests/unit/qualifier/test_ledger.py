"""The ledger is a function of the facts it was given, not of their order, and stays small (rule 49)."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.agreement import Group, Mode, Scalar
from leadpact.contracts.events.lead import Behaved, Captured, DealStatus, Dealt, Profiled
from leadpact.contracts.events.qualification import Qualified
from leadpact.contracts.registry import Event
from leadpact.kit.decider import Fact
from leadpact.qualifier.domain import coding
from leadpact.qualifier.domain.control import Control
from leadpact.qualifier.domain.instants import DAY as A_DAY
from leadpact.qualifier.domain.instants import micros
from leadpact.qualifier.domain.ledger import HORIZON, MOST_A_DAY, Ledger, Signal
from leadpact.qualifier.domain.reading import add, channel
from leadpact.qualifier.domain.state import Engagement, Lead
from leadpact.testkit.facts import Facts
from tests.unit.qualifier.world import DAY, DEMO, DIRECTOR, HOUR, MINUTE, PRICING_TWICE, T, World, agreement, all_of

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Captured,
        source=st.just("a"),
        channel=st.sampled_from(["organic", "other"]),
        form=st.sampled_from([None, "demo"]),
        campaign=st.sampled_from([None, "spring"]),
        features=st.dictionaries(st.sampled_from("xy"), st.integers(0, 3), max_size=2),
    ),
    st.builds(
        Profiled, source=st.just("crm"), features=st.dictionaries(st.sampled_from("xy"), st.integers(0, 3), max_size=2)
    ),
    st.builds(Behaved, source=st.just("a"), kind=st.just("page"), subject=st.sampled_from(["/pricing", "/blog"])),
    st.builds(Dealt, source=st.just("crm"), opportunity=st.just("o"), status=st.sampled_from(DealStatus)),
)
stories = st.lists(st.tuples(st.integers(0, 60 * 24 * 30), events), max_size=12)


def told(story: list[tuple[int, Event]]) -> list[Fact]:
    facts = Facts()
    return [facts(event, at=T + minute * MINUTE) for minute, event in story]


def ledger_of(facts: list[Fact]) -> Ledger:
    ledger = Ledger()
    for fact in facts:
        ledger = add(ledger, fact)
    return ledger


@given(stories, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_r49_facts_in_any_order_make_the_same_ledger(story: list[tuple[int, Event]], random: Random) -> None:
    facts = told(story)
    shuffled = random.sample(facts, len(facts))
    assert ledger_of(facts) == ledger_of(shuffled)


def test_r49_attributes_win_by_occurred_at_and_ties_by_id() -> None:
    facts = Facts()
    early, late, tied = (
        facts(Profiled(source="crm", features={"seniority": word}), at=T + hours * HOUR)
        for word, hours in (("manager", 1), ("vp", 2), ("director", 2))
    )
    winner = max(late, tied, key=lambda fact: fact.envelope.id)
    value = ledger_of([late, tied, early]).value("seniority", micros(T + DAY))
    assert isinstance(winner.event, Profiled)
    assert value is not None and value.value == winner.event.features["seniority"]


def values_of(ledger: Ledger) -> dict[str, list[tuple[int, Scalar]]]:
    return {name: [(value.at, value.value) for value in values] for name, values in ledger.attributes.items()}


def test_r49_what_was_captured_first_and_then_proves_the_later_is_a_visit_as_it_had_been_in_order() -> None:
    facts = Facts()
    early = facts(Captured(source="web", channel="other", form="demo", campaign="spring", features={"x": 1}), at=T)
    late = facts(Captured(source="fair", channel="organic", form="pricing", features={"x": 2}), at=T + HOUR)
    later = [
        facts(Profiled(source="fair", features={"x": 2}), at=T + HOUR),
        facts(Behaved(source="fair", kind="form", subject="pricing", channel="organic"), at=T + HOUR),
    ]
    in_order, turned, again = ledger_of([early, *later]), ledger_of([late, early]), ledger_of([early, late])
    assert values_of(turned) == values_of(again) == values_of(in_order)
    assert values_of(turned)["channel"] == [(micros(T), "other")] and channel(turned) == channel(in_order) == "organic"
    assert [(each.at, each.subject) for each in turned.signals] == [
        (each.at, each.subject) for each in in_order.signals
    ]


def test_of_a_noisy_day_the_first_32_signals_are_kept_in_whatever_order_they_come() -> None:
    signals = [Signal(minute, minute.to_bytes(16), "page", "/") for minute in range(100)]
    shuffled = Random(7).sample(signals, len(signals))
    ledger = Ledger()
    for signal in shuffled:
        ledger = ledger.with_signal(signal)
    assert list(ledger.signals) == signals[:MOST_A_DAY]
    assert len(ledger.with_signal(Signal(5, bytes(16), "page", "/blog")).signals) == MOST_A_DAY + 1
    assert len(ledger.with_signal(Signal(A_DAY, bytes(16), "page", "/")).signals) == MOST_A_DAY + 1


def test_of_an_attribute_that_never_rests_the_last_32_values_of_a_day_are_kept() -> None:
    ledger = Ledger()
    for minute in Random(7).sample(range(100), 100):
        ledger = ledger.with_values(minute, minute.to_bytes(16), {"x": minute})
    assert [value.value for value in ledger.attributes["x"]] == list(range(100 - MOST_A_DAY, 100))


def test_facts_beyond_the_horizon_leave_and_what_they_decided_is_judged_no_more() -> None:
    ledger = Ledger().with_values(0, bytes(16), {"x": 1}).with_signal(Signal(0, bytes(16), "page", "/")).upto(0)
    assert ledger.upto(HORIZON).whole_from < 0
    later = ledger.upto(HORIZON + A_DAY)
    assert later.signals == ()
    assert later.whole_from == HORIZON + A_DAY
    value = later.value("x", HORIZON)
    assert value is not None and value.value == 1  # an attribute holds until it changes


def test_a_value_that_was_overtaken_before_the_horizon_leaves() -> None:
    ledger = Ledger().with_values(0, bytes(16), {"x": 1}).with_values(A_DAY, bytes(16), {"x": 2})
    later = ledger.upto(HORIZON + 3 * A_DAY)
    assert [value.value for value in later.attributes["x"]] == [2]
    assert later.whole_from == A_DAY


@given(stories)
@settings(deadline=None)
def test_state_survives_its_own_encoding_byte_for_byte(story: list[tuple[int, Event]]) -> None:
    engagement = Engagement("e", "pact", 1, None, 5, closed_at=7, outcome="recycled")
    lead = Lead("lead-1", ledger_of(told(story)), (engagement,), 9, from_lane=False)
    raw = coding.dump(lead)
    assert coding.load(raw) == lead
    assert coding.dump(coding.load(raw)) == raw


def test_a_signal_takes_28_bytes() -> None:
    lead = Lead("lead-1")
    sizes = []
    for count in (100, 200):
        ledger = Ledger()
        for number in range(count):
            ledger = ledger.with_signal(Signal(number * A_DAY, number.to_bytes(16), "page", "/pricing"))
        sizes.append(len(coding.dump(replace(lead, ledger=ledger))))
    assert sizes[1] - sizes[0] == 100 * 28


def test_control_state_survives_its_own_encoding() -> None:
    world = World(agreement(all_of(DIRECTOR, Group("any", Mode.ANY, (DEMO, PRICING_TWICE)))))
    assert world.tale.control.in_force()
    assert coding.load_control(coding.dump_control(world.tale.control)) == world.tale.control
    assert coding.load_control(coding.dump_control(Control())) == Control()


MONOTONE = all_of(DIRECTOR, Group("either", Mode.ANY, (DEMO, PRICING_TWICE)))
moments = st.integers(0, 60 * 24 * 20)


@given(st.lists(st.tuples(moments, st.sampled_from(["/pricing", "/blog", "demo"])), max_size=8), moments, st.data())
@settings(max_examples=150, deadline=None)
def test_r49_shuffling_the_facts_of_a_lead_does_not_change_whether_it_is_an_mql(
    story: list[tuple[int, str]], captured: int, data: st.DataObject
) -> None:
    """The definition only gains by facts; where one can undo it, what was known when a decision fell is history."""
    seniority = data.draw(st.sampled_from(["vp", "manager"]))

    def mqls(order: Random | None) -> int:
        world = World(agreement(MONOTONE))
        facts = [world.captured(captured * MINUTE, received=30 * DAY, seniority=seniority)]
        for minute, subject in story:
            kind = "form" if subject == "demo" else "page"
            facts.append(world.behaved(minute * MINUTE, kind, subject, received=30 * DAY))
        facts.sort(key=lambda fact: (fact.envelope.occurred_at, fact.envelope.id))
        world.tale.given(*(facts if order is None else order.sample(facts, len(facts))))
        return len(world.tale.all(Qualified))

    assert mqls(None) == mqls(data.draw(st.randoms(use_true_random=False)))


def test_numbers_that_nothing_can_store_are_left_out() -> None:
    facts = Facts()
    ledger = ledger_of([facts(Profiled(source="crm", features={"big": 1 << 70, "x": 1}), at=T)])
    assert set(coding.load(coding.dump(Lead("lead-1", ledger))).ledger.attributes) == {"x"}
