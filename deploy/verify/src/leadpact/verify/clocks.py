"""Check 7: what is owed was promised, each promise has one verdict that stands, and all of it is what the rules say.

The sla-monitor's own events are read in their order, the facts of `qualification` that each of them knew before it.
What a decision had to bring is known before it is read, so that what is missing is found too.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify.coming import begin, over, passed, started, taken
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.operations import Budget, Operations, Positions, late
from leadpact.verify.judging.promises import Clock, Segment, verdict
from leadpact.verify.owed import Owed
from leadpact.verify.owners import assigned, queued, refused, settled
from leadpact.verify.stories import Story, Told
from leadpact.verify.tallies import counted, measured
from leadpact.verify.wire import NOTICES, OWN, derived, micros, moment

REVISION = 1
"""The revision of the sla-monitor's decisions that these rules are."""
_KEPT = frozenset({"met", "withdrawn"})


def owed(story: Story, positions: Positions, until: datetime, found: Findings) -> Owed | None:
    """Judge a lead's promises; None where they cannot be: the lead was set aside, or decided by other rules."""
    said = [event for event in story.told[SLA.name] if event.envelope.revision == REVISION]
    revisions = [event.envelope.revision for event in story.told[SLA.name] if event.type in OWN[SLA.name]]
    again = not story.troubled and set(revisions) <= {REVISION}
    found.decided("sla-monitor", revisions, again=again)
    if not again:
        found.count("leads whose clocks were not judged again")
        return None
    now = Owed(story.lead, positions, found)
    facts = [event for event in story.told[QUALIFICATION.name] if event.type not in NOTICES]
    known = 0
    for event in said:
        at = event.envelope.at
        while at is not None and known < len(facts) and facts[known].offset <= at.offset:
            taken(now, facts[known])
            known += 1
        if event.envelope.causation != now.step.cause:
            begin(now, event.envelope.causation)
            _rang(now, event)
        act = _ACTS.get(event.type)
        if act is not None:
            act(now, event, positions.at(now.stood if at is None else at.offset))
            for run in now.runs.values():
                settled(now, run)
    for event in facts[known:]:
        taken(now, event)
    over(now)
    if not (now.positions.last.in_lane and facts and facts[-1].envelope.lane is Lane.BACKFILL):
        now.until = micros(until)
        passed(now, now.until, now.positions.end)
    for clock in now.clocks.values():
        _stands(now, clock, micros(until))
    return now


def _rang(now: Owed, event: Told) -> None:
    """What a timer made: it was one of this lead's, its time had come, and that of no other before it."""
    envelope = event.envelope
    if envelope.causation != envelope.correlation or envelope.causation in now.rings:
        return
    now.rings.add(envelope.causation)
    if envelope.at is not None:
        passed(now, micros(envelope.received_at) - 1, envelope.at.offset)
        now.stood = envelope.at.offset
    if envelope.received_at > envelope.mark:
        now.violated(event, f"its timer was due at {envelope.received_at}, time had passed to {envelope.mark}")
    due = envelope.received_at.isoformat()
    timer = next((n for n in _names(now) if envelope.causation == derived("sla-monitor", now.lead, n, due)), None)
    now.step.rang = timer or ""
    if timer is None:
        now.violated(event, f"no timer of this lead that was due at {due} has the id {envelope.causation}")


def _names(now: Owed) -> list[str]:
    names = [f"{what}:{run}:0" for run in now.runs for what in ("route", "leave")]
    for clock in now.clocks.values():
        promise = clock.run.agreement[clock.kind]
        names += [f"due:{clock.id}:0", *(f"warn:{clock.id}:{percent}" for percent in promise["warn_percent"])]
        names += [f"escalate:{clock.id}:{n}" for n, _ in enumerate(promise.get("escalate_to", ()), 1)]
    return names


