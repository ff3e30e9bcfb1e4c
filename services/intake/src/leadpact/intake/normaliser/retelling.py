"""What identity knows by the facts of `leads` alone: whom keys name, what is kept of people, who is linked; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from leadpact.contracts.envelope import Envelope
from leadpact.contracts.events.control import Numbered
from leadpact.contracts.events.lead import Captured, Conflicted
from leadpact.contracts.registry import BY_KIND, BY_NAME, Event, read
from leadpact.intake.domain.keys import KeyKind
from leadpact.intake.normaliser.state import SHARED, Asked, Changes, Known, Person

_TELLING = frozenset({BY_KIND[Captured].name, BY_KIND[Conflicted].name})


@dataclass(slots=True)
class Retold:
    """What some facts change; `older` are leads with facts from before keys rode in `leads`."""

    changes: Changes = field(default_factory=Changes)
    older: set[str] = field(default_factory=set)


def about(facts: Iterable[Envelope]) -> Asked:
    """What has to be looked up before these facts can be told again."""
    facts = list(facts)
    keys = frozenset(bound.hash for each in facts if each.keys is not msgspec.UNSET for bound in each.keys)
    return Asked(keys=keys, leads=frozenset(each.lead for each in facts if each.lead))


def retold(facts: Iterable[Envelope], known: Known) -> Retold:
    """What follows from the next facts of a partition; those of other partitions may come before or behind.

    Raises `ContractError`.
    """
    told = Retold()
    for envelope in facts:
        event = _said(envelope)
        if isinstance(event, Numbered):
            told.changes.control = max(event.control, told.changes.control or known.control)
        else:
            _about_a_lead(told, envelope, event, known)
    return told


def _said(envelope: Envelope) -> Event | None:
    """The event, where identity needs to know it."""
    declared = BY_NAME.get(envelope.type)
    return read(envelope) if declared is None or declared.control or envelope.type in _TELLING else None


def _about_a_lead(told: Retold, envelope: Envelope, event: Event | None, known: Known) -> None:
    changes, lead = told.changes, envelope.lead
    person = changes.people.get(lead) or known.people.get(lead) or Person(lead)
    capture, test = person.capture, person.test
    if isinstance(event, Captured):
        this = (envelope.occurred_at, envelope.id)
        capture, test = this if capture is None else min(capture, this), test or event.test
    elif isinstance(event, Conflicted):
        changes.conflicts.add((min(lead, event.other), max(lead, event.other)))
    changes.people[lead] = Person(lead, envelope.lead_version, capture, test)
    if envelope.keys is msgspec.UNSET:
        told.older.add(lead)
        return
    for key in envelope.keys:
        _, bound = changes.bindings.get(key.hash, (None, known.bindings.get(key.hash)))
        changes.bindings[key.hash] = (KeyKind(key.kind), SHARED if key.shared or bound == SHARED else lead)
