"""Check 7: each promise has one verdict that stands; dues, firings and verdicts are what the rules say of the facts.

The sla-monitor's own events are read in their order, the facts of `qualification` that each of them knew before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from leadpact.contracts.envelope import Lane
from leadpact.contracts.topics import QUALIFICATION, SLA
from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.attempts import Touch, touch
from leadpact.verify.judging.operations import Budget, Operations, Positions, used_up
from leadpact.verify.judging.promises import Clock, Ending, Run, verdict
from leadpact.verify.stories import Story, Told
from leadpact.verify.wire import NOTICES, OWN, derived, micros, moment

REVISION = 1
"""The revision of the sla-monitor's decisions that these rules are."""
_OUTWARD = ("first_response", "cadence")
_KEPT = frozenset({"met", "withdrawn"})


class Word(NamedTuple):
    """Whom the CRM named as the owner; the greatest is the last."""

    at: int
    fact: str
    owner: str


@dataclass(slots=True)
class Owed:
    """What is owed to a lead, as announced so far."""

    lead: str
    positions: Positions
    found: Findings
    runs: dict[str, Run] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    rings: set[str] = field(default_factory=set)
    named: list[Word] = field(default_factory=list)
    consents: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    exhausted: list[Told] = field(default_factory=list)
    """Verdicts by which an agreement asks for a closing (rule 27)."""

    def violated(self, event: Told, says: str) -> None:
        """An event breaks a rule."""
        self.found.violated(Check.CLOCKS, f"lead {self.lead}, {event.type} {event.envelope.id}", says)


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
            _fact(now, facts[known])
            known += 1
        _ring(now, event)
        act = _ACTS.get(event.type)
        if act is not None and at is not None:
            act(now, event, positions.at(at.offset))
    for event in facts[known:]:
        _fact(now, event)
    for clock in now.clocks.values():
        _stands(now, clock, micros(until))
    return now


def _fact(now: Owed, event: Told) -> None:
    """What a fact changes in what is known, before anything is decided."""
    envelope, said = event.envelope, event.said
    match event.type:
        case "lead.qualified":
            agreement = now.positions.at(event.offset).agreements[said["agreement"], said["agreement_version"]]
            at = micros(datetime.fromisoformat(said["recognised_at"]))
            run = Run(said["engagement"], agreement, at, envelope.id)
            now.runs.setdefault(run.id, run)
        case "lead.touched":
            made = touch(event)
            machine = made.actor_kind in {"automation", "system"} and made.outcome != "bounced"
            if not machine and any(run.qualified_at < made.at for run in now.runs.values()):
                now.touches.append(made)
        case "lead.owned":
            now.named.append(Word(micros(envelope.occurred_at), envelope.id, said["owner"]))
        case "lead.consented":
            word = micros(envelope.occurred_at), envelope.id, said["granted"]
            if word < now.consents.get(said["purpose"], word):
                return  # the lead has said something later
            now.consents[said["purpose"]] = word
            if not said["granted"]:
                _end(now, Ending(micros(envelope.recorded_at), "cancelled", envelope.id), None, _OUTWARD)
        case "lead.accepted":
            _end(now, Ending(micros(envelope.recorded_at), "met", envelope.id), said["engagement"], ("cadence",))
        case "engagement.closed":
            at = micros(envelope.recorded_at)
            _end(now, Ending(at, "met", envelope.id), said["engagement"], ("cadence",))
            _end(now, Ending(at, "cancelled", envelope.id), said["engagement"], ("routing", "first_response"))
            now.runs[said["engagement"]].closed_at = at
        case _:
            pass


def _end(now: Owed, ending: Ending, run: str | None, kinds: Sequence[str]) -> None:
    for clock in now.clocks.values():
        if clock.kind in kinds and run in {None, clock.run.id} and clock.ending is None:
            clock.ending = ending._replace(at=max(ending.at, clock.said_until))


