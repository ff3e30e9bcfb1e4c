"""What counts as reaching out: touches of several feeds become attempts, bounced mail takes its attempt back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.sla_monitor.domain.state import Counts, Touch

SAME_WITHIN = timedelta(minutes=5)
"""Where a length is unknown, two reports this close are one attempt (rule 24)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act of reaching out, as one or more feeds told it; the earliest time wins (rule 24).

    `ends_at` is the latest end that a feed told; `timed`, whether all of them told one.
    """

    first: Touch
    facts: tuple[str, ...]
    ends_at: datetime
    timed: bool
    target: str | None
    reference: str | None

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.first.occurred_at

    @property
    def outward(self) -> bool:
        """Whether we reached out, rather than the lead."""
        return self.first.direction is Direction.OUT


def attempts(touches: Iterable[Touch], *, unknown_counts: bool) -> tuple[Attempt, ...]:
    """The delivered attempts of a lead by time, ties by id; a function of the set, not of arrival (rule 49)."""
    ordered = sorted(touches, key=lambda touch: (touch.occurred_at, touch.id))
    bounced = {touch.reference for touch in ordered if touch.outcome is Outcome.BOUNCED and touch.reference}
    groups: list[Attempt] = []
    for touch in ordered:
        if not _reaches_out(touch, unknown_counts=unknown_counts):
            continue
        index = next((n for n in reversed(range(len(groups))) if _same(groups[n], touch)), None)
        if index is None:
            groups.append(_alone(touch))
        else:
            groups[index] = _joined(groups[index], touch)
    # after the grouping: a hand log that names no mail tells the one that bounced too
    return tuple(one for one in groups if one.first.kind is not TouchKind.EMAIL or one.reference not in bounced)


def replies(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """Human inward touches by time; what a machine answered is none (rule 26)."""
    inward = (touch for touch in touches if touch.direction is Direction.IN and _by_a_person(touch))
    return tuple(sorted(inward, key=lambda touch: (touch.occurred_at, touch.id)))


def wants_answer(touch: Touch) -> bool:
    """Whether a reply is owed a response: one that became a conversation at once, or booked one, is not."""
    return not _conversation(touch)


def came_of_it(touch: Touch) -> bool:
    """Whether the lead was reached and said something: a reply, a conversation, a meeting, a mail they answered."""
    said = touch.direction is Direction.IN or _conversation(touch) or touch.outcome is Outcome.REPLIED
    return said and _by_a_person(touch)


def count(made: Sequence[Attempt], after: datetime, until: datetime) -> tuple[Counts, tuple[Attempt, ...]]:
    """Attempts of a cadence in `(after, until]` by kind, and which they are; meetings are none."""
    counted = tuple(one for one in made if after < one.at <= until and _is_attempt(one.first))
    kinds = [one.first.kind for one in counted]
    counts = Counts(kinds.count(TouchKind.CALL), kinds.count(TouchKind.EMAIL), kinds.count(TouchKind.SOCIAL))
    return counts, counted


def _is_attempt(touch: Touch) -> bool:
    return touch.direction is Direction.OUT and touch.kind is not TouchKind.MEETING


def _reaches_out(touch: Touch, *, unknown_counts: bool) -> bool:
    if touch.direction is Direction.IN:
        return _by_a_person(touch) and _conversation(touch)
    if touch.outcome in (Outcome.BOUNCED, Outcome.AUTO_REPLY):
        return False
    return touch.actor_kind is ActorKind.HUMAN or (unknown_counts and touch.actor_kind is ActorKind.UNKNOWN)


def _by_a_person(touch: Touch) -> bool:
    # feeds seldom say who wrote in; a machine is told by its outcome
    machine = touch.outcome in (Outcome.AUTO_REPLY, Outcome.BOUNCED)
    return not machine and touch.actor_kind in (ActorKind.HUMAN, ActorKind.UNKNOWN)


def _conversation(touch: Touch) -> bool:
    called = touch.kind is TouchKind.CALL and touch.outcome is Outcome.CONNECTED
    return called or touch.kind is TouchKind.MEETING


def _alone(touch: Touch) -> Attempt:
    return Attempt(touch, (touch.id,), _end(touch), touch.seconds is not None, touch.target, touch.reference)


def _joined(group: Attempt, touch: Touch) -> Attempt:
    return replace(
        group,
        facts=(*group.facts, touch.id),
        ends_at=max(group.ends_at, _end(touch)),
        timed=group.timed and touch.seconds is not None,
        target=group.target or touch.target,
        reference=group.reference or touch.reference,
    )


def _same(group: Attempt, touch: Touch) -> bool:
    first = group.first
    if (first.kind, first.actor, first.direction) != (touch.kind, touch.actor, touch.direction):
        return False
    if _differ(group.target, touch.target) or (
        touch.kind is TouchKind.EMAIL and _differ(group.reference, touch.reference)
    ):
        return False
    if touch.occurred_at < group.ends_at or touch.occurred_at == group.at:
        return True
    # from the first report, not from the one before: else calls that follow one another would be one without end
    return not (group.timed and touch.seconds is not None) and touch.occurred_at - _end(first) <= SAME_WITHIN


def _end(touch: Touch) -> datetime:
    return touch.occurred_at + timedelta(seconds=touch.seconds or 0)


def _differ(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other
