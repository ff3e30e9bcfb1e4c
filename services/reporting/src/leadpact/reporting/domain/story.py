"""A lead's time line: what each topic adds to it, one entry per event of its own; refusals and troubles beside it."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from leadpact.contracts.events import health
from leadpact.contracts.events.qualification import CommandRefused
from leadpact.kit.decider import Fact
from leadpact.reporting.domain import tables
from leadpact.reporting.domain.sentences import sentence

T = TypeVar("T", bound=tables.Told)
C = TypeVar("C", bound=tables.Refused)


def told(fact: Fact, table: type[T]) -> Iterator[T]:
    """The entry of a fact that concerns a lead."""
    envelope = fact.envelope
    says = sentence(fact.event, envelope.actor.id)
    if says is not None and envelope.lead:
        yield table(
            envelope.lead,
            envelope.lead_version,
            envelope.id,
            envelope.type,
            envelope.occurred_at,
            envelope.received_at,
            envelope.recorded_at,
            envelope.actor.id,
            envelope.actor.kind,
            envelope.lane,
            says,
        )


def refused(fact: Fact, event: CommandRefused, table: type[C]) -> Iterator[C]:
    """That the domain said no to a command; a closing that a cadence asked for is nobody's."""
    envelope = fact.envelope
    if event.cadence is None:
        yield table(event.command, envelope.correlation, envelope.lead, event.reason, event.says, envelope.recorded_at)


def trouble(fact: Fact) -> Iterator[NamedTuple]:
    """Whether a lead waits for a repair of ours."""
    envelope = fact.envelope
    match fact.event:
        case health.Parked(consumer=consumer, reason=reason):
            parked, says = True, reason
        case health.Unparked(consumer=consumer):
            parked, says = False, ""
        case _:
            return
    yield tables.Trouble(consumer, envelope.lead, parked, says, envelope.recorded_at, envelope.lead_version)
