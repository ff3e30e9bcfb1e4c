"""What holds for any story: order of arrival, segments, fairness, and a slow oracle for the first response."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from leadpact.calendar import elapsed
from leadpact.contracts.envelope import ActorKind
from leadpact.contracts.events.control import Rep
from leadpact.contracts.events.lead import Direction, Outcome, TouchKind
from leadpact.kit.decider import Fact
from tests.unit.sla_monitor.world import CALENDAR, DAY, HOUR, MINUTE, SECOND, T, World

DUE = T + HOUR


@dataclass(frozen=True)
class Said:
    """A touch in a made-up story; a mail's reference is its own, so that a bounce can name it."""

    kind: TouchKind
    actor: ActorKind
    occurred_at: datetime
    received_at: datetime
    reference: str | None
    bounce: bool

    def fact(self, world: World) -> Fact:
        return world.touch(
            self.occurred_at,
            self.kind,
            Outcome.BOUNCED if self.bounce else None,
            by=self.actor.value,
            actor=self.actor,
            received=self.received_at,
            reference=self.reference,
            target=self.reference,
        )


@st.composite
def stories(draw: st.DrawFn) -> list[Said]:
    """Touches and bounces around the due, told at once or later, in the order in which they are told."""
    story: list[Said] = []
    for number in range(draw(st.integers(0, 7))):
        occurred = T + draw(st.integers(-20, 100)) * MINUTE
        received = max(occurred, T + SECOND) + draw(st.sampled_from([0, 0, 1, 30, 90, 200])) * MINUTE
        kind = draw(st.sampled_from([TouchKind.CALL, TouchKind.EMAIL]))
        actor = draw(st.sampled_from([ActorKind.HUMAN, ActorKind.HUMAN, ActorKind.AUTOMATION, ActorKind.UNKNOWN]))
        reference = f"m{number}" if kind is TouchKind.EMAIL else None
        story.append(Said(kind, actor, occurred, received, reference, bounce=False))
        if reference and draw(st.booleans()):
            told = occurred + draw(st.integers(0, 150)) * MINUTE
            story.append(Said(kind, ActorKind.AUTOMATION, told, max(told, T + SECOND), reference, bounce=True))
    return sorted(story, key=lambda said: said.received_at)


def answer(told: list[Said]) -> datetime | None:
    """The first touch that counts, among what was told so far: rule 23 and rule 25 word by word."""
    bounced = {said.reference for said in told if said.bounce}
    return min(
        (
            said.occurred_at
            for said in told
            if not said.bounce
            and said.actor is ActorKind.HUMAN
            and said.occurred_at > T
            and (said.reference is None or said.reference not in bounced)
        ),
        default=None,
    )


def in_time(told: list[Said]) -> bool:
    at = answer(told)
    return at is not None and at <= DUE


def expected(story: list[Said]) -> str:
    """The standing verdict, from the whole story: withdrawn if there was a moment after due with no answer known."""
    by_due = [said for said in story if said.received_at <= DUE]
    known = [by_due] + [story[: n + 1] for n in range(len(by_due), len(story))]
    announced = any(not in_time(told) for told in known)
    if not in_time(story):
        return "missed"
    return "withdrawn" if announced else "met"


@settings(max_examples=150, deadline=None)
@given(stories())
def test_r23_r25_r29_the_standing_verdict_is_what_the_whole_story_says(story: list[Said]) -> None:
    world = World()
    world.tale.given(world.mql(T), *(said.fact(world) for said in story)).until(T + DAY)
    last = world.judged()[-1]
    assert (last.verdict.value, last.answered_at) == (expected(story), answer(story))


@st.composite
def touches(draw: st.DrawFn, world: World, received: datetime) -> Fact:
    """Any touch at all, told at one instant."""
    kind = draw(st.sampled_from(TouchKind))
    outcome = draw(
        st.sampled_from([Outcome.CONNECTED, Outcome.SENT, Outcome.VOICEMAIL, Outcome.BOUNCED, Outcome.REPLIED])
    )
    return world.touch(
        received - draw(st.integers(0, 90)) * MINUTE,
        kind,
        outcome,
        by=draw(st.sampled_from(["ann", "bob"])),
        direction=draw(st.sampled_from([Direction.OUT, Direction.OUT, Direction.OUT, Direction.IN])),
        received=received,
        seconds=draw(st.sampled_from([None, 30, 900])),
        target=draw(st.sampled_from([None, "a", "b"])),
        reference=draw(st.sampled_from([None, "m1", "m2"])),
    )


def standing(facts: list[Fact], until: datetime) -> dict[str, tuple[object, ...]]:
    world = World()
    world.tale.given(world.mql(T), *facts).until(until)
    (run,) = world.tale.cells["lead-1"].state.engagements
    return {clock.id: (clock.standing, clock.answered_at, clock.evidence, run.counted) for clock in run.clocks}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_r49_facts_between_two_decisions_may_come_in_any_order(data: st.DataObject) -> None:
    received = T + data.draw(st.integers(1, 8 * 24 * 60)) * MINUTE
    world = World()
    facts = [data.draw(touches(world, received)) for _ in range(data.draw(st.integers(2, 6)))]
    shuffled = data.draw(st.permutations(facts))
    end = received + 9 * DAY
    assert standing(facts, end) == standing(shuffled, end)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 3 * 24 * 60), min_size=0, max_size=4, unique=True), st.integers(1, 60))
def test_r31_the_segments_sum_to_the_elapsed_time(handed_over: list[int], then: int) -> None:
    # each hand-over within the budget of the segment before it, so that nothing is missed on the way
    world = World(reps=(Rep("ann", "Ann"), Rep("bob", "Bob")))
    world.tale.given(world.mql(T))
    owners = ["bob", "ann"] * len(handed_over)
    at = T
    for minutes, owner in zip(sorted(handed_over), owners, strict=False):
        at = min(T + minutes * MINUTE, world.started()[-1].due)
        world.tale.given(world.by_hand(at, owner))
    answered = at + then * MINUTE
    world.tale.given(world.touch(answered)).until(T + 10 * DAY)
    last = world.judged()[-1]
    assert last.elapsed_seconds == elapsed(CALENDAR, T, answered) // timedelta(seconds=1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_r33_a_full_round_gives_everybody_exactly_their_weight(weights: list[int]) -> None:
    world = World(reps=tuple(Rep(f"rep-{n}", f"Rep {n}", weight=weight) for n, weight in enumerate(weights)))
    for n in range(sum(weights)):
        world.tale.given(world.mql(T, lead=f"lead-{n}", engagement=f"run-{n}"))
    assert [world.owners().count(f"rep-{n}") for n in range(len(weights))] == weights
