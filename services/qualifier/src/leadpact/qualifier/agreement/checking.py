"""What is wrong, or only odd, with an agreement that has the right shape: read before anybody signs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from leadpact.contracts.agreement import Agreement, AttributeCriterion, Condition, SignalCriterion
from leadpact.contracts.features import KNOWN
from leadpact.qualifier.domain.explaining import duration
from leadpact.qualifier.domain.instants import DAY, SECOND
from leadpact.qualifier.domain.interpreter import leaves
from leadpact.qualifier.domain.ledger import HORIZON_DAYS, MOST_A_DAY

CHANNELS = frozenset(
    ["organic", "paid_search", "paid_social", "social", "email", "referral", "partner", "event", "direct", "other"]
)


@dataclass(frozen=True, slots=True)
class Check:
    """`errors` keep an agreement from being signed, `warnings` do not."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def check(agreement: Agreement, others: Iterable[Agreement] = ()) -> Check:
    """Look an agreement over; `others` are those in force beside it."""
    return Check(
        errors=(*_windows(agreement), *_pledges(agreement), *_reasons(agreement), *overlapping(agreement, others)),
        warnings=tuple(_strangers(agreement)),
    )


def overlapping(agreement: Agreement, others: Iterable[Agreement]) -> list[str]:
    """Why it must not stand beside these: the same leads, and nothing says which governs (rule 44)."""
    return [
        f"{agreement.id} and {other.id} may both govern a lead and have the same priority {agreement.priority}:"
        " give one of them another priority, or scopes that exclude each other; or withdraw the one that is in force"
        for other in others
        if other.id != agreement.id
        and (other.product_line, other.priority) == (agreement.product_line, agreement.priority)
        and not _apart(agreement.scope, other.scope)
    ]


def _apart(scope: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether no lead meets both: they ask the same attribute for different values."""
    others = list(other)
    return any(
        mine.attribute == theirs.attribute and not set(mine.one_of) & set(theirs.one_of)
        for mine in scope
        for theirs in others
    )


def stranger(attribute: str) -> str:
    """What to say of an attribute that is none of ours."""
    return f"the attribute {attribute} is none we derive: a source must declare it clear"


def _windows(agreement: Agreement) -> Iterator[str]:
    for leaf in leaves(agreement.criteria):
        if isinstance(leaf, SignalCriterion):
            seconds = leaf.window_seconds or HORIZON_DAYS * DAY // SECOND
            if seconds > HORIZON_DAYS * DAY // SECOND:
                yield f"{leaf.id}: {duration(seconds)} is further back than the {HORIZON_DAYS} days that are kept"
            days = seconds * SECOND // DAY + 2  # a window may begin and end within a day
            if leaf.subjects and leaf.count > MOST_A_DAY * days * len(leaf.subjects):
                yield f"{leaf.id}: never {leaf.count} times, for {MOST_A_DAY} signals a day and subject are kept"


def _pledges(agreement: Agreement) -> Iterator[str]:
    channels = [pledge.channel for pledge in agreement.pledges]
    if sum(pledge.at_least_percent for pledge in agreement.pledges) > 100:  # noqa: PLR2004 - of a hundred
        yield "the channels' shares make more than 100 %"
    yield from (f"the channel {each} is pledged twice" for each in sorted(set(channels)) if channels.count(each) > 1)


def _reasons(agreement: Agreement) -> Iterator[str]:
    ids = [reason.id for reason in agreement.reasons]
    yield from (f"the reason {each} stands there twice" for each in sorted(set(ids)) if ids.count(each) > 1)


def _strangers(agreement: Agreement) -> Iterator[str]:
    read = [leaf.attribute for leaf in leaves(agreement.criteria) if isinstance(leaf, AttributeCriterion)]
    read += [condition.attribute for condition in (*agreement.scope, *agreement.suppressed)]
    strangers = sorted(set(read) - set(KNOWN))
    yield from map(stranger, strangers)
    pledged = {pledge.channel for pledge in agreement.pledges}
    yield from (f"the channel {each} is none we tell apart" for each in sorted(pledged - CHANNELS))
