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
    """One act of reaching out, as one or more feeds told it; the earliest time wins (rule 24)."""

    first: Touch
    facts: tuple[str, ...]
    ends_at: datetime
    timed: bool
    target: str | None

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
    undelivered: set[str] = set()
    for touch in ordered:
        if not _reaches_out(touch, unknown_counts=unknown_counts):
            continue
        index = next((n for n in reversed(range(len(groups))) if _same(groups[n], touch)), None)
        if index is None:
            groups.append(_alone(touch))
        else:
            groups[index] = _joined(groups[index], touch)
        if touch.kind is TouchKind.EMAIL and touch.reference in bounced:
            undelivered.add(touch.id)
    return tuple(group for group in groups if undelivered.isdisjoint(group.facts))


def replies(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """Human inward touches by time; what a machine answered is none (rule 26)."""
    inward = (touch for touch in touches if touch.direction is Direction.IN and _by_a_person(touch))
    return tuple(sorted(inward, key=lambda touch: (touch.occurred_at, touch.id)))


def wants_answer(touch: Touch) -> bool:
    """Whether a reply is owed a response: one that became a conversation at once, or booked one, is not."""
    return not _conversation(touch)


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
    ends_at = touch.occurred_at + timedelta(seconds=touch.seconds or 0)
    return Attempt(touch, (touch.id,), ends_at, touch.seconds is not None, touch.target)


def _joined(group: Attempt, touch: Touch) -> Attempt:
    alone = _alone(touch)
    return replace(
        group,
        facts=(*group.facts, touch.id),
        ends_at=max(group.ends_at, alone.ends_at),
        timed=group.timed and alone.timed,
        target=group.target or touch.target,
    )


def _same(group: Attempt, touch: Touch) -> bool:
    first = group.first
    if (first.kind, first.actor, first.direction) != (touch.kind, touch.actor, touch.direction):
        return False
    if None not in (group.target, touch.target) and group.target != touch.target:
        return False
    if group.timed and touch.seconds is not None:
        return touch.occurred_at < group.ends_at or touch.occurred_at == group.at
    return touch.occurred_at - group.ends_at <= SAME_WITHIN
