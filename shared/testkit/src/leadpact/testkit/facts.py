"""Facts for tests: an event wrapped in a complete envelope with deterministic ids."""

from datetime import datetime
from itertools import count

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, Envelope, Lane
from leadpact.contracts.registry import BY_KIND, Event
from leadpact.kit.decider import Fact
from leadpact.kit.ids import derive

HUMAN = Actor("rep-ann", ActorKind.HUMAN)
SYSTEM = Actor("test", ActorKind.SYSTEM)


class Facts:
    """Makes facts of one lead after another; each gets the next id, so a test reads the same every time."""

    def __init__(self) -> None:
        self._number = count(1)

    def __call__(
        self,
        event: Event,
        *,
        lead: str = "lead-1",
        at: datetime,
        received: datetime | None = None,
        recorded: datetime | None = None,
        actor: Actor = SYSTEM,
        lane: Lane = Lane.LIVE,
        id_: str | None = None,
    ) -> Fact:
        """The event as it stood in the log; `received` and `recorded` default to when it occurred."""
        declared = BY_KIND[type(event)]
        number = next(self._number)
        identity = id_ or derive("test", number)
        received = received or at
        recorded = recorded or received
        envelope = Envelope(
            id=identity,
            type=declared.name,
            version=declared.version,
            lead="" if declared.control else lead,
            lead_version=0 if declared.control else number,
            occurred_at=at,
            received_at=received,
            recorded_at=recorded,
            mark=recorded,
            actor=actor,
            correlation=identity,
            causation=identity,
            at=None,
            lane=lane,
            revision=0,
            data=wire.pack(event),
        )
        return Fact(envelope, event)
