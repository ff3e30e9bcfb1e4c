"""Why a lead qualified, in words: each criterion, the value seen, the facts that decided (rule 20)."""

from typing import assert_never
from uuid import UUID

from leadpact.contracts.agreement import Agreement, AttributeCriterion, Scalar, SignalCriterion
from leadpact.contracts.events.qualification import CriterionSeen, Explanation
from leadpact.qualifier.domain.instants import moment
from leadpact.qualifier.domain.interpreter import attribute_truth, leaves, signals
from leadpact.qualifier.domain.ledger import Ledger

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def explain(agreement: Agreement, ledger: Ledger, at: int) -> Explanation:
    """The explanation of a judgement at an instant."""
    criteria = tuple(_seen(leaf, ledger, at) for leaf in leaves(agreement.criteria))
    unknown = tuple(each.id for each in criteria if each.result == "unknown")
    return Explanation(
        agreement=agreement.id, version=agreement.version, as_of=moment(at), criteria=criteria, unknown=unknown
    )


def _seen(leaf: AttributeCriterion | SignalCriterion, ledger: Ledger, at: int) -> CriterionSeen:
    match leaf:
        case AttributeCriterion():
            held, result = ledger.value(leaf.attribute, at), attribute_truth(leaf, ledger, at)
            return CriterionSeen(
                id=leaf.id,
                says=_attribute(leaf),
                result="unknown" if result is None else _word(value=result),
                seen=f"unknown, which {leaf.unknown}" if held is None else _text(held.value),
                facts=() if held is None else (str(UUID(bytes=held.id)),),
            )
        case SignalCriterion():
            counted = signals(leaf, ledger, at)
            return CriterionSeen(
                id=leaf.id,
                says=_signal(leaf),
                result=_word(value=len(counted) >= leaf.count),
                seen=str(len(counted)),
                facts=tuple(str(UUID(bytes=each.id)) for each in counted[-leaf.count :]),
            )
        case _:
            assert_never(leaf)


def _attribute(leaf: AttributeCriterion) -> str:
    parts = [f"one of {', '.join(map(_text, leaf.one_of))}"] if leaf.one_of else []
    parts += [f"at least {leaf.at_least:g}"] if leaf.at_least is not None else []
    parts += [f"at most {leaf.at_most:g}"] if leaf.at_most is not None else []
    return f"{leaf.attribute} is {' and '.join(parts) or 'known'}"


def _signal(leaf: SignalCriterion) -> str:
    what = " ".join([leaf.signal, " or ".join(leaf.subjects)]).strip()
    span = "" if leaf.window_seconds is None else f" within {duration(leaf.window_seconds)}"
    return f"{what} at least {'once' if leaf.count == 1 else f'{leaf.count} times'}{span}"


def duration(seconds: int) -> str:
    """Seconds in the largest unit that divides them."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _text(value: Scalar) -> str:
    return _word(value=value) if isinstance(value, bool) else str(value)


def _word(*, value: bool) -> str:
    return "true" if value else "false"
