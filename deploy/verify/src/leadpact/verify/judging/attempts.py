"""What counts as reaching out: touches of several feeds are one attempt, a bounce takes it back (rules 23 to 26)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from leadpact.verify.judging.facts import SECOND
from leadpact.verify.stories import Told
from leadpact.verify.wire import micros

SAME_WITHIN = 5 * 60 * SECOND
_MACHINES = {"auto_reply", "bounced"}


@dataclass(frozen=True, slots=True)
class Touch:
    """A call, mail or meeting as a feed told it."""

    at: int
    id: str
    kind: str
    inward: bool
    outcome: str
    actor: str
    actor_kind: str
    seconds: int | None
    target: str | None
    reference: str | None

    @property
    def reply(self) -> bool:
        """Whether a person wrote or called us."""
        return self.inward and self.outcome not in _MACHINES and self.actor_kind in {"human", "unknown"}

    @property
    def conversation(self) -> bool:
        """Whether it went both ways."""
        return self.kind == "meeting" or (self.kind == "call" and self.outcome == "connected")

    @property
    def reached(self) -> bool:
        """Whether it shows that the lead talked to us: they wrote or called, took a call, met us, answered a mail."""
        by_somebody = self.actor_kind in {"human", "unknown"} and self.outcome not in _MACHINES
        return by_somebody and (self.inward or self.conversation or self.outcome == "replied")

    @property
    def ends(self) -> int:
        """When it was over, as far as is known."""
        return self.at + (self.seconds or 0) * SECOND

    def counts(self, *, unknown_counts: bool) -> bool:
        """Whether somebody of ours reached the lead, or the lead reached us in a conversation."""
        if self.inward:
            return self.reply and self.conversation
        human = self.actor_kind == "human" or (unknown_counts and self.actor_kind == "unknown")
        return human and self.outcome not in _MACHINES


@dataclass(slots=True)
class Attempt:
    """One act of reaching out; the earliest time wins."""

    first: Touch
    told: list[Touch] = field(default_factory=list)

    @property
    def at(self) -> int:
        """When it happened."""
        return self.first.at

    @property
    def mail(self) -> str | None:
        """Which mail it is, if it is one and a feed told; calls have another number at every feed."""
        if self.first.kind != "email":
            return None
        return next((each.reference for each in self.told if each.reference), None)

    def same(self, touch: Touch) -> bool:
        """Whether a feed tells the same act: same actor, target, mail; overlapping, or near where no length is told.

        Near is within five minutes of the first report: of its end, if it told one.
        """
        first = self.first
        if (first.kind, first.actor, first.inward) != (touch.kind, touch.actor, touch.inward):
            return False
        target = next((each.target for each in self.told if each.target), None)
        if target is not None and touch.target is not None and target != touch.target:
            return False
        if self.mail is not None and touch.reference is not None and self.mail != touch.reference:
            return False
        if touch.at == first.at or any(touch.at < each.ends for each in self.told):
            return True
        lengths = touch.seconds is not None and all(each.seconds is not None for each in self.told)
        return not lengths and touch.at - first.ends <= SAME_WITHIN


def touch(event: Told) -> Touch:
    """A touch from its event."""
    said, envelope = event.said, event.envelope
    return Touch(
        micros(envelope.occurred_at),
        envelope.id,
        said["kind"],
        said["direction"] == "in",
        said["outcome"],
        envelope.actor.id,
        envelope.actor.kind.value,
        said.get("seconds"),
        said.get("target"),
        said.get("reference"),
    )


def tries(made: Iterable[Attempt], after: int, until: int) -> list[Attempt]:
    """The attempts of a cadence in `(after, until]`: ours, and no meetings."""
    return [
        each for each in made if after < each.at <= until and not each.first.inward and each.first.kind != "meeting"
    ]


def attempts(touches: Iterable[Touch], *, unknown_counts: bool) -> list[Attempt]:
    """The delivered attempts, by time."""
    ordered = sorted(touches, key=lambda each: (each.at, each.id))
    bounced = {each.reference for each in ordered if each.outcome == "bounced" and each.reference}
    made: list[Attempt] = []
    for each in ordered:
        if not each.counts(unknown_counts=unknown_counts):
            continue
        known = next((attempt for attempt in reversed(made) if attempt.same(each)), None)
        if known is None:
            made.append(Attempt(each, [each]))
        else:
            known.told.append(each)
    return [attempt for attempt in made if attempt.mail not in bounced]
