"""What a stage says of a key it sets aside or takes up again, in its own output."""

import traceback
from pathlib import PurePath

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, ActorKind, At, Envelope
from leadpact.contracts.events.health import Parked, Unparked
from leadpact.contracts.registry import BY_KIND
from leadpact.kit.decider import Scope
from leadpact.kit.ids import derive


def reason(error: BaseException) -> str:
    """Kind and place of an error; its message may hold what must not be kept."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"


def notice(
    consumer: str, scope: Scope, key: str, version: int, event: Parked | Unparked, cause: str, at: At | None
) -> Envelope:
    """The envelope that says it; the same cause makes the same id."""
    declared = BY_KIND[type(event)]
    return Envelope(
        id=derive(consumer, cause, declared.name, version),
        type=declared.name,
        version=declared.version,
        lead=key,
        lead_version=version,
        occurred_at=scope.at,
        received_at=scope.at,
        recorded_at=scope.at,
        mark=scope.mark,
        actor=Actor(consumer, ActorKind.SYSTEM),
        correlation=cause,
        causation=cause,
        at=at,
        lane=scope.lane,
        revision=0,
        data=wire.pack(event),
    )