def _ring(now: Owed, event: Told) -> None:
    """What a timer made: it was one of this lead's, and its time had come."""
    envelope = event.envelope
    if envelope.causation != envelope.correlation or envelope.causation in now.rings:
        return
    now.rings.add(envelope.causation)
    if envelope.received_at > envelope.mark:
        now.violated(event, f"its timer was due at {envelope.received_at}, time had passed to {envelope.mark}")
    due = envelope.received_at.isoformat()
    if not any(envelope.causation == derived("sla-monitor", now.lead, name, due) for name in _names(now)):
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
        now.clocks[clock.id] = clock
        now.found.count("clocks")
    else:
        if clock.standing != "pending":
            now.violated(event, f"it starts again, but stands as {clock.standing}")
        clock.owner, clock.started_at, clock.due, clock.segment = said["owner"], started_at, due, clock.segment + 1
        clock.warned.clear()
    if said["segment"] != clock.segment:
        now.violated(event, f"it calls this segment {said['segment']}, it is {clock.segment}")


def _clock_id(said: dict[str, Any]) -> str:
    if said.get("renews"):
        return derived(said["renews"], "renewed")
    return derived("clock", said["engagement"], said["kind"], said.get("replies_to") or "")


def _moved(now: Owed, event: Told, operations: Operations) -> None:
    clock = _of(now, event)
    if clock is not None:
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
    newly_kept = clock.kind == "cadence" and clock.standing in _KEPT and said["previous"] not in _KEPT
    if newly_kept and _in_vain(now, clock) and not _unsure(clock, micros(event.envelope.mark), operations):
        now.exhausted.append(event)
    _doubted(now, event, clock, operations)
    if clock.standing == "missed":
        late = clock.answered_at is not None and clock.answered_at > clock.due
        if not clock.missed and not late and micros(event.envelope.mark) <= clock.due:
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


def _assigned(now: Owed, event: Told, _: Operations) -> None:
    run = now.runs.get(event.said["engagement"])
    if run is None:
        now.violated(event, "its engagement never qualified")
        return
    if run.closed_at is not None:
        now.violated(event, "its engagement is closed")
    envelope = event.envelope
    word = max(now.named, default=None) if event.said["by"] == "crm" else None
    if event.said["by"] == "crm":
        _by_crm(now, event, run, word)
    by_fact = word is not None and envelope.causation == word.fact
    first, run.owner, run.owned_at = run.owner is None, event.said["owner"], micros(envelope.occurred_at)
    at = max(micros(envelope.occurred_at if by_fact else envelope.recorded_at), run.qualified_at)
    routing = now.clocks.get(derived("clock", run.id, "routing", ""))
    if first and routing is not None and routing.standing != "cancelled":
        routing.given = at
        named = word.fact if word is not None else envelope.causation if event.said["by"] == "hand" else envelope.id
        routing.given_by = (named,)


def _by_crm(now: Owed, event: Told, run: Run, word: Word | None) -> None:
    """The CRM's last word by `occurred_at` stands, and takes no lead from who got it after that (rules 33, 43, 49)."""
    if word is None or word.owner != event.said["owner"]:
        now.violated(event, f"the CRM's last word is {word.owner if word else 'none'}")
    elif run.owned_at is not None and word.at < run.owned_at:
        now.violated(event, f"the CRM said so of {moment(word.at)}, {run.owner} has it since {moment(run.owned_at)}")


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
        late = Budget(clock.budget.unit, clock.budget.seconds * step)
        fair = used_up(operations.hours(clock.run.agreement), late, clock.started_at, ())
        if micros(event.envelope.received_at) < fair:
            now.violated(event, f"step {step} is taken at {moment(fair)}, not at {event.envelope.received_at}")


def _counted(now: Owed, event: Told, _: Operations) -> None:
    run, said = now.runs.get(event.said["engagement"]), event.said
    if run is not None:
        run.counted = said["calls"], said["emails"], said["socials"]


def _of(now: Owed, event: Told) -> Clock | None:
    clock = now.clocks.get(event.said["clock"])
    if clock is None:
        now.violated(event, "its clock never started")
    return clock


def _same(now: Owed, event: Told, due: int, wanted: int) -> None:
    if due != wanted:
        now.violated(event, f"it is due at {moment(due)}, second by second at {moment(wanted)}")


def _stands(now: Owed, clock: Clock, passed: int) -> None:
    """The verdict that stands is that of all the facts."""
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
    "lead.assigned": _assigned,
    "attempt.counted": _counted,
    "lead.escalated": _escalated,
}
