"""What must follow from a fact or a timer, and is there when the decision on it is over (rules 22, 26, 28, 31, 33)."""

from leadpact.verify.judging.promises import Run
from leadpact.verify.owed import Owed, Step, take
from leadpact.verify.stories import Told
from leadpact.verify.wire import derived

_NEVER = 1 << 62


def taken(now: Owed, fact: Told) -> None:
    """Take in a fact, and what it asks for."""
    touches, runs = len(now.touches), len(now.runs)
    begin(now, fact.envelope.id)
    take(now, fact)
    now.stood = fact.offset
    match fact.type:
        case "lead.qualified" if len(now.runs) > runs:
            run = now.runs[fact.said["engagement"]]
            now.step.starts[derived("clock", run.id, "routing", "")] = "routing"
        case "lead.touched" if len(now.touches) > touches:
            _touched(now)
        case _:
            pass


def begin(now: Owed, cause: str) -> None:
    """The decision before is over; the next one is on this cause."""
    over(now)
    now.step = Step(cause)


def over(now: Owed) -> None:
    """What had to follow has followed."""
    for clock, kind in now.step.starts.items():
        now.lacks(f"its {kind} clock {clock} did not start")


def started(now: Owed, event: Told) -> None:
    """A clock starts because something asks for it."""
    if now.step.starts.pop(event.said["clock"], None) is None:
        now.violated(event, f"nothing asks for a {event.said['kind']} now")


def handed(now: Owed, run: Run, *, first: bool) -> None:
    """A new owner begins with what runs, and with what the old one did not do; the first one owes the whole outreach,
    unless the lead wants none (rules 22, 31, 47)."""
    starts = now.step.starts
    for clock in now.of(run):
        if clock.standing == "pending" and clock.kind != "routing":
            starts[clock.id] = clock.kind
        elif clock.run_out and not now.refused:
            starts[derived(clock.id, "renewed")] = clock.kind
    if first and not now.refused:
        for kind in ("first_response", "cadence"):
            starts[derived("clock", run.id, kind, "")] = kind


def _touched(now: Owed) -> None:
    """A reply is owed an answer, unless it was a conversation at once (rule 26)."""
    reply = now.touches[-1]
    if not reply.reply or reply.conversation or now.refused:
        return
    for run in now.open():
        id_ = derived("clock", run.id, "first_response", reply.id)
        if run.qualified_at < reply.at and id_ not in now.clocks:
            now.step.starts[id_] = "first_response"
