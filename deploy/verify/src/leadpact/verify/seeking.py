"""When another owner is sought: after a miss, for leave, and again for whoever waits (rules 4, 31 and 33).

Who is found is judged in `owners`.
"""

from collections.abc import Iterable

from leadpact.verify.judging.operations import Operations
from leadpact.verify.judging.promises import Run
from leadpact.verify.owed import Owed
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros, moment


def asked(now: Owed, event: Told, run: Run, why: str, operations: Operations) -> None:
    """An owner is sought because something asks for one."""
    first = now.step.owners.get(run.id) == "anybody"
    again = now.step.rang == f"route:{run.id}:0" and run.waiting is not None and run.waiting.why == why
    match why:
        case "round_robin":
            asks = first or again
        case "leave":
            due = micros(event.envelope.received_at)
            asks = again or (now.step.rang == f"leave:{run.id}:0" and _gone(now, run, due, [operations]))
        case "missed":
            asks = again or (now.missed(run) and run.id not in now.step.passed_on)
            now.step.passed_on.add(run.id)
        case _:
            return
    if not asks:
        now.violated(event, f"nothing asks for another owner now by {why}")


def sought(now: Owed) -> None:
    """A decision is over: whatever it found missed was passed on, unless everybody missed it; a hand was heard."""
    operations = now.positions.at(now.stood)
    for run in now.open():
        reps = {rep["id"] for rep in operations.rosters.get(run.agreement["routing"]["team"], ())}
        if now.missed(run) and run.id not in now.step.passed_on and reps - lost_by(now, run):
            now.lacks(f"engagement {run.id} was missed, and nobody else is sought")
    hand = now.step.hand
    if hand is not None and not (now.open() and operations.member(hand)):
        now.lacks(f"{hand} cannot get the lead, and nobody says so")


def routed(now: Owed, until: int, offset: int) -> None:
    """Time has passed so far: whoever waits was tried again, and who is away for long has given the lead away."""
    for run in now.open():
        if run.id in now.overdue:
            continue
        waiting = run.waiting
        if waiting is not None and waiting.retry_at <= until:
            now.overdue.add(run.id)
            now.lacks(f"engagement {run.id} waits until {moment(waiting.retry_at)}, and was not tried again")
        elif waiting is None and _left(now, run, until, offset):
            now.overdue.add(run.id)
            now.lacks(f"{run.owner} has been away for too long by {moment(until)}, engagement {run.id} stays there")


def lost_by(now: Owed, run: Run) -> set[str | None]:
    """Who missed a response of an engagement, and gets it no more."""
    return {clock.owner for clock in now.of(run) if clock.kind == "first_response" and clock.standing == "missed"}


def _left(now: Owed, run: Run, until: int, offset: int) -> bool:
    """Whether that is so by all that may have been known when its timer was set and when it rang."""
    if not any(now.positions.at(now.stood).away(clock.owner) for clock in now.of(run)):
        return False
    return _gone(now, run, until, now.known(offset))


def _gone(now: Owed, run: Run, until: int, known: Iterable[Operations]) -> bool:
    """Whether an owner's leave has begun that outlasts what they owe."""
    pending = [clock for clock in now.of(run) if clock.standing == "pending"]
    for operations in known:
        of = (operations.plan(run.agreement, each.budget, each.owner, each.started_at).leaves_at for each in pending)
        if not any(leaves_at is not None and leaves_at <= until for leaves_at in of):
            return False
    return True
