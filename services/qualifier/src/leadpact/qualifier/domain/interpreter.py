"""The plain interpreter: what a definition says of a ledger at an instant, written to be obviously right (rule 14).

Truth has three values: true, false and None for unknown (rule 15). It is the oracle for whatever judges faster.
"""

from collections.abc import Iterable, Iterator
from typing import assert_never

from leadpact.contracts.agreement import (
    AttributeCriterion,
    Condition,
    Criterion,
    Group,
    Mode,
    Scalar,
    SignalCriterion,
    Unknown,
)
from leadpact.qualifier.domain.instants import END, SECOND
from leadpact.qualifier.domain.ledger import HORIZON, Ledger, Signal


def truth(criterion: Criterion, ledger: Ledger, at: int) -> bool | None:
    """Whether the criterion holds at an instant, with unknown attributes treated as the definition says."""
    match criterion:
        case AttributeCriterion():
            held = attribute_truth(criterion, ledger, at)
            return _unknown(criterion.unknown) if held is None else held
        case SignalCriterion():
            return len(signals(criterion, ledger, at)) >= criterion.count
        case Group():
            return _combine(criterion.mode, (truth(each, ledger, at) for each in criterion.of))
        case _:
            assert_never(criterion)


def attribute_truth(criterion: AttributeCriterion, ledger: Ledger, at: int) -> bool | None:
    """Whether the attribute's value meets the criterion; None if it is unknown, or no number where one is asked for."""
    held = ledger.value(criterion.attribute, at)
    if held is None:
        return None
    met = not criterion.one_of or _among(held.value, criterion.one_of)
    if criterion.at_least is None and criterion.at_most is None:
        return met
    if isinstance(held.value, bool | str):
        return None
    above = criterion.at_least is None or held.value >= criterion.at_least
    below = criterion.at_most is None or held.value <= criterion.at_most
    return met and above and below


def signals(criterion: SignalCriterion, ledger: Ledger, at: int) -> list[Signal]:
    """The signals that the criterion counts at an instant, oldest first."""
    return [each for each in ledger.within(at - window(criterion), at) if _counts(criterion, each)]


def window(criterion: SignalCriterion) -> int:
    """How far back the criterion looks, in microseconds."""
    return HORIZON if criterion.window_seconds is None else criterion.window_seconds * SECOND


def met(condition: Condition, ledger: Ledger, at: int) -> bool:
    """Whether a scope's or suppression's test holds at an instant; an unknown attribute meets none."""
    held = ledger.value(condition.attribute, at)
    return held is not None and _among(held.value, condition.one_of)


def leaves(criterion: Criterion) -> Iterator[AttributeCriterion | SignalCriterion]:
    """Every criterion that is not a group, in the order of the document."""
    match criterion:
        case AttributeCriterion() | SignalCriterion():
            yield criterion
        case Group():
            for each in criterion.of:
                yield from leaves(each)
        case _:
            assert_never(criterion)


def instants(criteria: Group, ledger: Ledger, first: int, last: int = END) -> set[int]:
    """Every instant in `[first, last]` at which the criteria may become true, and `first`.

    They may when a fact occurs, and when a signal leaves a window that a `none` looks at; at no other time.
    """
    found = {first} | ledger.changes(first, last)
    for leaf in _denied(criteria):
        wide = window(leaf)
        found |= {each.at + wide for each in ledger.within(first - wide, last - wide) if _counts(leaf, each)}
    return found


def _denied(criterion: Criterion, *, denied: bool = False) -> Iterator[SignalCriterion]:
    """Counts of signals below a `none`: with time alone they can do what elsewhere only facts can."""
    match criterion:
        case SignalCriterion():
            if denied:
                yield criterion
        case Group():
            for each in criterion.of:
                yield from _denied(each, denied=denied or criterion.mode is Mode.NONE)
        case AttributeCriterion():
            pass
        case _:
            assert_never(criterion)


def _counts(criterion: SignalCriterion, signal: Signal) -> bool:
    return signal.kind == criterion.signal and (not criterion.subjects or signal.subject in criterion.subjects)


def _among(value: Scalar, wanted: tuple[Scalar, ...]) -> bool:
    # true is not 1 here, whatever Python thinks
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in wanted)


def _unknown(policy: Unknown) -> bool | None:
    match policy:
        case Unknown.FAILS:
            return False
        case Unknown.PASSES:
            return True
        case Unknown.HOLDS:
            return None
        case _:
            assert_never(policy)


def _combine(mode: Mode, truths: Iterable[bool | None]) -> bool | None:
    """A group is settled by one truth of a kind; without it, it is unknown as long as any of its criteria is."""
    match mode:
        case Mode.ALL:
            settles, settled = False, False
        case Mode.ANY:
            settles, settled = True, True
        case Mode.NONE:
            settles, settled = True, False
        case _:
            assert_never(mode)
    unknown = False
    for each in truths:
        if each is settles:
            return settled
        unknown = unknown or each is None
    return None if unknown else not settled
