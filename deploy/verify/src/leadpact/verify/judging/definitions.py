"""What a definition says of facts at an instant: true, false, or None for unknown (rules 14 and 15)."""

from collections.abc import Iterable
from typing import Any

from leadpact.verify.judging.facts import HORIZON, SECOND, Facts, Signal

_UNKNOWN: dict[str, bool | None] = {"fails": False, "passes": True, "holds": None}
Criterion = dict[str, Any]
"""As the agreement writes it."""


def truth(criterion: Criterion, facts: Facts, at: int) -> bool | None:
    """Whether a criterion holds, unknown attributes taken as the definition says."""
    match criterion["type"]:
        case "group":
            return _group(criterion["mode"], (truth(each, facts, at) for each in criterion["of"]))
        case "signal":
            return bool(len(signals(criterion, facts, at)) >= criterion["count"])
        case _:
            told = attribute(criterion, facts, at)
            unknown: str = criterion["unknown"]
            return _UNKNOWN[unknown] if told is None else told


def attribute(criterion: Criterion, facts: Facts, at: int) -> bool | None:
    """Whether an attribute's value is what is asked for; unknown too where a number is asked and there is none."""
    held = facts.value(criterion["attribute"], at)
    if held is None:
        return None
    met: bool = not criterion["one_of"] or among(held.value, criterion["one_of"])
    least, most = criterion["at_least"], criterion["at_most"]
    if least is None and most is None:
        return met
    if isinstance(held.value, (bool, str)):
        return None
    return met and (least is None or bool(held.value >= least)) and (most is None or bool(held.value <= most))


def signals(criterion: Criterion, facts: Facts, at: int) -> list[Signal]:
    """The signals that count, within the criterion's window (rule 5)."""
    window = criterion["window_seconds"]
    after = at - (HORIZON if window is None else window * SECOND)
    wanted = criterion["subjects"]
    return [
        signal
        for signal in facts.within(after, at)
        if signal.kind == criterion["signal"] and (not wanted or signal.subject in wanted)
    ]


def meets(conditions: list[dict[str, Any]], facts: Facts, at: int) -> list[bool]:
    """Whether each test of a scope or a suppression holds; an unknown attribute meets none."""
    held = [facts.value(each["attribute"], at) for each in conditions]
    return [
        value is not None and among(value.value, each["one_of"]) for value, each in zip(held, conditions, strict=True)
    ]


def leaves(criterion: Criterion) -> list[Criterion]:
    """Criteria that are no groups, in the order of the document."""
    if criterion["type"] != "group":
        return [criterion]
    return [leaf for each in criterion["of"] for leaf in leaves(each)]


def result(leaf: Criterion, facts: Facts, at: int) -> str:
    """What an explanation says of a criterion."""
    told = truth(leaf, facts, at) if leaf["type"] == "signal" else attribute(leaf, facts, at)
    return {True: "true", False: "false", None: "unknown"}[told]


def turns(criterion: Criterion) -> list[int]:
    """Windows after which time alone may make the definition true, in microseconds.

    As time passes signals only leave windows, and less can only help below a `none`.
    """
    if "none" not in {each["mode"] for each in _groups(criterion)}:
        return []
    windows = [leaf["window_seconds"] for leaf in leaves(criterion) if leaf["type"] == "signal"]
    return [HORIZON if window is None else window * SECOND for window in windows]


def among(value: Any, wanted: list[Any]) -> bool:  # noqa: ANN401 - a clear attribute
    """Whether a value is one of those; true is not 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in wanted)


def _groups(criterion: Criterion) -> list[Criterion]:
    if criterion["type"] != "group":
        return []
    return [criterion, *(group for each in criterion["of"] for group in _groups(each))]


def _group(mode: str, told: Iterable[bool | None]) -> bool | None:
    if mode == "none":
        any_of = _group("any", told)
        return None if any_of is None else not any_of
    settles, unknown = mode == "any", False
    for each in told:
        if each is settles:
            return settles
        unknown = unknown or each is None
    return None if unknown else not settles
