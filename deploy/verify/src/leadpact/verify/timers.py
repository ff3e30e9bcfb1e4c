"""Check 8 for timers: what is open has those it waits for, each at its instant, and nothing waits for what is over.

The sla-monitor sets a lead's timers whenever it takes a step with the lead, by the leave, closures, stalls and silences
known there, and lets them stand when more of these become known. So the instants are those of the last step that the
log tells of, or of a later position: a timer that has rung untimely decides nothing and sets them anew, and so does a
rebuild; neither leaves an event. Of these, only what has not rung by now can stand.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from leadpact.verify.judging.lead import Judged
from leadpact.verify.judging.operations import Operations, late
from leadpact.verify.judging.promises import Clock, Run
from leadpact.verify.owed import Owed
from leadpact.verify.shelves import WHATEVER, Row, row
from leadpact.verify.stories import Story
from leadpact.verify.wire import micros

QUALIFIER, MONITOR = "state timers of qualifier", "state timers of sla-monitor"
_LATER = 1
"""Exactly at due is in time (rule 2)."""


class Timers(NamedTuple):
    """A key's timers, by name, with when each is due."""

    consumer: str
    key: str
    names: Sequence[str]
    dues: Sequence[datetime]


def expected(story: Story, judged: Judged | None, owed: Owed | None) -> Iterator[Row]:
    """What both services must wait for of a lead; of several rows under one key any one will do."""
    if judged is None:
        yield Row(QUALIFIER, story.lead, WHATEVER)
    elif judged.crossing is not None:
        yield row(QUALIFIER, [story.lead], ["crossing", judged.crossing])
    if owed is None:
        yield Row(MONITOR, story.lead, WHATEVER)
        return
    yield from (row(MONITOR, [story.lead], _flat(told)) for told in _ways(owed) if told)


def held(timers: Timers) -> Iterator[Row]:
    """What the tables wait for of that."""
    told = dict(zip(timers.names, map(micros, timers.dues), strict=True))
    yield row(QUALIFIER if timers.consumer == "qualifier" else MONITOR, [timers.key], _flat(told))


def _flat(told: dict[str, int]) -> list[str | int]:
    return [each for timer in sorted(told.items()) for each in timer]


def _ways(now: Owed) -> list[dict[str, int]]:
    """The timers that may stand, one way for each position that says something else of them."""
    found: list[dict[str, int]] = []
    for operations in now.known():
        told = {name: at for run in now.runs.values() for name, at in _of_run(now, run, operations)}
        if told not in found:
            found.append(told)
    return [told for told in found if all(at > now.until for at in told.values())] or found[:1]


def _of_run(now: Owed, run: Run, operations: Operations) -> Iterator[tuple[str, int]]:
    if run.waiting is not None:
        yield f"route:{run.id}:0", run.waiting.retry_at
    leaves = []
    for clock in now.of(run):
        if clock.unsure:
            doubt = operations.doubt(run.agreement, clock.kind, clock.due)
            yield f"due:{clock.id}:0", (clock.due + _LATER if doubt is None else doubt.until) + _LATER
        if clock.standing == "pending":
            plan = operations.plan(run.agreement, clock.budget, clock.owner, clock.started_at)
            yield f"due:{clock.id}:0", plan.due + _LATER
            leaves.append(plan.leaves_at)
        if run.closed_at is None:
            yield from _of_clock(now, clock, operations)
    known = [at for at in leaves if at is not None]
    if known and run.waiting is None and run.closed_at is None:
        yield f"leave:{run.id}:0", min(known)


def _of_clock(now: Owed, clock: Clock, operations: Operations) -> Iterator[tuple[str, int]]:
    """Warnings of what is pending, none where all is done that was promised, and the next step of what was missed."""
    agreement = clock.run.agreement
    if clock.standing == "pending" and not (clock.kind == "cadence" and clock.done):
        for percent in agreement[clock.kind]["warn_percent"]:
            if percent not in clock.warned:
                of = agreement, clock.budget, clock.owner, clock.started_at
                yield f"warn:{clock.id}:{percent}", operations.warned_from(*of, percent)
    step = clock.escalated + 1
    if clock.unanswered and not now.refused and step <= len(agreement["first_response"].get("escalate_to", ())):
        yield f"escalate:{clock.id}:{step}", late(operations.hours(agreement), clock.budget, clock.started_at, step)
