"""What must follow from a fact or a timer, and is there when the decision on it is over (rules 22, 26, 28, 31, 33)."""

from collections.abc import Sequence

from leadpact.contracts.envelope import Lane
from leadpact.verify.judging.facts import SECOND
from leadpact.verify.judging.operations import late
from leadpact.verify.judging.promises import Clock, Run
from leadpact.verify.owed import Owed, Step, know
from leadpact.verify.seeking import routed, sought
from leadpact.verify.stories import Told
from leadpact.verify.tallies import uncounted
from leadpact.verify.wire import derived, micros, moment

_NEVER = 1 << 62


def taken(now: Owed, fact: Told) -> None:
    """Take in a fact, and what it asks for."""
    touches, runs = len(now.touches), len(now.runs)
    begin(now, fact.envelope.id)
    if fact.envelope.lane is Lane.LIVE:  # a fact of history says nothing of how far live time has passed
        passed(now, micros(fact.envelope.mark), fact.offset)
    know(now, fact)
    now.stood = fact.offset
    match fact.type:
        case "lead.qualified" if len(now.runs) > runs:
            run = now.runs[fact.said["engagement"]]
            now.step.starts[derived("clock", run.id, "routing", "")] = "routing"
            now.step.owners[run.id] = "anybody"
        case "lead.owned":
            _owned(now, fact)
        case "lead.touched" if len(now.touches) > touches:
            now.step.judges = True
            _touched(now)
        case "lead.reassigned_by_hand":
            now.step.hand = fact.said["owner"]
            now.step.owners.update({run.id: "hand" for run in now.open() if run.owner != now.step.hand})
        case "lead.accepted" | "lead.consented" | "engagement.closed":
            now.step.judges = True
        case _:
            pass


def begin(now: Owed, cause: str) -> None:
    """The decision before is over; the next one is on this cause."""
    over(now)
    now.step = Step(cause, frozenset(clock.id for clock in now.clocks.values() if clock.unanswered))


def over(now: Owed) -> None:
    """What had to follow has followed; a miss is followed by the first step at once (rule 28)."""
    for id_, kind in now.step.starts.items():
        now.lacks(f"its {kind} clock {id_} did not start")
    for id_ in now.step.owners:
        now.lacks(f"engagement {id_} gets no owner, and does not wait for one")
    sought(now)
    if now.step.judges:
        uncounted(now)
    for clock in now.clocks.values():
        if clock.unanswered and clock.escalated == 0 and _steps(clock):
            now.lacks(f"clock {clock.id} is missed, and nobody hears of it")
            clock.escalated = 1


def passed(now: Owed, until: int, offset: int) -> None:
    """Time has passed so far, and what was due is said: each warning, each step of an escalation (rule 28).

    Timers are set when a step is taken, by what holds there; `offset` is where the next one is taken, for a timer that
    rings in between and decides nothing sets them anew.
    """
    routed(now, until, offset)
    for clock in now.clocks.values():
        if clock.run.closed_at is not None:
            continue
        if clock.standing == "pending":
            _warned(now, clock, until, offset)
        elif clock.unanswered and not now.refused:
            _escalated(now, clock, until, offset)


def _warned(now: Owed, clock: Clock, until: int, offset: int) -> None:
    agreement, budget, start = clock.run.agreement, clock.budget, clock.started_at
    for percent in agreement[clock.kind]["warn_percent"]:
        if percent in clock.warned or start + budget.seconds * percent // 100 * SECOND > _soonest(clock, until):
            continue
        if clock.kind == "cadence" and clock.done:
            continue
        fair = max(
            now.positions.at(each).warned_from(agreement, budget, clock.owner, start, percent)
            for each in {now.stood, offset}
        )
        if fair <= until:
            now.lacks(f"{percent} % of {clock.kind} {clock.id} was used up at {moment(fair)}, nobody was warned")
            clock.warned.add(percent)


def _escalated(now: Owed, clock: Clock, until: int, offset: int) -> None:
    step, steps = clock.escalated + 1, _steps(clock)
    if step > len(steps) or clock.started_at + clock.budget.seconds * step * SECOND > _soonest(clock, until):
        return
    fair = max(
        late(now.positions.at(each).hours(clock.run.agreement), clock.budget, clock.started_at, step)
        for each in {now.stood, offset}
    )
    if fair <= until:
        now.lacks(f"step {step} of clock {clock.id} was to be taken at {moment(fair)}")
        clock.escalated = step


def _soonest(clock: Clock, until: int) -> int:
    """The same instant, where a budget cannot be used up before as many seconds are over."""
    return until if clock.budget.unit in {"business", "elapsed"} else _NEVER


def _steps(clock: Clock) -> Sequence[str]:
    steps: Sequence[str] = clock.run.agreement["first_response"].get("escalate_to", ())
    return steps


def started(now: Owed, event: Told) -> None:
    """A clock starts because something asks for it."""
    if now.step.starts.pop(event.said["clock"], None) is None:
        now.violated(event, f"nothing asks for a {event.said['kind']} now")


def handed(now: Owed, run: Run, *, first: bool) -> None:
    """A new owner begins with what runs, and with what the old one did not do; the first one owes the whole outreach,
    unless the lead wants none (rules 22, 31, 47)."""
    starts, now.step.judges = now.step.starts, True
    for clock in now.of(run):
        if clock.standing == "pending" and clock.kind != "routing":
            starts[clock.id] = clock.kind
        elif clock.run_out and not now.refused:
            starts[derived(clock.id, "renewed")] = clock.kind
    if first and not now.refused:
        for kind in ("first_response", "cadence"):
            starts[derived("clock", run.id, kind, "")] = kind


def _owned(now: Owed, fact: Told) -> None:
    """The CRM's last word makes the owner, unless somebody got the lead later than that (rules 33, 43, 49)."""
    word = max(now.named)
    for run in now.open() if word.fact == fact.envelope.id else ():
        if run.owner != word.owner and (run.owned_at is None or word.at >= run.owned_at):
            now.step.owners[run.id] = "crm"


def _touched(now: Owed) -> None:
    """A reply is owed an answer, unless it was a conversation at once (rule 26)."""
    reply = now.touches[-1]
    if not reply.reply or reply.conversation or now.refused:
        return
    for run in now.open():
        id_ = derived("clock", run.id, "first_response", reply.id)
        if run.qualified_at < reply.at and id_ not in now.clocks:
            now.step.starts[id_] = "first_response"
