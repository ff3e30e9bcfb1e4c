"""What is counted and measured of a promise: attempts, time to the answer, whose credit it is (rules 23 to 25, 31)."""

from leadpact.verify.judging.attempts import attempts, tries
from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.operations import Operations
from leadpact.verify.judging.promises import Clock, Run, Segment
from leadpact.verify.owed import Owed
from leadpact.verify.stories import Told

_KINDS = ("call", "email", "social")


def counted(now: Owed, event: Told, _: Operations) -> None:
    """Attempts are counted as the touches say that are known by now."""
    said, run = event.said, now.runs[event.said["engagement"]]
    told = said["calls"], said["emails"], said["socials"], said["last"]
    wanted = _counts(now, run)
    if told != wanted:
        now.violated(event, f"it counts {told}, by the rules {wanted}")
    if told[:3] == run.counted:
        now.violated(event, f"{run.counted} was said before")
    run.counted, run.known = (told[0], told[1], told[2]), _known(now, run)


def uncounted(now: Owed) -> None:
    """A decision is over that judged everything again: what has changed of the attempts was said."""
    for run in now.runs.values():
        if run.cadence is None or run.cadence.id in now.step.moved or run.known == _known(now, run):
            continue  # a promise that moves is counted first, by the due that it had
        run.known = _known(now, run)
        wanted = _counts(now, run)
        if wanted is not None and wanted[:3] != run.counted:
            now.lacks(f"engagement {run.id} has {wanted}, {run.counted} was said")


def measured(now: Owed, event: Told, clock: Clock, operations: Operations) -> None:
    """A verdict says how long it took, in the promise's unit, and who gets the credit."""
    said, until = event.said, clock.answered_at
    if until is None and clock.standing == "missed":
        until = clock.due
    wanted = None if until is None else _spent(clock, until, operations)
    if said.get("elapsed_seconds") != wanted:
        now.violated(event, f"it took {said.get('elapsed_seconds')} s, second by second {wanted}")
    by = _credit(now, clock)
    if said.get("credit") != by:
        now.violated(event, f"the credit is {said.get('credit')}'s, by the rules {by}'s")


def _known(now: Owed, run: Run) -> tuple[int | None, ...]:
    due = None if run.cadence is None else run.cadence.due
    return len(now.touches), due, run.closed_at


def _counts(now: Owed, run: Run) -> tuple[int, int, int, str] | None:
    cadence = run.cadence
    if cadence is None:
        return None
    known = [each for each in now.touches if run.closed_at is None or each.at <= run.closed_at]
    made = attempts(known, unknown_counts=run.agreement["first_response"]["unknown_actor_counts"])
    ours = tries(made, cadence.asked_at, cadence.due)
    kinds = [each.first.kind for each in ours]
    calls, emails, socials = map(kinds.count, _KINDS)
    return calls, emails, socials, ours[-1].first.id if ours else ""


def _spent(clock: Clock, until: int, operations: Operations) -> int:
    """Whole seconds of all segments (rule 31)."""
    total = 0
    for owner, start, _, ended in (*clock.ended, Segment(clock.owner, clock.started_at, clock.due, until)):
        if start < min(until, ended):
            total += operations.spent(clock.run.agreement, clock.budget, owner, (start, min(until, ended)))
    return total // SECOND


def _credit(now: Owed, clock: Clock) -> str | None:
    """Who answered; of a routing the one that got the lead. What the lead began is nobody's."""
    if clock.answered_at is None or clock.standing not in {"met", "withdrawn", "missed"}:
        return None
    if clock.kind == "routing":
        return clock.run.owner
    first = next((each for each in now.touches if each.id in clock.evidence[:1]), None)
    return first.actor if clock.kind == "first_response" and first is not None and not first.inward else None
