"""The opening against a scan of every minute, and three-valued logic against its truth table (rules 14-17)."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.contracts.agreement import AttributeCriterion, Criterion, Group, Mode, SignalCriterion, Unknown
from leadpact.qualifier.domain.control import Control, Version
from leadpact.qualifier.domain.instants import END, SECOND
from leadpact.qualifier.domain.interpreter import attribute_truth, truth
from leadpact.qualifier.domain.ledger import BEGINNING, Capture, Ledger, Signal
from leadpact.qualifier.domain.opening import openings
from leadpact.qualifier.domain.state import Lead
from tests.unit.qualifier.world import agreement

MINUTE = 60 * SECOND
MINUTES = 90
SUBJECTS = ("/pricing", "/blog")

times = st.integers(0, MINUTES // 2).map(lambda minute: minute * MINUTE)
signals = st.lists(st.tuples(times, st.sampled_from(SUBJECTS)), max_size=6)
values = st.lists(st.tuples(times, st.integers(0, 3)), max_size=4)

leaf = st.one_of(
    st.builds(
        SignalCriterion,
        id=st.just("s"),
        signal=st.just("page"),
        subjects=st.sampled_from([(), ("/pricing",), SUBJECTS]),
        count=st.integers(1, 3),
        window_seconds=st.one_of(st.none(), st.integers(1, 30).map(lambda minutes: minutes * 60)),
    ),
    st.builds(
        AttributeCriterion,
        id=st.just("a"),
        attribute=st.just("employees"),
        one_of=st.sampled_from([(), (1, 2)]),
        at_least=st.sampled_from([None, 1.0, 2.0]),
        at_most=st.sampled_from([None, 2.0]),
        unknown=st.sampled_from(Unknown),
    ),
)


def _groups(children: st.SearchStrategy[Criterion]) -> st.SearchStrategy[Group]:
    return st.builds(
        Group, id=st.just("g"), mode=st.sampled_from(Mode), of=st.lists(children, min_size=1, max_size=3).map(tuple)
    )


criteria = _groups(st.recursive(leaf, _groups, max_leaves=5))
denied = criteria.map(lambda each: Group("not", Mode.NONE, (each,)))
"""What only the passing of time may make true."""


def ledger_of(seen: list[tuple[int, str]], became: list[tuple[int, int]]) -> Ledger:
    ledger = Ledger()
    for number, (at, subject) in enumerate(seen):
        ledger = ledger.with_signal(Signal(at, number.to_bytes(16), "page", subject)).upto(at)
    for number, (at, employees) in enumerate(became, start=100):
        ledger = ledger.with_values(at, number.to_bytes(16), {"employees": employees}).upto(at)
    return ledger


def _opened(definition: Group, ledger: Ledger, first: int, last: int = END) -> int | None:
    """When a lead captured at the beginning, under this definition alone, may open its engagement."""
    control = Control(
        (Version(agreement(definition), BEGINNING, before_history=False, begins=BEGINNING, ends=END + 1),)
    )
    captured = ledger.with_capture(Capture(0, bytes(16), "site", "organic"), test=False)
    return next((opening.at for opening in openings(control, Lead("lead-1", captured), first, last)), None)


@given(criteria, signals, values, times, times)
@settings(max_examples=400, deadline=None)
def test_r16_a_lead_qualifies_at_the_first_instant_that_a_scan_of_all_minutes_finds(
    definition: Group, seen: list[tuple[int, str]], became: list[tuple[int, int]], first: int, last: int
) -> None:
    ledger = ledger_of(seen, became)
    scanned = [at for at in range(first, last + 1, MINUTE) if truth(definition, ledger, at) is True]
    assert _opened(definition, ledger, first, last) == next(iter(scanned), None)


@given(denied, signals, values, times)
@settings(max_examples=400, deadline=None)
def test_r17_the_next_crossing_is_the_one_a_scan_finds(
    definition: Group, seen: list[tuple[int, str]], became: list[tuple[int, int]], first: int
) -> None:
    """All windows but the endless one have run out by the last minute scanned."""
    ledger = ledger_of(seen, became)
    horizon = first + MINUTES * MINUTE
    scanned = [at for at in range(first, horizon, MINUTE) if truth(definition, ledger, at) is True]
    found = _opened(definition, ledger, first)
    assert (found if found is not None and found < horizon else None) == next(iter(scanned), None)


def _leaf(value: bool | None) -> AttributeCriterion:  # noqa: FBT001 - one of three truths
    return AttributeCriterion("x", {True: "yes", False: "no", None: "none"}[value], one_of=(1,), unknown=Unknown.HOLDS)


def _certain(mode: Mode, telling: tuple[bool, ...]) -> bool:
    return all(telling) if mode is Mode.ALL else any(telling) == (mode is Mode.ANY)


@pytest.mark.parametrize("mode", Mode)
def test_r15_groups_follow_three_valued_logic(mode: Mode) -> None:
    """Unknown is a truth not yet told: a group is certain only where either telling would give the same."""
    ledger = Ledger().with_values(0, bytes(16), {"yes": 1, "no": 0})
    for truths in product([True, False, None], repeat=3):
        tellings = product(*([True, False] if each is None else [each] for each in truths))
        outcomes = {_certain(mode, telling) for telling in tellings}
        certain = outcomes.pop() if len(outcomes) == 1 else None
        assert truth(Group("g", mode, tuple(map(_leaf, truths))), ledger, 0) is certain


def test_r15_a_word_where_a_number_is_asked_for_is_unknown() -> None:
    at_least = AttributeCriterion("size", "employees", at_least=50)
    for value, expected in ((64, True), (49.5, False), ("many", None), (True, None)):
        assert attribute_truth(at_least, Ledger().with_values(0, bytes(16), {"employees": value}), 0) is expected


def test_true_is_not_one() -> None:
    flag = AttributeCriterion("flag", "flag", one_of=(True,))
    assert attribute_truth(flag, Ledger().with_values(0, bytes(16), {"flag": 1}), 0) is False
    assert attribute_truth(flag, Ledger().with_values(0, bytes(16), {"flag": True}), 0) is True


def test_a_criterion_that_asks_for_nothing_asks_whether_the_value_is_known() -> None:
    known = AttributeCriterion("page", "landing_page")
    assert attribute_truth(known, Ledger(), 0) is None
    assert attribute_truth(known, Ledger().with_values(0, bytes(16), {"landing_page": ""}), 0) is True