def _started(now: Owed, event: Told, operations: Operations) -> None:
    said = event.said
    run = now.runs.get(said["engagement"])
    if run is None:
        now.violated(event, "its engagement never qualified")
        return
    started(now, event)
    started_at, due = (micros(datetime.fromisoformat(said[name])) for name in ("started_at", "due"))
    promise = run.agreement[said["kind"]]
    budget = Budget(promise["unit"], promise["window_seconds" if said["kind"] == "cadence" else "budget_seconds"])
    if (said["unit"], said["budget_seconds"]) != budget:
        now.violated(event, f"it has {said['budget_seconds']} s of {said['unit']}, the agreement {budget}")
    wanted = _clock_id(said)
    if said["clock"] != wanted:
        now.violated(event, f"its clock is {said['clock']}, by the rules {wanted}")
    plan = operations.plan(run.agreement, budget, said["owner"], started_at)
    _same(now, event, due, plan.due)
    if said["owner"] != run.owner:
        now.violated(event, f"it runs for {said['owner']}, the lead belongs to {run.owner}")
    begin = run.qualified_at if said["kind"] == "routing" else micros(event.envelope.recorded_at)
    if started_at != begin:
        now.violated(event, f"it starts at {said['started_at']}, not at {moment(begin)}")
    clock = now.clocks.get(said["clock"])
    if clock is None:
        asked_by = said.get("replies_to") or run.qualified_by
        asked_at = next((each.at for each in now.touches if each.id == asked_by), run.qualified_at)
        clock = Clock(said["clock"], said["kind"], run, budget, asked_at, asked_by, said["owner"], started_at, due)
        clock.renews = said.get("renews")
        _new(now, clock, clock.renews)
    else:
        if clock.standing != "pending":
            now.violated(event, f"it starts again, but stands as {clock.standing}")
        clock.ended.append(Segment(clock.owner, clock.started_at, clock.due, started_at))
        clock.owner, clock.started_at, clock.due, clock.segment = said["owner"], started_at, due, clock.segment + 1
        clock.warned.clear()
    if said["segment"] != clock.segment:
        now.violated(event, f"it calls this segment {said['segment']}, it is {clock.segment}")


def _new(now: Owed, clock: Clock, renews: str | None) -> None:
    now.clocks[clock.id] = clock
    if clock.kind == "cadence":
        clock.run.cadence = clock
    if renews in now.clocks:
        now.clocks[renews].renewed = True
    now.found.count("clocks")


def _clock_id(said: dict[str, Any]) -> str:
    if said.get("renews"):
        return derived(said["renews"], "renewed")
    return derived("clock", said["engagement"], said["kind"], said.get("replies_to") or "")


def _moved(now: Owed, event: Told, operations: Operations) -> None:
    clock = _of(now, event)
    if clock is not None:
        now.step.moved.add(clock.id)
        clock.due = micros(datetime.fromisoformat(event.said["due"]))
        plan = operations.plan(clock.run.agreement, clock.budget, clock.owner, clock.started_at)
        _same(now, event, clock.due, plan.due)


def _warned(now: Owed, event: Told, operations: Operations) -> None:
    clock, percent = _of(now, event), event.said["percent"]
    if clock is None:
        return
    if clock.standing != "pending" or percent in clock.warned:
        now.violated(event, f"{percent} % was said before, or the clock stands as {clock.standing}")
    clock.warned.add(percent)
    of = clock.run.agreement, clock.budget, clock.owner, clock.started_at
    fair, fired = operations.warned_from(*of, percent), micros(event.envelope.occurred_at)
    if percent not in clock.run.agreement[clock.kind]["warn_percent"] or fired < fair:
        now.violated(event, f"{percent} % is used up at {moment(fair)}, it was said of {moment(fired)}")


def _judged(now: Owed, event: Told, operations: Operations) -> None:
    clock, said = _of(now, event), event.said
    if clock is None:
        return
    if said["previous"] != clock.standing:
        now.violated(event, f"it revises {said['previous']}, but {clock.standing} stands")
    if micros(datetime.fromisoformat(said["due"])) != clock.due:
        now.violated(event, f"it is judged by {said['due']}, but due at {moment(clock.due)}")
    answered = said.get("answered_at")
    clock.answered_at = None if answered is None else micros(datetime.fromisoformat(answered))
    clock.standing, clock.evidence = said["verdict"], tuple(said["evidence"])
    measured(now, event, clock, operations)
    newly_kept = clock.kind == "cadence" and clock.standing in _KEPT and said["previous"] not in _KEPT
    if newly_kept and _in_vain(now, clock) and not _unsure(clock, micros(event.envelope.mark), operations):
        now.exhausted.append(event)
    _doubted(now, event, clock, operations)
    if clock.standing == "missed":
        too_late = clock.answered_at is not None and clock.answered_at > clock.due
        if not clock.missed and not too_late and micros(event.envelope.mark) <= clock.due:
            now.violated(event, f"due at {moment(clock.due)}, but time had passed to {event.envelope.mark} only")
        clock.missed = True
    now.found.count("verdicts")


