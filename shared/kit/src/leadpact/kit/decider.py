"""What a service's pure domain looks like to the kit: facts in, decisions out, state as bytes.

A key's state is a fold of the facts it was given and of its own past decisions; timers are a function of that state. A
partition's control state (agreements in force, rosters) is a fold of the control records in that partition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from leadpact.contracts.envelope import Actor, Envelope, Lane
from leadpact.contracts.registry import BY_KIND, Event
from leadpact.contracts.topics import Topic
from leadpact.kit.ids import derive


@dataclass(frozen=True, slots=True)
class Fact:
    """An event with its envelope, as deciders read it."""

    envelope: Envelope
    event: Event


@dataclass(frozen=True, slots=True)
class Scope:
    """What surrounds a decision: `at` is when it is recorded (never before its cause), `mark` how far time has passed.

    `shared` holds the rows that the decider asked for, locked to the commit; only their bytes, by name.
    """

    at: datetime
    mark: datetime
    lane: Lane
    shared: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Emit:
    """A new event; it occurred with its cause (or when its timer was due) unless it says otherwise."""

    event: Event
    occurred_at: datetime | None = None
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done outside, once: created by live transactions only."""

    kind: str
    payload: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Count:
    """Something that is counted once more, under a name, as of an instant."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a fact or a timer: `forward` passes the fact itself on, before the new events.

    `back` are events that must go round again: like effects, live decisions alone send them. `counts` are added to the
    tallies of the partition.
    """

    events: tuple[Emit, ...] = ()
    effects: tuple[Effect, ...] = ()
    shared: Mapping[str, bytes] = field(default_factory=dict)
    forward: bool = False
    back: tuple[Emit, ...] = ()
    counts: tuple[Count, ...] = ()


NOTHING = Decision()


@dataclass(frozen=True, slots=True)
class Ring:
    """A timer that is due: its name within the key and the instant it was set for."""

    name: str
    due: datetime


def ring_id(consumer: str, key: str, ring: Ring) -> str:
    """The id of a timer that fired, as the cause of what follows."""
    return derive(consumer, key, ring.name, ring.due.isoformat())


def event_id(consumer: str, cause: str, event: Event, index: int) -> str:
    """The id of the event at a place in a decision on a cause, so that the decision itself can cite it."""
    return derive(consumer, cause, BY_KIND[type(event)].name, index)


State = TypeVar("State")
Control = TypeVar("Control")


class Decider(Protocol[State, Control]):
    """A service's judgement over one key, pure: no clock, no randomness, no I/O.

    `decide` sees the state before the fact; afterwards the kit evolves the state by the fact and by each event decided,
    in that order. `revision` changes whenever the same input would be decided differently, `shape` whenever the bytes
    of a state, or of a control state, are laid out anew: cells of another shape are rebuilt first. `back` is the topic
    of what goes round again, None where nothing does; it changes no state here before it comes by as a fact.
    """

    consumer: str
    revision: int
    shape: int
    input: Topic
    output: Topic
    back: Topic | None

    def initial(self, key: str) -> State:
        """The state of a key nothing is known about."""
        ...

    def initial_control(self) -> Control:
        """The control state of a partition before its first control record."""
        ...

    def dump(self, state: State) -> bytes:
        """State to bytes."""
        ...

    def load(self, raw: bytes) -> State:
        """Bytes to state."""
        ...

    def dump_control(self, control: Control) -> bytes:
        """Control state to bytes."""
        ...

    def load_control(self, raw: bytes) -> Control:
        """Bytes to control state."""
        ...

    def decide(self, scope: Scope, control: Control, state: State, fact: Fact) -> Decision:
        """What follows from a fact about this key."""
        ...

    def ring(self, scope: Scope, control: Control, state: State, ring: Ring) -> Decision:
        """What follows from a timer of this key."""
        ...

    def evolve(self, state: State, fact: Fact) -> State:
        """The state after a fact or after an event decided here."""
        ...

    def evolve_control(self, control: Control, fact: Fact) -> Control:
        """The control state after a control record."""
        ...

    def forwards(self, fact: Fact) -> bool:
        """Whether a control record is passed on to the output."""
        ...

    def timers(self, control: Control, state: State) -> Mapping[str, datetime]:
        """Every timer this state needs, by name. A timer that is due rings once; a state after ringing must not ask for
        the same name at the same instant again."""
        ...

    def shares(self, control: Control, facts: Sequence[Fact], rings: Sequence[Ring]) -> Sequence[str]:
        """Names of the shared rows that deciding these may need; they are locked, sorted, to the commit."""
        ...
