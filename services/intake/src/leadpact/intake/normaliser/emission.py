"""Events on their way out of a turn: what is personal is sealed together, then envelopes are made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from leadpact.contracts import envelope as wire
from leadpact.contracts.envelope import Actor, At, Bound, Envelope
from leadpact.contracts.registry import BY_KIND, BY_NAME, Event
from leadpact.contracts.topics import LEADS, partition
from leadpact.intake.normaliser.moment import Moment, When
from leadpact.kit.rows import Message, Stream
from leadpact.kit.vault import Safe


@dataclass(frozen=True, slots=True)
class ToSeal:
    """An event with a field `sealed`, and what goes into it: contact data, or what people wrote."""

    event: Event
    contact: dict[str, str]


class Chain(NamedTuple):
    """What an event follows from: `correlation` began it all, `causation` came right before."""

    correlation: str
    causation: str


def began(cause: str) -> Chain:
    """What follows from something that follows from nothing of ours, as a delivery."""
    return Chain(cause, cause)


@dataclass(frozen=True, slots=True)
class Emission:
    """One event before it is an envelope; a control record has neither lead nor version.

    `keys` are what identity learned with it, so that `leads` says all that identity knows.
    """

    id: str
    name: str
    data: msgspec.Raw | ToSeal
    lead: str
    lead_version: int
    when: When
    moment: Moment
    actor: Actor
    chain: Chain
    at: At | None
    keys: tuple[Bound, ...] = ()


async def messages(emissions: Sequence[Emission], safe: Safe) -> dict[Stream, list[Message]]:
    """What goes to `leads`, by partition, in order; control records go to every partition."""
    secrets = [(each.lead, each.data.contact) for each in emissions if isinstance(each.data, ToSeal)]
    sealed = iter(await safe.seal(secrets) if secrets else ())
    found: dict[Stream, list[Message]] = {}
    for emission in emissions:
        data = emission.data
        raw = data if isinstance(data, msgspec.Raw) else _sealed(data, next(sealed))
        message = Message(emission.lead.encode(), wire.encode(_envelope(emission, raw)))
        for stream in _streams(emission):
            found.setdefault(stream, []).append(message)
    return found


def _sealed(data: ToSeal, text: str) -> msgspec.Raw:
    return wire.pack(msgspec.structs.replace(data.event, sealed=text))


def _streams(emission: Emission) -> Iterable[Stream]:
    if BY_NAME[emission.name].control:
        return (Stream(LEADS.name, number) for number in range(LEADS.partitions))
    return (Stream(LEADS.name, partition(emission.lead)),)


def _envelope(emission: Emission, data: msgspec.Raw) -> Envelope:
    when, moment = emission.when, emission.moment
    return Envelope(
        id=emission.id,
        type=emission.name,
        version=BY_NAME[emission.name].version,
        lead=emission.lead,
        lead_version=emission.lead_version,
        occurred_at=when.occurred_at,
        received_at=when.received_at,
        recorded_at=moment.recorded_at,
        mark=moment.mark,
        actor=emission.actor,
        correlation=emission.chain.correlation,
        causation=emission.chain.causation,
        at=emission.at,
        lane=moment.lane,
        revision=0,
        data=data,
        claimed_at=when.claimed_at,
        keys=emission.keys if emission.lead else msgspec.UNSET,
    )


def name_of(kind: type) -> str:
    """The wire name of an event struct."""
    return BY_KIND[kind].name
