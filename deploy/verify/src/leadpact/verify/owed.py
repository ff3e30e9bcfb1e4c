"""What is owed to a lead, as its facts and the sla-monitor's events go by; no rule is judged here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from leadpact.verify.findings import Check, Findings
from leadpact.verify.judging.attempts import Touch, touch
from leadpact.verify.judging.facts import LONG_AGO
from leadpact.verify.judging.operations import Operations, Positions
from leadpact.verify.judging.promises import Clock, Ending, Run
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros

_OUTWARD = ("first_response", "cadence")


class Word(NamedTuple):
    """Whom the CRM named as the owner; the greatest is the last."""

    at: int
    fact: str
    owner: str


class Consent(NamedTuple):
    """What the lead said of a purpose; the greatest is the last word."""

    at: int
    fact: str
    granted: bool


@dataclass(slots=True)
class Step:
    """One decision, on a fact or a timer, and what has to follow in it.

    `starts` are the clocks that must start, by their id, `owners` the engagements that must get an owner or a place in
    the queue, and by what; `judges` says that all promises are judged again, `moved` which were due elsewhere before.
    `rang` is the timer that it is on, `hand` whom a person wants as the owner. `unanswered` were missed before it,
    `passed_on` are the engagements that somebody else was sought for since.
    """

    cause: str
    unanswered: frozenset[str] = frozenset()
    rang: str = ""
    hand: str | None = None
    passed_on: set[str] = field(default_factory=set)
    starts: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    judges: bool = False
    moved: set[str] = field(default_factory=set)


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
    consents: dict[str, Consent] = field(default_factory=dict)
    exhausted: list[Told] = field(default_factory=list)
    """Verdicts by which an agreement asks for a closing (rule 27)."""
    step: Step = field(default_factory=lambda: Step(""))
    stood: int = -1
    """The offset of the fact behind which the last step was taken: timers are set by what held there."""
    turns: list[tuple[str, str, str]] = field(default_factory=list)
    """The team, the credits that an assignment saw, and those behind it if it was a turn of the round robin."""
    overdue: set[str] = field(default_factory=set)
    """Engagements of which it was said that nobody looked for an owner in time."""
    until: int = LONG_AGO
    """Time has passed so far for the lead, and what was due has rung."""

    @property
    def refused(self) -> bool:
        """Whether the lead has opted out of anything (rule 47)."""
        return any(not consent.granted for consent in self.consents.values())

    def missed(self, run: Run) -> bool:
        """Whether this decision found an answer missed that is to come from somebody else (rule 31)."""
        fresh = any(clock.unanswered and clock.id not in self.step.unanswered for clock in self.of(run))
        agreed: bool = run.agreement["first_response"].get("reallocate", False)
        return fresh and agreed and run.closed_at is None and not self.refused

    def open(self) -> list[Run]:
        """Engagements that are not closed."""
        return [run for run in self.runs.values() if run.closed_at is None]

    def of(self, run: Run) -> list[Clock]:
        """The clocks of an engagement."""
        return [clock for clock in self.clocks.values() if clock.run is run]

    def known(self, offset: int | None = None) -> Iterator[Operations]:
        """What held where the last step was taken that is told of, then whatever else may have by a later one that
        decided nothing, up to an offset if one is given."""
        ends = self.positions.end if offset is None else offset
        return self.positions.since(self.stood, lambda control: control.offset <= ends and self._concerns(control))

    def _concerns(self, control: Told) -> bool:
        match control.type:
            case "leave.taken":
                return any(control.said["rep"] == clock.owner for clock in self.clocks.values())
            case "closure.declared":
                return any(control.said["team"] == run.agreement["routing"]["team"] for run in self.runs.values())
            case "intake.stalled" | "source.silent" | "source.resumed":
                return any(clock.unsure for clock in self.clocks.values())
            case _:
                return False

    def lacks(self, says: str) -> None:
        """A decision is over, and something that had to follow did not."""
        self.found.violated(Check.CLOCKS, f"lead {self.lead}, decision on {self.step.cause}", says)

    def violated(self, event: Told, says: str) -> None:
        """An event breaks a rule."""
        self.found.violated(Check.CLOCKS, f"lead {self.lead}, {event.type} {event.envelope.id}", says)


def know(now: Owed, event: Told) -> None:
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
            word = Consent(micros(envelope.occurred_at), envelope.id, said["granted"])
            if word < now.consents.get(said["purpose"], word):
                return  # the lead has said something later
            now.consents[said["purpose"]] = word
            if not said["granted"]:
                says = f"The lead opted out of {said['purpose']}"
                _end(now, Ending(micros(envelope.recorded_at), "cancelled", envelope.id, says), None, _OUTWARD)
        case "lead.accepted":
            ending = Ending(micros(envelope.recorded_at), "met", envelope.id, "Sales accepted the lead as SQL")
            _end(now, ending, said["engagement"], ("cadence",))
        case "engagement.closed":
            at = micros(envelope.recorded_at)
            says = f"The lead was {said['outcome']}" + (f" ({said['reason']})" if said.get("reason") else "")
            _end(now, Ending(at, "met", envelope.id, says), said["engagement"], ("cadence",))
            _end(now, Ending(at, "cancelled", envelope.id, says), said["engagement"], ("routing", "first_response"))
            run = now.runs[said["engagement"]]
            run.closed_at, run.waiting = at, None
        case _:
            pass


def _end(now: Owed, ending: Ending, run: str | None, kinds: Sequence[str]) -> None:
    for clock in now.clocks.values():
        if clock.kind in kinds and run in {None, clock.run.id} and clock.ending is None:
            clock.ending = ending._replace(at=max(ending.at, clock.said_until))