def _in_vain(now: Owed, clock: Clock) -> bool:
    """Whether nothing has come of a cadence that was kept, up to this position, and its agreement says what then."""
    reached = any(each.reached and clock.asked_at < each.at for each in now.touches)
    recycles = clock.run.agreement["cadence"].get("exhausted", "keep") == "recycle"
    return recycles and clock.ending is None and not reached


def _unsure(clock: Clock, told: int, operations: Operations) -> bool:
    """Whether evidence of before the due may still be on its way to us (rule 30)."""
    doubt = operations.doubt(clock.run.agreement, clock.kind, clock.due)
    return doubt is not None and told <= doubt.until


def _doubted(now: Owed, event: Told, clock: Clock, operations: Operations) -> None:
    """Unverified is what nobody can tell yet, and nothing of it is missed before somebody can (rule 30)."""
    live = event.envelope.lane is Lane.LIVE  # history did not come by our intake
    doubt = operations.doubt(clock.run.agreement, clock.kind, clock.due) if live else None
    given = clock.answered_at if clock.kind == "routing" else None
    told = micros(event.envelope.mark) if given is None else given
    unsure = doubt is not None and clock.due < told <= doubt.until and not clock.missed
    if clock.standing == ("missed" if unsure else "unverified"):
        until = "nothing that we could not hear" if doubt is None else f"one in doubt until {moment(doubt.until)}"
        now.violated(event, f"{clock.standing} at {moment(told)}, due {moment(clock.due)}, by {until}")
    elif doubt is not None and unsure and clock.standing == "unverified" and clock.evidence[-1:] != (doubt.fact(told),):
        now.violated(event, f"it rests on {clock.evidence[-1:]}, by the rules on {doubt.fact(told)}")


def _escalated(now: Owed, event: Told, operations: Operations) -> None:
    clock, step = _of(now, event), event.said["step"]
    if clock is None:
        return
    steps = clock.run.agreement["first_response"]["escalate_to"]
    if step != clock.escalated + 1 or step > len(steps) or event.said["to"] != steps[step - 1]:
        now.violated(event, f"step {step} to {event.said['to']} follows step {clock.escalated} of {steps}")
    clock.escalated = step
    if not clock.missed:
        now.violated(event, "nothing was missed")
    if step > 1:
        fair = late(operations.hours(clock.run.agreement), clock.budget, clock.started_at, step)
        if micros(event.envelope.received_at) < fair:
            now.violated(event, f"step {step} is taken at {moment(fair)}, not at {event.envelope.received_at}")


def _of(now: Owed, event: Told) -> Clock | None:
    clock = now.clocks.get(event.said["clock"])
    if clock is None:
        now.violated(event, "its clock never started")
    return clock


def _same(now: Owed, event: Told, due: int, wanted: int) -> None:
    if due != wanted:
        now.violated(event, f"it is due at {moment(due)}, second by second at {moment(wanted)}")


def _stands(now: Owed, clock: Clock, passed: int) -> None:
    """The verdict that stands is that of all the facts; what is pending is due as was known when its timer was set."""
    if clock.standing == "pending":
        of = clock.run.agreement, clock.budget, clock.owner, clock.started_at
        clock = replace(clock, due=max(operations.plan(*of).due for operations in now.known()))
    doubt = now.positions.last.doubt(clock.run.agreement, clock.kind, clock.due)
    wanted = verdict(clock, now.touches, passed, doubt)
    # what left it open first may be over while something else does still: that is not said again
    open_by = {(span.fact,) for span in doubt.spans} if doubt and wanted.standing == "unverified" else set()
    rests = not wanted.evidence or clock.evidence in {wanted.evidence, *open_by}
    if (clock.standing, clock.answered_at) != wanted[:2] or not rests:
        where = f"lead {now.lead}, {clock.kind} {clock.id}"
        stands = f"it stands as {clock.standing} ({_when(clock.answered_at)})"
        says = f"{stands}, by the rules as {wanted.standing} ({_when(wanted.answered_at)}); due {moment(clock.due)}"
        now.found.violated(Check.CLOCKS, where, says)


def _when(at: int | None) -> str:
    return "not answered" if at is None else f"answered {moment(at)}"


_ACTS: dict[str, Callable[[Owed, Told, Operations], None]] = {
    "clock.started": _started,
    "clock.moved": _moved,
    "clock.warned": _warned,
    "clock.judged": _judged,
    "attempt.counted": counted,
    "lead.assigned": assigned,
    "lead.queued": queued,
    "lead.escalated": _escalated,
    "command.refused": refused,
}
